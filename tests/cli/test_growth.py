"""`cnncalc field SPEC`: the growth of the receptive field."""

import json

from tests.cli.conftest import Run


def test_a_row_for_each_layer_with_a_bar(cnncalc: Run) -> None:
    done = cnncalc("field", "lenet5")
    rows = {line.split()[0]: line.split()[2:] for line in done.out.splitlines()[5:17]}
    assert (done.code, done.err, len(rows)) == (0, "", 12)
    assert rows["conv1"] == ["5×5", "1", "2", "█" * 5]  # 5 of 32 positions in 30 characters, rounded up
    assert rows["pool2"] == ["16×16", "4", "15/2", "█" * 15]
    assert rows["fc2"] == ["all", "–", "–", "█" * 30]


def test_json_has_the_fields_of_all_layers(cnncalc: Run) -> None:
    layers = json.loads(cnncalc("field", "vgg16", "--json").out)["layers"]
    assert layers[-1]["global"]
    by_name = {layer["name"]: layer["size"] for layer in layers}
    assert by_name["pool5"] == [212, 212]  # Araujo, Norris & Sim 2019: VGG-16


def test_a_unit_needs_a_layer(cnncalc: Run) -> None:
    done = cnncalc("field", "lenet5", "--unit", "1,1")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("cnncalc: --unit needs a layer")
