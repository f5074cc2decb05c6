"""Shared by `explain` and `calc --explain`: choice of quantities, printing."""

from collections.abc import Sequence

from rich.console import RenderableType

from cnncalc.analysis.report import Report
from cnncalc.choices import NotationName
from cnncalc.cli.reading import UsageError, either
from cnncalc.homework.explain import Explained, explain
from cnncalc.problems import did_you_mean
from cnncalc.quantities import current
from cnncalc.render.data import to_json
from cnncalc.render.explain import (
    CORE,
    Chosen,
    explained_data,
    explained_latex,
    explained_markdown,
    explained_text,
)


def explanations(report: Report, layers: Sequence[str], notation: NotationName) -> list[Explained]:
    """Explanations of the layers, or of the network without a layer; raises UsageError."""
    found = []
    wanted: list[str | None] = [*layers] or [None]
    for layer in wanted:
        try:
            _check_length(report, layer)
            found.append(explain(report, layer, notation=notation))
        except KeyError:
            hint = did_you_mean(str(layer), list(report.names)) or "`cnncalc show` lists them"
            raise UsageError(f"there is no layer '{layer}'; {hint}") from None
    return found


MOST_LAYERS = 1000
"""A page has so many layers at most: more takes seconds to print, and nobody reads it."""


def _check_length(report: Report, layer: str | None) -> None:
    """Raises UsageError if a network or block has too many layers for a page."""
    names = [row.name for row in report.layers]
    inside = [name for name in names if name.startswith(f"{layer}.")] if layer else names
    if len(inside) > MOST_LAYERS:
        what = layer or "the network"
        raise UsageError(
            f"{what} has {len(inside):,} layers, and at most {MOST_LAYERS:,} are explained at once; "
            f"name one of them, as in `cnncalc explain SPEC {inside[0]}`"
        )


def quantities_of(text: str | None, everything: bool, found: list[Explained], format: str) -> Chosen:
    """The quantities of `--of params,macs`; raises UsageError if none of the explanations has one.

    Without `--of`, text has the core quantities; `--all` and JSON have all, written `()`.
    """
    if text is None:
        return () if everything or format == "json" else CORE
    if everything:
        raise UsageError("--all and --of exclude each other")
    known = explained_quantities(found)
    chosen = []
    for word in (word.strip().lower().replace(" ", "_").replace("-", "_") for word in text.split(",")):
        name = ALSO_CALLED.get(word) or current(word)
        if name not in known:
            hint = did_you_mean(word, known)
            hint = hint if hint.startswith("did") else "expected " + either(known)
            raise UsageError(f"--of: unknown quantity '{word}'; {hint}")
        chosen.append(name)
    return tuple(chosen)


def explained_quantities(found: list[Explained]) -> list[str]:
    """The quantities that the explanations have."""
    explained = [*found, *(part for each in found for part in each.parts)]
    return list(dict.fromkeys(name for each in explained for name in each.quantities))


ALSO_CALLED = {
    "parameters": "params",
    "shape": "output",
    "size": "output",
    "rf": "receptive_field",
    "field": "receptive_field",
    "memory": "memory.activations",
    "activation": "memory.activations",
    "dense": "dense_params",
    "kernel": "effective_kernel",
    "stride": "fit",
    "locally_connected": "unshared_params",
}
"""Other names of quantities."""


def rendered(found: list[Explained], chosen: Chosen, format: str) -> list[RenderableType]:
    """The explanations in one of the formats."""
    if format == "json":
        data = [explained_data(each, chosen) for each in found]
        return [to_json(data[0] if len(data) == 1 else data)]
    if format == "markdown":
        return ["\n".join(explained_markdown(each, chosen) for each in found)]
    if format == "latex":
        return ["\n".join(explained_latex(each, chosen) for each in found)]
    parts: list[RenderableType] = []
    for each in found:
        parts += ["\n"] if parts else []
        parts.append(explained_text(each, chosen))
    others = [name for name in explained_quantities(found) if name not in CORE]
    if chosen == CORE and others:
        few = f" (--of {','.join(others[:3])} …)" if len(others) > 3 else ""
        parts.append(f"\n--all explains {len(others)} more quantities{few}\n")
    return parts
