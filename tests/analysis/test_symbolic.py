"""Counts as polynomials in a variable, compared with networks built at other values."""

import pytest

from cnncalc import analyze, load
from cnncalc.analysis.symbolic import fitted, symbolic

HEAD = "cnncalc: 1\ninput: [3, 9, 9]\nvars: {F: 8}\nlayers:\n"


def text_of(*layers: str) -> str:
    return HEAD + "".join(f"  - {layer}\n" for layer in layers)


POLYNOMIALS = {
    "27·F": ("{conv: F, kernel: 3, bias: false}",),
    "28·F": ("{conv: F, kernel: 3}",),
    "9·F² + 29·F": ("{conv: F, kernel: 3}", "{conv: F, kernel: 3, norm: none}"),
    "1/4·F² + 28·F": ("{conv: F, kernel: 3}", "{conv: F // 2, kernel: 1, groups: 2, bias: false}"),
    "no polynomial": ('{conv: "min(F, 50)", kernel: 3}',),
}


@pytest.mark.parametrize(("expected", "layers"), POLYNOMIALS.items(), ids=POLYNOMIALS)
def test_parameters_are_a_polynomial_in_the_width(expected: str, layers: tuple[str, ...]) -> None:
    spec = load(text_of(*layers))
    found = symbolic(spec, "F")
    polynomial = found.fit([report.totals.params.total for report in found.reports])
    assert (polynomial.text("F") if polynomial else "no polynomial") == expected
    if polynomial:
        for value in (12 * found.step, 96 * found.step):
            assert polynomial(value) == analyze(spec, set={"F": value}).totals.params.total


def test_a_network_whose_layers_change_has_no_polynomial() -> None:
    spec = load(text_of("{conv: F, kernel: 1}", "{relu: , when: F > 20}"))
    with pytest.raises(ValueError, match="the layers depend on F"):
        symbolic(spec, "F")


def test_a_value_far_away_can_refuse_a_polynomial() -> None:
    points = [1, 2, 3, 4, 5, 6, 7, 50]
    assert fitted(points, [min(point, 40) for point in points]) is None
