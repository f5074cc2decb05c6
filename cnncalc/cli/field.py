"""`cnncalc field`: how far one layer sees, and what one of its units reads of the input."""

from cnncalc.analysis import analyze
from cnncalc.analysis.box import box
from cnncalc.cli.reading import OK, USAGE, UsageError, code_of, place_of, read_spec, settings_of
from cnncalc.cli.terminal import complain, print_problems, print_results
from cnncalc.problems import SpecError, did_you_mean
from cnncalc.render.data import to_json
from cnncalc.render.field import field_data, field_text


def run(
    name: str,
    layer: str,
    unit: str | None,
    settings: tuple[str, ...],
    input: str | None,
    format: str,
    color: str,
) -> int:
    """Prints the field of a layer; gives the exit code."""
    try:
        spec = read_spec(name, settings_of(settings), input)
    except SpecError as error:
        print_problems(list(error.problems), error.source, color)
        return code_of(error)
    except UsageError as error:
        complain(str(error))
        return USAGE
    report = analyze(spec)
    if not report.input.rank:
        complain(
            f"the input of {report.name} is a vector of {report.input.channels}: it has no axis to see along"
        )
        return USAGE
    try:
        row = report.layer(layer)
        found = box(spec.graph, layer, place_of(unit))
    except KeyError:
        names = list(spec.graph.names)
        complain(f"there is no layer '{layer}'; {did_you_mean(layer, names) or 'cnncalc show lists them'}")
        return USAGE
    except (IndexError, ValueError) as error:
        complain(str(error))
        return USAGE
    result = to_json(field_data(report, row, found)) if format == "json" else field_text(report, row, found)
    print_results([result], color, None)
    return OK
