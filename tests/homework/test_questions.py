"""Real homework: each question is answered with cnncalc's public functions; wrong keys are detected."""

import json
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

import cnncalc
from cnncalc import Report

QUESTIONS = Path(__file__).parent / "questions.jsonl"
KIB = 1024

ELSEWHERE = {
    "hw-153": "values of a transposed convolution: calc --values, see test_values",
    "hw-042": "values of a convolution: calc --values, see test_values",
    "hw-250": "values of a convolution: calc --values, see test_values",
    "hw-147": "values of a pooling: calc --values, see test_values",
    "hw-051": "values of a transposed convolution: calc --values, see test_values",
}
"""Questions answered elsewhere, and where."""

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None


class Question:
    """One line of the file, with its network if given."""

    def __init__(self, record: dict[str, Json]) -> None:
        self.id = str(record["id"])
        self.asked = str(record["asked"])
        self.given: dict = record["given"]  # type: ignore[type-arg,assignment]
        self.record = record

    def __repr__(self) -> str:
        return self.id

    def number(self, name: str) -> int:
        return int(self.given.get(name, {"n": 99, "p": 0, "s": 1, "d": 1}.get(name)))

    @property
    def report(self) -> Report:
        return report_of(self.given)

    @property
    def last(self) -> cnncalc.Explained:
        """The last layer, explained."""
        report = self.report
        return cnncalc.explain(report, report.output.name)


def report_of(given: dict) -> Report:  # type: ignore[type-arg]
    """The network of a question; the default input is a long signal of one channel."""
    dims = given.get("input") or [16384, 1]
    layers = [line for layer in given.get("layers", []) for line in lines_of(layer)]
    if layers and layers[0].startswith("dense") and len(dims) > 1:
        layers.insert(0, "flatten")
    return cnncalc.calc("x".join(map(str, dims)), *layers, layout="hwc", batch=given.get("batch", 1))


KINDS = {"conv": "conv: {out}", "tconv": "conv_transpose: {out}", "dense": "dense: {out}"}
OPTIONS = {"k": "kernel", "s": "stride", "p": "padding", "d": "dilation", "groups": "groups", "bias": "bias"}


def lines_of(layer: dict) -> list[str]:  # type: ignore[type-arg]
    """A layer of a question as arguments for `calc`."""
    kind = layer["type"]
    if kind in ("flatten", "gap", "bn"):
        return [{"flatten": "flatten", "gap": "global_avgpool", "bn": "batchnorm"}[kind]]
    if kind == "subsample":  # as in 1998: a mean times a learned coefficient plus a bias
        return [f"avgpool: {layer['k']}", "scale: , bias: true"]
    options = {OPTIONS[name]: value for name, value in layer.items() if name in OPTIONS}
    head = KINDS[kind].format(**layer) if kind in KINDS else f"{layer['kind']}pool: {options.pop('kernel')}"
    return [", ".join([head, *(f"{name}: {json.dumps(value)}" for name, value in options.items())])]


def shape(report: Report) -> tuple[int, ...]:
    return report.output.output.dims("hwc")


def window(question: Question, **changed: int | str) -> cnncalc.Explained:
    """One convolution with one filter, for a question about n, k, s, p and d."""
    values = {name: changed.get(name, question.number(name)) for name in ("n", "k", "s", "p", "d")}
    conv = "conv: 1, kernel: {k}, stride: {s}, padding: {p}, dilation: {d}".format(**values)
    return cnncalc.explain(cnncalc.calc(f"{values['n']}x1", conv, layout="hwc"), "conv1")


def size(question: Question) -> object:
    if "strides" in question.given:
        return [window(question, s=stride).output.spatial[0] for stride in question.given["strides"]]
    if "n" in question.given:
        return window(question).output.spatial[0]
    return question.report.output.output.spatial[0]


