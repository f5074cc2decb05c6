"""`cnncalc calc --values`: apply layers to a small array and show the sum behind each number."""

from collections.abc import Sequence

from cnncalc.choices import Assumed
from cnncalc.cli.output import Out
from cnncalc.cli.reading import OK, UsageError, place_of
from cnncalc.cli.terminal import report_failure
from cnncalc.homework.calc.arrays import Dims, Nested, parsed
from cnncalc.homework.calc.values import ValuesError, Worked, worked
from cnncalc.problems import SpecError
from cnncalc.render.data import to_json
from cnncalc.render.values import values_data, values_text


def run(
    values: str,
    lines: Sequence[str],
    kernels: Sequence[str] = (),
    biases: Sequence[str] = (),
    flip: bool = False,
    explain: bool = False,
    unit: str | None = None,
    assume: Assumed | None = None,
    *,
    to: Out,
) -> int:
    """Prints the output of the layers; returns the exit code.

    Arrays are written `[[1, 2], [3, 4]]` or `1 2; 3 4`. `flip` also shows true convolution, which flips
    the kernel. With `unit`, `explain` shows the sum of that output only.
    """
    if to.format not in ("text", "json"):
        return report_failure(UsageError("--values supports only --format text and json"), to.color)
    try:
        x = _array("--values", values)
        weights = [_array("--kernel", kernel) for kernel in kernels]
        added = [_array("--bias", bias) for bias in biases]
        chosen = place_of(unit)
        results = {
            way: worked(x, lines, weights, added, way, assume)
            for way in ((False, True) if flip else (False,))
        }
        _check(results[False], chosen)
    except (SpecError, ValueError) as error:
        return report_failure(error, to.color)
    result = to_json(values_data(results)) if to.format == "json" else values_text(results, explain, chosen)
    to.print(result)
    return OK


def _array(option: str, text: str) -> Nested:
    try:
        return parsed(text)
    except ValueError as error:
        raise ValuesError(f'{option}: expected an array such as "[[1, 2], [3, 4]]"; {error}') from error


def _check(result: Worked, unit: Dims | None) -> None:
    """Raises ValuesError if no layer has the unit."""
    places = [each.place for step in result.steps for each in step.sums]
    if unit is not None and places and unit not in places:
        last = ",".join(map(str, places[-1]))
        raise ValuesError(
            f"there is no output {','.join(map(str, unit))}; the last one is {last}, counting from 0"
        )
