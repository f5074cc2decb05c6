"""Compare two networks layer by layer."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import RenderableType

from cnncalc.cli.completion import complete_growth, complete_spec
from cnncalc.cli.options import InputOption, SetOption
from cnncalc.cli.output import Formats, Out
from cnncalc.cli.reading import INVALID, OK, UsageError, names_model, read_spec, settings_of, shapes_of
from cnncalc.cli.terminal import print_problems, progress, report_failure
from cnncalc.problems import Problem, Source, SpecError

if TYPE_CHECKING:
    from cnncalc.render.difference import ShownDifference
    from cnncalc.spec import Spec


def diff(
    specs: Annotated[
        list[str],
        typer.Argument(
            metavar="BEFORE [AFTER]",
            help="Spec files, bundled specs, -, PyTorch models, or a file in a git revision: "
            "main:specs/net.yaml. "
            "A single spec is compared with itself under --set or --input.",
            autocompletion=complete_spec,
            show_default=False,
        ),
    ],
    set: SetOption = None,
    input: InputOption = None,
    max_increase: Annotated[
        list[str] | None,
        typer.Option(
            "--max-increase",
            metavar="NAME=5%",
            help="Fail if a number grows by more: macs=5%, params=100K, memory=0.",
            autocompletion=complete_growth,
        ),
    ] = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 1 if the networks differ, like git diff.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Print a line per layer; fold nothing.")
    ] = False,
    *,
    to: Annotated[Out, Formats("text", "json", "markdown", "latex", "html")],
) -> int:
    # imported here to keep the help fast
    from cnncalc.analysis import analyze
    from cnncalc.checks.difference import diff as compared
    from cnncalc.checks.difference_limits import allowance, exceeded
    from cnncalc.render.data import to_json
    from cnncalc.render.difference import ShownDifference, titles
    from cnncalc.render.difference_data import difference_data

    try:
        allowances = [allowance(text) for text in max_increase or ()]
        with progress("diff"):
            before, after = _read(specs, settings_of(set), input)
            difference = compared(analyze(before), analyze(after))
    except (SpecError, UsageError, ValueError) as error:
        return report_failure(error, to.color)
    problems = exceeded(difference, allowances)
    given = (specs[0], specs[-1])
    shown: RenderableType
    if to.format == "json":
        shown = to_json(difference_data(difference, given, allowances))
    else:
        replaced = (*(set or ()), *(f"input {each}" for each in input or ()))
        sides = titles(difference, given, replaced if len(specs) == 1 else ())
        shown = _rendered(ShownDifference(difference, sides, verbose), problems, to)
    to.print(shown)
    print_problems(problems, Source(given[1], ""), to.color)
    return INVALID if problems or (exit_code and not difference.is_same) else OK


def _read(specs: list[str], settings: dict[str, str], input: list[str] | None) -> "tuple[Spec, Spec]":
    """The two networks: two specs with the same changes, or one spec without and with the changes.

    Raises:
        SpecError: a spec is invalid.
        UsageError: there are not two networks to compare.
    """
    if len(specs) == 2:
        if specs == ["-", "-"]:
            raise UsageError("only one of the two specs can be - (stdin)")
        return _pair(specs[0], specs[1], settings, input)
    if len(specs) != 1 or not (settings or input):
        raise UsageError("expected two specs, or one with a change, as in diff SPEC --set width=0.5")
    from cnncalc.spec import rebuilt

    if names_model(specs[0]):
        raise UsageError("a model is compared with a spec or another model: cnncalc diff net.yaml mynet:Net")
    spec = read_spec(specs[0])
    return spec, rebuilt(spec, settings, shapes_of(input))


def _pair(before: str, after: str, settings: dict[str, str], input: list[str] | None) -> "tuple[Spec, Spec]":
    """Two networks; a model has the input of the spec that it is compared with, unless `input` is given."""
    if input or names_model(before) == names_model(after):
        return read_spec(before, settings, input), read_spec(after, settings, input)
    if names_model(before):
        spec, model = _pair(after, before, settings, input)
        return model, spec
    from cnncalc.checks.against import shapes_for

    spec = read_spec(before, settings)
    shapes = [f"{name}={shape}" if name else shape for name, shape in shapes_for(spec).items()]
    return spec, read_spec(after, settings, shapes)


def _rendered(shown: "ShownDifference", problems: list[Problem], to: Out) -> RenderableType:
    from cnncalc.render.difference import difference_publication, difference_text
    from cnncalc.render.difference_markdown import difference_markdown
    from cnncalc.render.publishing import published

    if to.format == "markdown":
        return difference_markdown(shown, problems)
    if to.format != "text":
        return published(difference_publication(shown), to.format)
    return difference_text(shown, to.width)
