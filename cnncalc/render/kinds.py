"""The list of layer kinds, and the page of one kind with its formulas."""

from math import prod
from typing import cast

from msgspec import Struct, to_builtins
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cnncalc.expression import Value
from cnncalc.formula import Formula, Working
from cnncalc.graph import Graph, Node
from cnncalc.homework.explain import ARITHMETIC
from cnncalc.layers import Option, find_kind
from cnncalc.layers.base import Elementary, Operations
from cnncalc.render.columns import count
from cnncalc.render.data import SCHEMA_VERSION, Data
from cnncalc.render.pages import (
    CODE_STYLE,
    FAINT,
    HEADING,
    Block,
    Code,
    PageTable,
    Section,
    markdown,
    styled,
    terminal,
)
from cnncalc.render.worked import formula_data, working_data
from cnncalc.spec.plan import plain


class KindEntry(Struct, frozen=True):
    """One kind in the list."""

    kind: str
    family: str
    summary: str
    aliases: tuple[str, ...]
    elsewhere: dict[str, str]


class Page(Struct, frozen=True):
    """The documentation of one kind.

    Attributes:
        details: the paragraphs after the summary.
        main: the option set by the value of the kind's own key.
        lines: example items of a spec.
        graph: the network of the first example.
        reads: a sentence on what an output reads, where no formula gives the output size.
        sizes: the formulas of the output size, each with the axes that share it.
    """

    entry: KindEntry
    details: tuple[str, ...]
    main: str
    options: tuple[Option, ...]
    around: tuple[str, ...]
    lines: tuple[str, ...]
    graph: Graph
    reads: str = ""
    sizes: tuple[tuple[tuple[str, ...], Working], ...] = ()
    function: Formula | None = None


def kinds_list(families: dict[str, list[KindEntry]]) -> RenderableType:
    """One line per kind, grouped by family."""
    widest = max(len(entry.kind) for entries in families.values() for entry in entries)
    parts: list[RenderableType] = []
    for title, entries in families.items():
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(no_wrap=True, min_width=widest)
        for entry in entries:
            grid.add_row(Text(entry.kind, CODE_STYLE), styled(entry.summary))
        parts += [styled(title, HEADING), Padding(grid, (0, 0, 1, 2), expand=False)]
    hint = "`cnncalc kinds conv` shows the options, an example and the formulas of one kind."
    return Group(*parts, styled(hint, FAINT))


def kind_page(page: Page) -> RenderableType:
    """The page of one kind for a terminal."""
    return terminal(page.entry.kind, (page.entry.summary, *page.details), sections(page))


def kind_markdown(page: Page) -> str:
    """The page of one kind as Markdown."""
    return markdown(page.entry.kind, (page.entry.summary, *page.details), sections(page))


def sections(page: Page) -> list[Section]:
    """The sections of the page, for every format."""
    found: list[Section] = [("in a spec", [Code("\n".join(f"- {line}" for line in page.lines))])]
    found.append(("options", _options(page)))
    if page.function:
        found.append(("formula per element", [page.function]))
    first, *more = page.graph.layers
    read = " and ".join(shape.text() for shape in first.reads)
    heading = f"example: {read} → {page.graph.nodes[page.graph.output].shape.text()}"
    found.append((heading, [_layers(page.graph)] if more else _example(first, page.reads)))
    found += [(f"output {' and '.join(axes)}", [working]) for axes, working in page.sizes]
    if not more:
        found += _arithmetic(operations(first))
    return [*found, ("names elsewhere", _elsewhere(page.entry))]


def _options(page: Page) -> list[Block]:
    rows = tuple((Code(each.name), _default(each), each.meaning, _takes(each)) for each in page.options)
    found: list[Block] = [PageTable(("name", "default", "meaning", "expected"), rows) if rows else "none"]
    if page.main:
        found.append(f"`{page.entry.kind}: VALUE` sets `{page.main}`")
    return [*found, "for every kind: " + ", ".join(page.around)]


def _default(option: Option) -> str:
    """The default as a spec writes it."""
    if option.required:
        return "required"
    return "–" if option.default is None else plain(cast(Value, option.default)).strip("'")


