"""If training memory is below inference memory, every output says why."""

from pathlib import Path

import pytest

from tests.cli.conftest import Run

WHY = "saved activations only, without the forward peak"

SPECS = {
    "less": "cnncalc: 1\ninput: [1, 64, 64]\nvars: {x: 8}\nlayers: [{conv: x, kernel: 3}, {maxpool: 3}]\n",
    "more": "cnncalc: 1\ninput: [1, 8, 8]\nvars: {x: 8}\nlayers: [{conv: x, kernel: 3, repeat: 4}]\n",
}

CALLS = {
    "show {}.yaml": f" KB ({WHY})  (float32, sgd)\n",
    "show {}.yaml --format markdown": f" KB ({WHY})  (float32, sgd)\n",
    "compare {}.yaml": f"training memory: {WHY}\n",
    "compare {}.yaml --format markdown": f"\ntraining memory: {WHY}\n",
    "diff {}.yaml --set x=9": f"training memory: {WHY}\n\n",
    "diff {}.yaml --set x=9 --format markdown": f"\ntraining memory: {WHY}\n\n",
}


@pytest.mark.parametrize("call", CALLS)
def test_the_note_appears_only_if_training_memory_is_lower(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cnncalc: Run
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in SPECS.items():
        Path(f"{name}.yaml").write_text(text, encoding="utf-8")
    done = cnncalc(*call.format("less").split())
    assert (done.code, done.out.count(CALLS[call])) == (0, 1)
    assert WHY not in cnncalc(*call.format("more").split()).out
