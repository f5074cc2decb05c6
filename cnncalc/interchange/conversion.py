"""A network of another library as a spec whose numbers were compared with those of the library."""

from collections.abc import Iterator

from msgspec import Struct

from cnncalc.analysis import analyze
from cnncalc.analysis.report import Report
from cnncalc.executor.io.matching import by_name
from cnncalc.executor.io.pieces import Piece
from cnncalc.executor.io.weights import required_tensors
from cnncalc.executor.weight_files import match_of_sizes, tables_of
from cnncalc.graph import Graph
from cnncalc.interchange.network import ForeignError, ModelGraph
from cnncalc.interchange.verification import differences
from cnncalc.interchange.writer import FORMS
from cnncalc.interchange.writer.heads import SpecText
from cnncalc.problems import Source, SpecError
from cnncalc.spec import load_source

MOST_NAMED = 5
"""Differences that an error names."""


class Conversion(Struct, frozen=True):
    """The text of a spec, and notes: what was left out, why it is not in the most readable form."""

    text: str
    notes: tuple[str, ...] = ()


def converted(network: ModelGraph, *, flat: bool = False) -> Conversion:
    """The spec of a network, with its totals as `expect`.

    The first form that has the network's numbers is taken: with blocks, without them, one line per layer. It
    is not taken if tensors of the network's files would get to other layers.

    Raises:
        ForeignError: none of them has; the message says what differs.
    """
    reasons: list[str] = []
    notes: list[str] = [network.note] if network.note else []
    given = len(notes)
    for write in FORMS[-1:] if flat else FORMS:
        text = write(network)
        try:
            spec = load_source(Source(network.name, text.text))
        except SpecError as error:
            reasons = [problem.message for problem in error.problems]
        else:
            reasons = [*differences(spec.graph, text.network, text.nodes)] or [*_misplaced(text, spec.graph)]
            if not reasons:
                expected = ", ".join(_expected(analyze(spec)))
                return Conversion(f"{text.text}\nexpect: {{{expected}}}\n", (*notes,))
        if len(notes) == given:
            notes.append(f"written without blocks, which would not be exact: {reasons[0]}")
    more = [f"and {len(reasons) - MOST_NAMED} more"] if len(reasons) > MOST_NAMED else []
    raise ForeignError(*(f"cannot be written exactly: {each}" for each in reasons[:MOST_NAMED]), *more)


def _misplaced(text: SpecText, graph: Graph) -> Iterator[str]:
    """The layers that would get the tensors of others from a file of the network's weights.

    Files have them in the order of the network, or by name.
    """
    network = text.network
    tables = {*tables_of(graph, required_tensors(graph))}
    for order in (network.tensors, sorted(network.tensors, key=by_name)):
        own: dict[str, dict[str, Piece]] = {}  # none, if loading them is an error
        for name, piece in match_of_sizes(graph, {key: network.tensors[key] for key in order}).pieces.items():
            own.setdefault(name.rpartition(".")[0], {})[name] = piece
        for node, number in zip(graph.layers, text.nodes, strict=True):
            step, pieces = network.step(number), own.get(node.name, {})
            if step is None or not pieces or node.shares is not None:
                continue
            where, names = step.path or node.name, dict.fromkeys(piece.name for piece in pieces.values())
            if [*names] != [*step.tensors]:
                yield f"{where} would get the weights {', '.join(names)}"
            for name in tables & pieces.keys():
                if pieces[name].channels_last != step.channels_last:
                    yield f"{where} would get {pieces[name].name} with its axes in another order"


def _expected(report: Report) -> Iterator[str]:
    totals = report.totals
    yield f"params: {totals.params.total}"
    if report.heads:
        yield f"params_with_auxiliary: {report.params_with_auxiliary}"
    yield f"macs: {totals.macs}"
    if len(report.outputs) == 1:
        yield f"output: {[*report.output.output.dims(report.layout)]}"
        return
    shapes = ", ".join(f"{name}: {[*row.output.dims(report.layout)]}" for name, row in report.outputs.items())
    yield f"outputs: {{{shapes}}}"
