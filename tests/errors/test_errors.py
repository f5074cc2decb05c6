"""Each spec in this folder has errors; the text file next to it contains the complete messages."""

from functools import cache
from pathlib import Path

import pytest
from rich.console import Console

from cnncalc import SpecError, load
from cnncalc.render.messages import message
from tests.conftest import GoldenCheck

FOLDER = Path(__file__).parent
WRONG = sorted(FOLDER.glob("*.yaml"))


@cache
def refusal(path: Path) -> SpecError:
    """With what a wrong spec is refused."""
    with pytest.raises(SpecError) as caught:
        load(path)
    return caught.value


def printed(path: Path) -> str:
    """All problems of a file as the command line prints them."""
    error = refusal(path)
    console = Console(width=10_000, color_system=None, highlight=False)
    with console.capture() as capture:
        for problem in error.problems:
            console.print(message(problem, error.source), end="")
    return capture.get().replace(str(path), path.name)


@pytest.mark.parametrize("path", WRONG, ids=lambda path: path.stem)
def test_all_problems_of_a_wrong_spec(path: Path, golden: GoldenCheck) -> None:
    golden(path.with_suffix(".txt"), printed(path))


@pytest.mark.parametrize("path", WRONG, ids=lambda path: path.stem)
def test_every_problem_has_a_place_and_is_reported_once(path: Path) -> None:
    problems = refusal(path).problems
    lines = path.read_text(encoding="utf-8").count("\n") + 1
    places = [problem.place for problem in problems]
    assert all(place is not None and 1 <= place.line <= lines for place in places)
    assert len({(p.code, p.place) for p in problems}) == len(problems)
    assert places == sorted(places, key=lambda place: (place.line, place.column) if place else (0, 0))
