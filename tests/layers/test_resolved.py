"""Options as the inputs of a layer resolve them."""

import pytest

from cnncalc.analysis import analyze
from cnncalc.layers.resolved import resolved
from cnncalc.spec import load

HEAD = "cnncalc: 1\ninput: [4, 9, 7]\nlayers: [%s]\n"

CASES = {
    "{conv: 8, kernel: 3}": {
        "filters": 8,
        "kernel": (3, 3),
        "stride": (1, 1),
        "padding": ((0, 0), (0, 0)),
        "dilation": (1, 1),
        "groups": 1,
    },
    "{conv: 8, kernel: [5, 3], padding: same, stride: 2}": {
        "kernel": (5, 3),
        "stride": (2, 2),
        "padding": ((2, 2), (1, 1)),  # 9 → 5 needs 4 zeros, 7 → 4 needs 2
    },
    "{conv: 8, kernel: 4, padding: same}": {"padding": ((1, 2), (1, 2))},
    "{maxpool: 2}": {"kernel": (2, 2), "stride": (2, 2), "padding": ((0, 0), (0, 0))},
    "{conv_transpose: 8, kernel: 4, stride: 2, padding: 1}": {
        "kernel": (4, 4),
        "stride": (2, 2),
        "padding": ((1, 1), (1, 1)),
    },
    "{adaptive_avgpool: 3}": {"size": 3},
    "{dropout: 0.5}": {"rate": 0.5},
    "flatten": {},
}


@pytest.mark.parametrize("line", CASES)
def test_options_are_resolved(line: str) -> None:
    row = analyze(load(HEAD % line)).output
    assert row.layer is not None
    found = resolved(row.layer, row.reads)
    assert {name: found[name] for name in CASES[line]} == CASES[line]
