"""`cnncalc worksheet`: a sheet to fill in, its key, and a variant for each student."""

from pathlib import Path

from cnncalc.cli.reading import OK, USAGE, UsageError, check_not_read, code_of, read_spec
from cnncalc.cli.terminal import complain, print_problems, print_results
from cnncalc.homework.worksheet import worksheet
from cnncalc.homework.worksheet.variants import variant
from cnncalc.problems import SpecError
from cnncalc.render.worksheet import worksheet_text


def run(
    name: str,
    blank: str,
    key: bool,
    seed: int | None,
    only_spec: bool,
    format: str,
    output: Path | None,
    color: str,
) -> int:
    """Prints the sheet, or the spec of its variant; gives the exit code."""
    try:
        check_not_read(output, [name])
        spec = read_spec(name)
        if only_spec:
            text = (spec if seed is None else variant(spec, seed)).source.text
        else:
            words = [word.strip() for word in blank.split(",") if word.strip()]
            if not words:
                raise ValueError("--blank names nothing to ask for; as in --blank output,params")
            sheet = worksheet(spec, words, seed=seed)
            text = worksheet_text(sheet, format, key)
    except (UsageError, ValueError) as error:
        complain(str(error))
        return USAGE
    except SpecError as error:
        print_problems(list(error.problems), error.source, color)
        return code_of(error)
    print_results([text], color, output)
    return OK
