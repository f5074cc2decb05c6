"""`cnncalc reconcile`: where a number comes from."""

from cnncalc.cli.reading import INVALID, OK, USAGE, code_of, read_spec
from cnncalc.cli.terminal import complain, print_problems, print_results
from cnncalc.explore.reconcile import reconcile, stated
from cnncalc.problems import SpecError
from cnncalc.render.data import to_json
from cnncalc.render.reconcile import answers_data, answers_text


def run(name: str, numbers: list[str], most: int, format: str, color: str) -> int:
    """Prints the explanations; gives the exit code: 1 where a number has none."""
    try:
        given = [stated(number) for number in numbers]
    except ValueError as error:
        complain(str(error))
        return USAGE
    try:
        spec = read_spec(name)
    except SpecError as error:
        print_problems(list(error.problems), error.source, color)
        return code_of(error)
    answers = reconcile(spec, given, most)
    is_json = format == "json"
    shown = to_json(answers_data(spec.name, answers)) if is_json else answers_text(spec.name, answers)
    print_results([shown], color, None)
    return OK if all(answer.fits for answer in answers) else INVALID
