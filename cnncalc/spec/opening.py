"""The shapes of the network's inputs: the sections `input` and `inputs`, or `--input`."""

from collections.abc import Mapping as Given

from cnncalc.problems import Findings, Place, Problem, did_you_mean
from cnncalc.shapes import AXES, Layout, Shape, shape_of
from cnncalc.spec.arguments import value_of
from cnncalc.spec.document import Document
from cnncalc.spec.ends import ONLY, unknown_input
from cnncalc.spec.plan import plain
from cnncalc.spec.reader import Mapping, Node
from cnncalc.spec.scope import Scope
from cnncalc.spec.values import sizes

PARTS = ("channels", *AXES[3], *AXES[1])
VALUES = "values"
"""The key of an input that holds whole numbers: how many there are, from 0."""
LOOKS_LIKE_COLOURS = (1, 3, 4)
SMALLEST_IMAGE = 16


def input_shapes(
    document: Document, given: Given[str, str], scope: Scope, findings: Findings
) -> dict[str, Shape | None]:
    """The shape of each input by name; None, with a finding, if it is not valid.

    `given` are the shapes that replace those of the spec, by the name of an input; an empty name stands for
    the only one, or the one that the section `input` describes.
    """
    nodes = {} if document.input is None else {ONLY: document.input}
    nodes |= {name.text: node for name, node in document.inputs.items()}
    names = list(nodes)
    main = ONLY if document.input is not None else names[0] if len(names) == 1 else ""
    replaced = {name or main: text for name, text in given.items()}
    for name in replaced:
        if not name:
            example = f"such as --input {names[0]}=3x320x320" if names else ""
            message = "--input: the network has several inputs: " + ", ".join(names)
            findings.add(Problem("bad-input", message, None, example))
        elif name not in nodes and names:
            findings.add(unknown_input(name, names))
    return {
        name: parsed_input(replaced[name], document.layout, findings)
        if name in replaced
        else input_shape(node, document.layout, scope, findings)
        for name, node in nodes.items()
    }


def input_values(document: Document, scope: Scope, findings: Findings) -> dict[str, int]:
    """The number of values of each input that holds whole numbers: `{length: 128, values: 20000}`."""
    nodes = {} if document.input is None else {ONLY: document.input}
    nodes |= {name.text: node for name, node in document.inputs.items()}
    found: dict[str, int] = {}
    for name, node in nodes.items():
        part = node.get(VALUES) if isinstance(node, Mapping) else None
        if part is None:
            continue
        value = value_of(part, scope, findings)
        if type(value) is int and value > 0:
            found[name] = value
        elif value is not None:
            message = f"{VALUES} must be a whole number of at least 1; found {plain(value)}"
            findings.add(Problem("bad-input", message, part.place))
    return found


def input_shape(node: Node | None, layout: Layout, scope: Scope, findings: Findings) -> Shape | None:
    """The shape in an `input` section; None, with a finding, if it is not valid."""
    if node is None:
        return None
    if isinstance(node, Mapping):
        return _by_name(node, scope, findings)
    value = value_of(node, scope, findings)
    if value is None:
        return None
    dims = value if isinstance(value, tuple) else (value,)
    if not all(type(size) is int and size > 0 for size in dims):
        message = f"input sizes must be whole numbers of at least 1; found {plain(value)}"
        findings.add(Problem("bad-input", message, node.place))
        return None
    whole = tuple(size for size in dims if isinstance(size, int))
    if len(whole) not in (1, 2, 3, 4):
        message = f"expected 1 to 4 input sizes (channels and up to three axes), found {len(whole)}"
        findings.add(Problem("bad-input", message, node.place, "omit the batch size"))
        return None
    if layout == "chw":
        _check_order(whole, node.place, findings)
    return shape_of(whole, layout)


def _check_order(dims: tuple[int, ...], place: Place | None, findings: Findings) -> None:
    """Warns about `227×227×3`, likely channels last, and `1×3×224×224`, likely with a batch axis."""
    if len(dims) == 4 and dims[0] == 1 and dims[1] in LOOKS_LIKE_COLOURS:
        text = "×".join(map(str, dims))
        message = f"{text} is read as 1 channel of a volume of {'×'.join(map(str, dims[1:]))}"
        hint = f"omit the batch size: [{', '.join(map(str, dims[1:]))}]"
        findings.add(Problem("batch-axis", message, place, hint, level="warning"))
    if len(dims) > 2 and dims[-1] in LOOKS_LIKE_COLOURS and min(dims[:-1]) >= SMALLEST_IMAGE:
        text = "×".join(map(str, dims))
        message = f"{text} is read as {dims[0]} channels of {'×'.join(map(str, dims[1:]))}"
        hint = "for channels last add `layout: hwc` at the top of the file, or write the channels first"
        findings.add(Problem("channels-last", message, place, hint, level="warning"))


def _by_name(node: Mapping, scope: Scope, findings: Findings) -> Shape | None:
    given: dict[str, int] = {}
    complete = True
    for key, part in node.entries:
        if key.text == VALUES:
            given.setdefault("channels", 1)
            continue
        if key.text not in PARTS:
            hint = did_you_mean(key.text, [*PARTS, VALUES])
            findings.add(Problem("bad-input", f"unknown key '{key.text}' in input", key.place, hint))
            complete = False
            continue
        size = value_of(part, scope, findings)
        if type(size) is not int or size < 1:
            complete = False
            if size is not None:
                message = f"{key.text} must be a whole number of at least 1; found {plain(size)}"
                findings.add(Problem("bad-input", message, part.place))
            continue
        given[key.text] = size
    axes = tuple(key.text for key, _ in node.entries if key.text in PARTS and key.text != "channels")
    if not complete:
        return None
    named = next((names for names in AXES.values() if set(names) == set(axes)), None)
    if named is None or "channels" not in given:
        hint = "expected channels with length; height and width; or depth, height and width"
        findings.add(Problem("bad-input", "the input is incomplete", node.place, hint))
        return None
    return Shape(given["channels"], tuple(given[axis] for axis in named))


def parsed_input(text: str, layout: Layout, findings: Findings) -> Shape | None:
    """The shape in `--input 3x320x320`; None, with a finding, if it is not a shape."""
    text = text.strip("[]() ")
    dims = sizes(text) or sizes(text.replace(",", "x")) or ((int(text),) if text.isdecimal() else None)
    if not dims or min(dims) < 1 or len(dims) > 4:
        message = f"--input: '{text}' is not a shape"
        findings.add(Problem("bad-input", message, None, "such as 3x320x320, in the spec's layout"))
        return None
    if layout == "chw":
        _check_order(dims, None, findings)
    return shape_of(dims, layout)