def params(question: Question) -> object:
    given = question.given
    if "cin" in given:
        x, out, k = f"32x32x{given['cin']}", given["cout"], given["k"]
        kinds = (f"{kind}: {out}, kernel: {k}, bias: false" for kind in ("conv", "separable"))
        return [cnncalc.calc(x, kind).totals.params.total for kind in kinds]
    if "a" in given:
        return [report_of(given[part]).totals.params.total for part in ("a", "b")]
    return question.report.totals.params.total


def trainable_split(question: Question) -> list[int]:
    totals = question.report.totals
    return [totals.params.total + totals.buffers, totals.params.trainable, totals.buffers]


def table_weights(question: Question) -> list[int]:
    """Weights of layers given as 96x11x11x3 (filters, kernel, channels) or 4096x6x6x256 (units, inputs)."""
    found = []
    for text in question.given["layers"]:
        out, *read = map(int, text.split("x"))
        report = cnncalc.calc("x".join(map(str, read)), "flatten", f"dense: {out}, bias: false", layout="hwc")
        found.append(report.totals.params.weights)
    return found


def fields(question: Question) -> list[int]:
    return [(row.field.size or (0,))[0] for row in question.report.layers]


def padding_split(question: Question) -> dict[str, object]:
    valid, same = window(question, p="valid"), window(question, p="same")
    dropped = [note for note in valid["fit"].notes if "leaves" in note]
    return {
        "valid": valid.output.spatial[0],
        "dropped": int(dropped[0].partition("leaves ")[2].split()[0]) if dropped else 0,
        "same": same.output.spatial[0],
        "pad": list(same["padding"].value[0]),  # type: ignore[index,call-overload]
    }


def table_row(question: Question) -> dict[str, object]:
    row = question.report.output
    return {
        "hw": row.output.spatial[0],
        "memory_KB": row.activation / KIB,
        "params": row.params.total,
        "flop": row.costs.comparisons + row.output.size,  # k·k per output: v − 1 comparisons plus one
    }


def keeping(question: Question) -> int:
    conv = f"conv: 1, kernel: {question.number('k')}, stride: {question.number('s')}, padding: ?"
    return cnncalc.solve(conv, input="32x32x1", output="same").values[0]["padding"]


def repeats(question: Question) -> int:
    conv = f"conv: 1, kernel: {question.number('k')}, repeat: ?"
    return cnncalc.solve(conv, receptive_field=question.number("target_rf")).values[0]["repeat"]


def fc_as_conv(question: Question) -> dict[str, object]:
    dims, (layer,) = question.given["input"], question.given["layers"]
    asked = f"conv: {layer['out']}, kernel: ?"
    found = cnncalc.solve(asked, input="x".join(map(str, dims)), output=f"1x1x{layer['out']}")
    return {"k": found.values[0]["kernel"], "output": shape(found.solutions[0].report)}


def padded(question: Question) -> tuple[int, ...]:
    dims = "x".join(map(str, question.given["input"]))
    return shape(cnncalc.calc(dims, f"pad: {question.given['pad']}", layout="hwc"))


def matrices(question: Question) -> float:
    dense = (cnncalc.calc(str(m), f"dense: {n}, bias: false") for m, n in question.given["matrices"])
    return sum(report.memory.parameters for report in dense) / KIB**2


def activations(question: Question) -> int:
    report = question.report
    return (report.entry.activation + report.memory.activations) // 4


def subsampling(question: Question) -> int:
    """Each unit of a subsampling layer has a window and a bias, as in a depthwise convolution."""
    (layer,) = question.given["layers"]
    dims = "x".join(map(str, question.given["input"]))
    report = cnncalc.calc(dims, f"depthwise: {layer['k']}, stride: {layer['k']}", layout="hwc")
    return report.totals.connections.biased


