"""The contents of `cnncalc kinds`: the documentation of every layer kind."""

import sys
from inspect import cleandoc

from msgspec import Struct

from cnncalc.formula import Working
from cnncalc.graph import Graph
from cnncalc.homework.explain import axes_alike, what_is_read, windows_of
from cnncalc.layers import (
    ACTIVATIONS,
    KINDS,
    Layer,
    Merge,
    Option,
    example_of,
    find_kind,
    options_of,
)
from cnncalc.layers.base import Dims, Windows, called
from cnncalc.render.kinds import (
    KindEntry,
    Page,
)
from cnncalc.shapes import Shape
from cnncalc.spec import load
from cnncalc.spec.companions import NORM_WORDS
from cnncalc.spec.vocabulary import AROUND, EXPANDING
from cnncalc.window import Resample, TransposedWindow, Window


class BlockNotes(Struct, frozen=True):
    """The documentation of a built-in block, which has no class."""

    text: str
    elsewhere: dict[str, str]
    line: str
    input: Dims
    options: tuple[Option, ...]


def _option(name: str, expected: str, meaning: str, default: str | None = None) -> Option:
    """An option that is not a field of a class."""
    return Option(
        name=name,
        type=None,
        meaning=meaning,
        expected=expected,
        words=frozenset(),
        takes_real=False,
        is_flag=False,
        is_shape=False,
        default=default,
        required=default is None,
    )


BLOCKS = {
    "squeeze_excite": BlockNotes(
        text="""Scales each channel by a factor from the whole map (Hu et al. 2017, arXiv:1709.01507).

        A block that specs use like a layer kind; it expands to the layers in the example.
        """,
        elsewhere=dict(called(pytorch="torchvision.ops.SqueezeExcitation")),
        line="{squeeze_excite: 4}",
        input=(16, 32, 32),
        options=(
            _option("reduced", "a whole number of at least 1", "channels between the two convolutions"),
            _option("act", "the name of an activation", "activation between the convolutions", "relu"),
            _option("gate", "the name of an activation", "activation that computes the factors", "sigmoid"),
        ),
    )
}
"""The built-in blocks by name."""

BLOCK_FAMILY = "Built-in blocks: used like a layer kind, expand to several layers"


def families() -> dict[str, list[KindEntry]]:
    """All kinds in the order of `KINDS`, grouped under the first sentence of their module docstring."""
    found: dict[str, list[KindEntry]] = {}
    for kind in KINDS:
        text = sys.modules[kind.__module__].__doc__ or ""
        found.setdefault(text.partition("\n")[0].partition(". ")[0].rstrip("."), []).append(_entry(kind))
    found[BLOCK_FAMILY] = [_block_entry(name) for name in BLOCKS]
    return found


def page_of(word: str) -> Page | None:
    """The page of a kind by its name, an alias, or its name in PyTorch, Keras or ONNX."""
    last = word.rpartition(".")[2]
    kind = find_kind(last)
    if kind:
        return _kind_page(kind)
    if _same(last) in map(_same, EXPANDING):
        return _block_page("squeeze_excite")
    for kind in KINDS:
        names = (name.partition(",")[0].rpartition(".")[2] for name in kind.elsewhere.values())
        if last in names:
            return _kind_page(kind)
    return None


def _same(word: str) -> str:
    return word.lower().replace("_", "")


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a docstring, each on one line."""
    return [" ".join(part.split()) for part in cleandoc(text).split("\n\n")]


def _entry(kind: type[Layer]) -> KindEntry:
    plain = _same(kind.kind)
    return KindEntry(
        kind=kind.kind,
        family=kind.family,
        summary=paragraphs(kind.__doc__ or "")[0],
        aliases=tuple(alias for alias in kind.aliases if alias != plain),
        elsewhere=dict(kind.elsewhere),
    )


def _block_entry(name: str) -> KindEntry:
    aliases = tuple(word for word in EXPANDING if word != name)
    notes = BLOCKS[name]
    return KindEntry(name, "blocks", paragraphs(notes.text)[0], aliases, notes.elsewhere)


def _kind_page(kind: type[Layer]) -> Page:
    example = example_of(kind)
    graph = one_item(example.line, example.input)
    node = graph.layers[0]
    windows, shape = windows_of(node.layer, node.reads), graph.nodes[0].shape
    options = tuple(options_of(kind).values())
    return Page(
        entry=_entry(kind),
        details=tuple(paragraphs(kind.__doc__ or "")[1:]),
        main=kind.main,
        options=(_joined(kind), *options) if issubclass(kind, Merge) else options,
        around=AROUND,
        lines=(example.line, *_inside_another(kind)),
        graph=graph,
        reads=what_is_read(windows),
        sizes=_sizes(windows, shape),
        function=getattr(kind, "formula", None),
    )


def _inside_another(kind: type[Layer]) -> tuple[str, ...]:
    """How to write an activation or norm inside another layer's item."""
    if kind in ACTIVATIONS:
        return (f"{{conv: 32, kernel: 3, act: {kind.kind}}}",)
    return tuple(
        f"{{conv: 32, kernel: 3, norm: {word}}}" for word, name in NORM_WORDS.items() if name == kind.kind
    )


def _joined(kind: type[Merge]) -> Option:
    """The value of a merge's own key, which is not a field of its class."""
    meaning = "layers to merge: `[input, prev]`, or branches: `{main: [{conv: 16, kernel: 1}], skip: []}`"
    return _option(kind.kind, "a list of names, or a mapping of lists of layers", meaning)


def _block_page(name: str) -> Page:
    notes = BLOCKS[name]
    return Page(
        entry=_block_entry(name),
        details=tuple(paragraphs(notes.text)[1:]),
        main=EXPANDING[name],
        options=notes.options,
        around=AROUND,
        lines=(notes.line,),
        graph=one_item(notes.line, notes.input),
    )


def one_item(line: str, input: Dims) -> Graph:
    """A network with a single item in its list of layers."""
    return load(f"cnncalc: 1\ninput: {list(input)}\nlayers:\n  - {line}\n").graph


def _sizes(windows: Windows, x: Shape) -> tuple[tuple[tuple[str, ...], Working], ...]:
    """The formulas of the output size, each with the axes that share it."""
    return tuple(
        (names, working)
        for names, window, n in axes_alike(windows, x)
        if isinstance(window, Window | TransposedWindow | Resample) and (working := window.working(n))
    )
