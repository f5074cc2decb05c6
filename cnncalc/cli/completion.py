"""What the shell suggests for an argument or option: specs, layers, variables, quantities.

typer passes the word that is being typed, and the context with what was typed before.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from typer.core import TyperArgument

if TYPE_CHECKING:
    from cnncalc.spec import Spec


def complete_spec(incomplete: str) -> list[str]:
    """Completes bundled specs, and YAML files and folders in the typed folder."""
    from cnncalc.spec.files import bundled_names

    typed = Path(incomplete)
    parent = typed if incomplete.endswith("/") else typed.parent
    files = [str(path) for ending in ("yaml", "yml") for path in parent.glob(f"*.{ending}")]
    folders = [f"{path}/" for path in parent.glob("*/") if not path.name.startswith(".")]
    return _matching((*sorted(files), *sorted(folders), *bundled_names()), incomplete)


def complete_layer(ctx: typer.Context, incomplete: str) -> list[str]:
    """Completes layers and blocks of the spec typed before."""
    return _matching(_layers(ctx), incomplete)


def complete_variable(ctx: typer.Context, incomplete: str) -> list[str]:
    """Completes a variable of the spec typed before."""
    return _matching(_variables(ctx), incomplete)


def complete_setting(ctx: typer.Context, incomplete: str) -> list[str]:
    """Completes `NAME=` with the variables of the spec typed before."""
    return _matching((f"{name}=" for name in _variables(ctx)), incomplete)


def complete_limit(ctx: typer.Context, incomplete: str) -> list[str]:
    """Completes `params=` or `LAYER:params=`."""
    from cnncalc.spec.claims import OF_THE_NETWORK, QUANTITIES

    layer, colon, _ = incomplete.rpartition(":")
    if colon:
        names = (f"{layer}:{name}=" for name in QUANTITIES if name not in OF_THE_NETWORK)
        return _matching(names, incomplete)
    of_network = (f"{name}=" for name in QUANTITIES)
    of_layers = (f"{name}:" for name in _layers(ctx)) if incomplete else ()
    return _matching((*of_network, *of_layers), incomplete)


def complete_growth(incomplete: str) -> list[str]:
    """Completes `params=` with the quantities whose growth can be limited."""
    from cnncalc.checks.difference import QUANTITIES

    return _matching((f"{name}=" for name in QUANTITIES), incomplete)


def complete_quantities(ctx: typer.Context, incomplete: str) -> list[str]:
    """Completes the last name in a list of quantities to explain, from those of the network typed before."""
    from cnncalc.analysis import analyze
    from cnncalc.cli.explanations import explained_quantities, explanations
    from cnncalc.cli.reading import UsageError
    from cnncalc.homework.calc import report_of
    from cnncalc.problems import SpecError
    from cnncalc.spec.typed import is_typed, typed

    first, *layers = _arguments(ctx) or [""]
    try:
        if is_typed(first):
            found = explanations(report_of(typed(first, tuple(layers)), 1, "float32"), (), "cnncalc")
        else:
            spec = _spec(ctx)
            found = explanations(analyze(spec), layers, "cnncalc") if spec else []
    except (SpecError, UsageError):
        return []
    return _last_of(explained_quantities(found), incomplete)


def complete_asked(incomplete: str) -> list[str]:
    """Completes the last name in a list of quantities to ask for."""
    from cnncalc.quantities import used

    return _last_of((quantity.name for quantity in used("answer")), incomplete)


def complete_columns(incomplete: str) -> list[str]:
    """Completes the last name in a list of columns."""
    from cnncalc.render.columns import COLUMNS

    return _last_of(COLUMNS if "," in incomplete else [*COLUMNS, "help"], incomplete)


def complete_column(incomplete: str) -> list[str]:
    """Completes one column."""
    from cnncalc.render.columns import COLUMNS

    return _matching(COLUMNS, incomplete)


def complete_code(incomplete: str) -> list[str]:
    """Completes the last code in a list of rules and errors."""
    from cnncalc.checks.rules.documentation import DOCUMENTED

    return _last_of(DOCUMENTED, incomplete)


def complete_topic(incomplete: str) -> list[str]:
    """Completes the topics of the guide."""
    from cnncalc.guide import TOPICS

    return _matching(TOPICS, incomplete)


def _matching(words: Iterable[str], incomplete: str) -> list[str]:
    return [word for word in words if word.startswith(incomplete)]


def _last_of(words: Iterable[str], incomplete: str) -> list[str]:
    """Completes the last word of a list with commas; those before it are not suggested again."""
    before, comma, last = incomplete.rpartition(",")
    given = before.split(",")
    return [before + comma + word for word in _matching(words, last) if word not in given]


def _layers(ctx: typer.Context) -> Sequence[str]:
    spec = _spec(ctx)
    return tuple(spec.graph.names) if spec else ()


def _variables(ctx: typer.Context) -> Sequence[str]:
    spec = _spec(ctx)
    return tuple(spec.document.variables) if spec else ()


def _spec(ctx: typer.Context) -> "Spec | None":
    """The spec typed before, or the first of several; None if there is no valid one."""
    from cnncalc.problems import SpecError
    from cnncalc.spec import load
    from cnncalc.spec.files import find

    try:
        return next((load(find(each)) for each in _arguments(ctx)[:1] if each != "-"), None)
    except (SpecError, OSError):
        return None


def _arguments(ctx: typer.Context) -> list[str]:
    """The arguments typed before. Behind an option without its value, typer leaves them all in `ctx.args`."""
    given = [
        ctx.params.get(each.name or "") for each in ctx.command.params if isinstance(each, TyperArgument)
    ]
    words = [[each] if isinstance(each, str) else each or [] for each in given]
    return [str(word) for each in words for word in each] or list(ctx.args)