ASKED: dict[str, Callable[[Question], object]] = {
    "params": params,
    "params_of_layer": lambda q: q.report.output.params.total,
    "params_per_filter": lambda q: q.last.value("params_per_filter"),
    "params_unshared": lambda q: q.last.value("unshared_params"),
    "params_trainable_split": trainable_split,
    "weights": lambda q: q.report.totals.params.weights,
    "weights_and_params": lambda q: [q.report.totals.params.weights, q.report.totals.params.total],
    "table_params": lambda q: [row.params.total for row in q.report.layers],
    "table_weights": table_weights,
    "output_shape": lambda q: shape(q.report),
    "output_hw": lambda q: q.report.output.output.spatial,
    "output_size_1axis": size,
    "output_and_flatten": lambda q: [q.report.output.output.spatial[0], q.report.output.output.size],
    "table_shapes": lambda q: [row.output.dims("hwc") for row in q.report.layers],
    "shape_and_params": lambda q: [shape(q.report), q.report.totals.params.total],
    "size_and_rf": lambda q: [q.report.output.output.spatial[0], fields(q)[-1]],
    "flatten_size": lambda q: q.report.output.output.size,
    "num_feature_maps": lambda q: q.report.output.output.channels,
    "num_elements": lambda q: q.last.value("elements"),
    "num_activations": activations,
    "padded_shape": padded,
    "padding": keeping,
    "padding_split": padding_split,
    "fit_check": lambda q: {"valid": window(q).value("fit")[0].denominator == 1},  # type: ignore[index,union-attr]
    "effective_kernel": lambda q: window(q).value("effective_kernel")[0],  # type: ignore[index]
    "effective_kernel_and_output": lambda q: [
        window(q).value("effective_kernel")[0],  # type: ignore[index]
        window(q).output.spatial[0],
    ],
    "multiplications": lambda q: q.report.totals.macs,
    "macs": lambda q: q.report.totals.macs,
    "macs_batch": lambda q: q.report.totals.macs,
    "macs_and_params": lambda q: [q.report.totals.macs, q.report.totals.params.total],
    "flops_as_macs": lambda q: q.report.totals.macs,
    "flops": lambda q: q.report.totals.flops,
    "flops_pool": lambda q: q.report.totals.flops,
    "receptive_field": lambda q: fields(q)[-1],
    "table_rf": fields,
    "num_layers": repeats,
    "neurons": lambda q: q.last.value("neurons"),
    "weights_per_neuron": lambda q: q.last.value("weights_per_neuron"),
    "connections_per_neuron": lambda q: q.last.value("weights_per_neuron"),
    "connections_with_bias": subsampling,
    "im2col_shape": lambda q: q.last.value("im2col")[::-1],  # type: ignore[index]
    "fc_as_conv": fc_as_conv,
    "memory_KB": lambda q: q.report.entry.activation / KIB,
    "memory_MB": matrices,
    "table_row": table_row,
    "true_false": lambda q: list(shape(q.report)) == q.given["claim"],
}
"""The function that answers each kind of question."""

ALL = [Question(json.loads(line)) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
ANSWERED = [question for question in ALL if question.asked in ASKED]


def same(a: object, b: object, tolerance: float = 0) -> bool:
    """Whether two answers are equal, with a relative tolerance for numbers."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key], tolerance) for key in b)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(same(x, y, tolerance) for x, y in zip(a, b, strict=True))
    if isinstance(a, int | float | Fraction) and isinstance(b, int | float) and not isinstance(b, bool):
        return abs(a - b) <= tolerance * abs(b)
    return a == b


@pytest.mark.parametrize("question", ANSWERED, ids=str)
def test_a_question_is_answered(question: Question) -> None:
    answer = ASKED[question.asked](question)
    tolerance = float(question.record["tolerance"] or 0)  # type: ignore[arg-type]
    right = question.record["computed"]
    assert same(answer, right, 0.001 if question.asked == "memory_MB" else 0)
    agrees = same(answer, question.record["answer"], tolerance)
    assert agrees != question.record["published_wrong"], "the key is correct, or known to be wrong"


def test_unanswered_questions_are_listed() -> None:
    assert {question.id for question in ALL} - {question.id for question in ANSWERED} == set(ELSEWHERE)


def test_every_answer_function_is_used() -> None:
    used = Counter(question.asked for question in ANSWERED)
    assert used.keys() == ASKED.keys()
    assert sum(used.values()) == 70


def test_ids_are_unique() -> None:
    assert len({question.id for question in ALL}) == len(ALL) == 75