def _takes(option: Option) -> str:
    """The expected values, with any words that the description leaves out."""
    missing = sorted(word for word in option.words if word not in option.expected)
    return option.expected + (f": {', '.join(missing)}" if missing else "")


def operations(node: Node) -> Operations:
    """The operations of a layer of the example."""
    return node.layer.operations(*node.reads)


def params(node: Node) -> int:
    """The number of parameters of a layer of the example."""
    return sum(prod(dims) for dims in node.layer.weights(*node.reads).values())


def _example(node: Node, reads: str) -> list[Block]:
    """The weights and buffers of an example with one layer, and what no formula says."""
    weights = node.layer.weights(*node.reads)
    rows = [(name, "×".join(map(str, dims)), count(prod(dims))) for name, dims in weights.items()]
    rows.append(("parameters", "", count(params(node))))
    found: list[Block] = ["no parameters"]
    if weights:
        found = [PageTable(("weights", "shape", "numbers"), tuple(rows), numbers=("numbers",), plain=True)]
    buffers = node.layer.buffers(*node.reads).items()
    if buffers:
        named = ", ".join(f"{name} {'×'.join(map(str, dims))}" for name, dims in buffers)
        found.append(f"buffers, not learned: {named}")
    if reads:
        found.append(reads)
    return found if operations(node) else [*found, "no arithmetic: values are copied or moved"]


def _layers(graph: Graph) -> PageTable:
    """The layers of a block, with totals."""
    learned = [params(node) for node in graph.layers]
    macs = [done["macs"].value if "macs" in (done := operations(node)) else 0 for node in graph.layers]
    rows = tuple(
        (node.name.partition(".")[2], node.layer.kind, node.shape.text(), count(learns), count(mac))
        for node, learns, mac in zip(graph.layers, learned, macs, strict=True)
    )
    total = ("total", "", "", count(sum(learned)), count(sum(macs)))
    header = ("layer", "kind", "output", "parameters", "MACs")
    return PageTable(header, rows, total, numbers=header[2:])


def _arithmetic(operations: Operations) -> list[Section]:
    """The formulas of the operations, grouped where formula and numbers are the same."""
    alike: dict[str, list[Elementary]] = {}
    for kind, working in operations.items():
        alike.setdefault(f"{working.formula.meanings} {working}", []).append(kind)
    return [
        (", ".join(ARITHMETIC.get(kind, kind) for kind in kinds), [operations[kinds[0]]])
        for kinds in alike.values()
    ]


def _elsewhere(entry: KindEntry) -> list[Block]:
    found: list[Block] = ["not in PyTorch, Keras or ONNX"]
    if entry.elsewhere:
        found = [PageTable(("library", "name"), tuple(entry.elsewhere.items()), plain=True)]
    if entry.aliases:
        words = ", ".join(f"`{alias}`" for alias in entry.aliases)
        freely = "; upper case, `_` and `2d` are ignored" if find_kind(entry.kind) else ""
        found.append(f"aliases in specs: {words}{freely}")
    return found


def kind_data(page: Page) -> Data:
    """The JSON object of one kind."""
    return {
        "schema_version": SCHEMA_VERSION,
        **to_builtins(page.entry),
        "details": page.details,
        "main": page.main or None,
        "options": [_option_data(option) for option in page.options],
        "function": formula_data(page.function) if page.function else None,
        "lines": page.lines,
        "input": page.graph.nodes[0].shape.dims(),
        "sizes": [{"axes": axes, **working_data(working)} for axes, working in page.sizes],
        "layers": [_layer_data(node) for node in page.graph.layers],
    }


def _option_data(option: Option) -> Data:
    return {
        "name": option.name,
        "meaning": option.meaning,
        "takes": _takes(option),
        "required": option.required,
        "default": option.default,
    }


def _layer_data(node: Node) -> Data:
    return {
        "name": node.name,
        "kind": node.layer.kind,
        "inputs": [shape.dims() for shape in node.reads],
        "output": node.shape.dims(),
        "weight_shapes": node.layer.weights(*node.reads),
        "buffer_shapes": node.layer.buffers(*node.reads),
        "params": params(node),
        "operations": {kind: working_data(working) for kind, working in operations(node).items()},
    }
