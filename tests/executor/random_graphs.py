"""Random small graphs: layers that read any earlier tensor, merges, gates and shared weights."""

from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from cnncalc.graph import Graph, Node
from cnncalc.layers import BY_NAME, Layer, LayerError
from cnncalc.shapes import Shape
from tests.executor.agreement import entry, graph_of, node

LARGEST = {1: 14, 2: 9, 3: 5}
"""The largest input along each axis, by the number of axes."""

MOST_VALUES = 3000
"""Larger tensors are not used as inputs."""

MAKERS: tuple[Layer, ...] = (
    BY_NAME["conv"](filters=4, kernel=3, padding=1),
    BY_NAME["conv"](filters=4, kernel=1),
    BY_NAME["conv"](filters=6, kernel=2, stride=2, padding="same", groups=2),
    BY_NAME["conv"](filters=4, kernel=3, dilation=2, padding="causal", bias=False),
    BY_NAME["depthwise"](kernel=3, padding="half"),
    BY_NAME["depthwise"](kernel=2, multiplier=2, stride=2, padding=1),
    BY_NAME["separable"](filters=4, kernel=3, padding="same_lower"),
    BY_NAME["conv_transpose"](filters=4, kernel=3, stride=2, padding="same"),
    BY_NAME["locally_connected"](filters=2, kernel=2),
    BY_NAME["maxpool"](kernel=2, fit="ceil"),
    BY_NAME["avgpool"](kernel=3, stride=1, padding=1, count_padding=False),
    BY_NAME["upsample"](scale=2, mode="linear"),
    BY_NAME["pad"](amount=1, mode="replicate"),
    BY_NAME["crop"](amount=1),
    BY_NAME["slice"](channels=(1, 3)),
    BY_NAME["slice"](channels=(1, 2)),
    BY_NAME["split"](parts=2, part=1),
    BY_NAME["select"](index=(1, 3), axis="width"),
    BY_NAME["reduce"](mode="sum", over="channels"),
    BY_NAME["reduce"](mode="max", over="height"),
    BY_NAME["permute"](order=("channels", "width", "height")),
    BY_NAME["permute"](order=("length", "channels")),
    BY_NAME["channel_shuffle"](groups=2),
    BY_NAME["global_avgpool"](),
    BY_NAME["global_maxpool"](),
    BY_NAME["flatten"](),
    BY_NAME["dense"](units=4),
)
"""Layers that change the shape, often to four channels, which can then be merged with others."""

KEEPERS: tuple[Layer, ...] = (
    *(BY_NAME[kind]() for kind in ("relu", "relu6", "tanh", "hardswish", "prelu", "elu", "softmax")),
    *(BY_NAME[kind]() for kind in ("batchnorm", "layernorm", "scale", "shift", "clamp", "lrn")),
    *(BY_NAME[kind]() for kind in ("identity", "dropout")),
    BY_NAME["groupnorm"](groups=2),
    BY_NAME["attention"](heads=2, key=3, value=2, relative=True),
    BY_NAME["softmax"](axis="length"),
    BY_NAME["log_softmax"](axis="width"),
    BY_NAME["l2_normalize"](over="positions"),
)
"""Layers that keep the shape; many may overwrite their input."""

MERGES: tuple[Layer, ...] = (
    *(
        BY_NAME[kind](align=align, broadcast=broadcast)
        for kind in ("add", "mul", "subtract", "average", "maximum", "minimum", "concat")
        for align in ("exact", "crop")
        for broadcast in (False, True)
    ),
    *(BY_NAME["concat"](axis=axis) for axis in ("height", "length")),
    BY_NAME["max_unpool"](kernel=1),
    BY_NAME["max_unpool"](kernel=2),
    BY_NAME["max_unpool"](kernel=2, stride=3),
    BY_NAME["cross_attention"](heads=2, key=3, value=2),
    BY_NAME["matmul"](transpose_second=True),
)


@st.composite
def graphs(draw: DrawFn) -> Graph:
    """From 4 to 12 layers, each reading an earlier tensor, mostly a recent one."""
    rank = draw(st.integers(1, 3))
    sizes = tuple(draw(st.integers(3, LARGEST[rank])) for _ in range(rank))
    nodes = [entry(Shape(draw(st.sampled_from((3, 4))), sizes))]
    for number in range(draw(st.integers(4, 12))):
        draw_next = draw(st.sampled_from((made, kept, kept, merged, merged, shared)))
        found = draw(draw_next(nodes, f"layer{number}"))
        nodes += [found] if found else []
    assume(len(nodes) > 1)
    return graph_of(nodes)


def places(nodes: list[Node]) -> st.SearchStrategy[int]:
    last = len(nodes) - 1
    return st.sampled_from([last, last, *range(last, -1, -1)])


@st.composite
def made(draw: DrawFn, nodes: list[Node], name: str) -> Node | None:
    return built(name, draw(st.sampled_from(MAKERS)), (draw(places(nodes)),), nodes)


@st.composite
def kept(draw: DrawFn, nodes: list[Node], name: str) -> Node | None:
    return built(name, draw(st.sampled_from(KEEPERS)), (draw(places(nodes)),), nodes)


@st.composite
def merged(draw: DrawFn, nodes: list[Node], name: str) -> Node | None:
    """A merge of tensors that fit, possibly the same one twice."""
    first = draw(places(nodes))
    layer = draw(st.sampled_from(MERGES))
    partners = [at for at in range(len(nodes)) if built(name, layer, (first, at), nodes)]
    if not partners:
        return None
    others = draw(st.lists(st.sampled_from(partners), min_size=1, max_size=3))
    return built(name, layer, (first, *others), nodes)


@st.composite
def shared(draw: DrawFn, nodes: list[Node], name: str) -> Node | None:
    """An earlier layer with shared weights, reading another tensor that fits."""
    owners = [
        at for at, each in enumerate(nodes) if len(each.inputs) == 1 and each.shares is None and tensors(each)
    ]
    if not owners:
        return None
    owner = draw(st.sampled_from(owners))
    again = (built(name, nodes[owner].layer, (at,), nodes, owner) for at in range(len(nodes)))
    fitting = [each for each in again if each and tensors(each) == tensors(nodes[owner])]
    return draw(st.sampled_from(fitting))


def tensors(each: Node) -> dict[str, tuple[int, ...]]:
    return {**each.layer.weights(*each.reads), **each.layer.buffers(*each.reads)}


def built(
    name: str, layer: Layer, inputs: tuple[int, ...], nodes: list[Node], shares: int | None = None
) -> Node | None:
    """The node, if its inputs fit and it is small enough."""
    try:
        found = node(name, layer, inputs, nodes, shares)
    except LayerError:
        return None
    return found if found.shape.size <= MOST_VALUES else None
