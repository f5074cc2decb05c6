"""The library's comparison of dialects."""

import cnncalc
from tests.spec.helpers import spec


def test_each_layer_is_read_on_its_input_in_the_spec() -> None:
    """The second pooling is compared on 4×4, although Caffe's first has 5×5."""
    found = cnncalc.dialects(spec(*("{maxpool: 2, stride: 2}",) * 2, shape="[1, 9, 9]"))
    outputs = [{name: each.output.spatial for name, each in layer.outcomes.items()} for layer in found.layers]
    assert outputs == [{**dict.fromkeys(("cnncalc", "pytorch", "keras", "onnx"), (4, 4)), "caffe": (5, 5)}]
    assert found.networks["caffe"].report.output.output.spatial == (3, 3)


def test_values_that_overrode_the_spec_hold_in_every_dialect() -> None:
    loaded = spec("{conv: n, kernel: 3}", top="vars: {n: 4}", set={"n": 6}, input="3x9x9")
    networks = cnncalc.dialects(loaded).networks
    assert {each.report.output.output.dims() for each in networks.values()} == {(6, 7, 7)}


def test_a_network_that_a_dialect_cannot_build_says_why() -> None:
    branches = "{add: {a: [{maxpool: 2, stride: 2}], b: [{conv: 3, kernel: 2, stride: 2}]}}"
    networks = cnncalc.dialects(spec(branches, shape="[3, 9, 9]")).networks
    problem = networks["caffe"].problem
    assert problem
    assert (problem.code, networks["caffe"].report) == ("sizes-differ", None)
    assert networks["keras"].problem is None


def test_defaults_that_change_values_only() -> None:
    found = cnncalc.dialects(spec("batchnorm", "{batchnorm: , eps: 0.1, affine: true}", "leaky_relu"))
    assert [layer.name for layer in found.layers] == ["batchnorm1"], "Caffe's has no parameters"
    (slope,) = found.defaults
    assert (slope.kind, slope.option, slope.layers) == ("leaky_relu", "slope", 1)
    assert slope.values == {"cnncalc": 0.01, "pytorch": 0.01, "keras": 0.3, "caffe": 0.0, "onnx": 0.01}
    assert repr(found) == "<Dialects of <text>: layers that differ 1>"


def test_several_inputs_and_outputs() -> None:
    loaded = cnncalc.load(
        "cnncalc: 1\ninputs: {a: [3, 9, 9], b: [3, 9, 9]}\noutputs: [low, high]\nlayers:\n"
        "  - {maxpool: 2, stride: 2, from: a, name: low}\n  - {conv: 4, kernel: 3, from: b, name: high}\n"
    )
    report = cnncalc.dialects(loaded).networks["caffe"].report
    assert report
    assert {name: row.output.dims() for name, row in report.outputs.items()} == {
        "low": (3, 5, 5),
        "high": (4, 7, 7),
    }
    assert "output low" in str(cnncalc.dialects(loaded))
