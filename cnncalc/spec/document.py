"""The top level of a spec: checks its sections and converts them to types."""

from msgspec import Struct

from cnncalc.layers import Layer, find_kind, options_of
from cnncalc.layers.dialects import NAMES, Dialect
from cnncalc.problems import Findings, Problem, Source, did_you_mean
from cnncalc.shapes import Layout
from cnncalc.spec.claims import Limit, limits
from cnncalc.spec.ends import Inputs, Output, check_names, inputs_of, outputs_of, unknown_outputs
from cnncalc.spec.model_names import EXAMPLE, is_model
from cnncalc.spec.reader import Mapping, Node, Scalar, Sequence
from cnncalc.spec.statements import LayerList, layer_list
from cnncalc.spec.trunk import check_trunk
from cnncalc.spec.typed_shape import AS_USUAL, typed_input
from cnncalc.spec.values import sizes
from cnncalc.spec.vocabulary import AROUND, RESERVED, canonical, is_dotted_variable, is_name, is_variable

VERSION = "1"
LAYERS_EXAMPLE = "such as `layers: [{conv: 64, kernel: 3}, relu]`"
SECTIONS = (
    "cnncalc",
    "name",
    "source",
    "model",
    "note",
    "input",
    "inputs",
    "layout",
    "dialect",
    "vars",
    "defaults",
    "blocks",
    "layers",
    "outputs",
    "auxiliary",
    "freeze",
    "expect",
    "budget",
)


class Block(Struct, frozen=True):
    """A named list of layers with parameters; `inputs` are the names of extra input tensors."""

    name: Scalar
    params: dict[str, Scalar | None]
    inputs: tuple[str, ...]
    layers: LayerList


class Document(Struct, frozen=True):
    """A spec as written, before any value is evaluated.

    `input` is the shape of the input that the first layer reads; `inputs` are those that layers read by name.
    """

    source: Source
    name: str
    origin: str
    model: Scalar | None
    note: str
    layout: Layout
    dialect: Dialect
    input: Node | None
    inputs: Inputs
    variables: dict[str, Node]
    defaults: dict[type[Layer], dict[str, Node]]
    blocks: dict[str, Block]
    layers: LayerList
    outputs: tuple[Output, ...]
    auxiliary: tuple[Output, ...]
    freeze: tuple[Scalar, ...]
    expect: Node | None
    budget: tuple[Limit, ...]
    unknown_outputs: frozenset[str]


def document(root: Node, source: Source, findings: Findings) -> Document | None:
    """The sections of a spec; problems go to `findings`."""
    if not isinstance(root, Mapping):
        findings.add(_not_a_spec(root))
        return None
    parts = {key.text: value for key, value in root.entries}
    findings.blocks = tuple(key.text for key, _ in _entries(parts.get("blocks"), "blocks", findings))
    _check_sections(root, parts, findings)
    inputs, layers = (
        inputs_of(parts.get("inputs"), parts.get("input"), findings),
        layer_list(parts.get("layers"), findings),
    )
    check_names(inputs, layers, findings)
    entry = "" if inputs and "input" not in parts else "input"
    check_trunk(layers, findings, end_is_read="outputs" not in parts, entry=entry)
    layout, read = _layout(parts, findings)
    outputs = outputs_of(parts.get("outputs"), "outputs", findings)
    return Document(
        source=source,
        name=_text(parts, "name", findings),
        origin=_text(parts, "source", findings),
        model=_model(parts.get("model"), findings),
        note="; ".join(text for text in (_note(parts.get("note")), read) if text),
        layout=layout,
        dialect=_dialect(parts.get("dialect"), findings),
        input=parts.get("input"),
        inputs=inputs,
        variables=_named(parts.get("vars"), "vars", findings),
        defaults=_defaults(parts.get("defaults"), findings),
        blocks=blocks_of(parts.get("blocks"), findings),
        layers=layers,
        outputs=outputs,
        auxiliary=outputs_of(parts.get("auxiliary"), "auxiliary", findings),
        freeze=_words(parts.get("freeze"), "freeze", findings),
        expect=parts.get("expect"),
        budget=limits(parts.get("budget"), "", findings),
        unknown_outputs=unknown_outputs((parts.get("expect"), parts.get("budget")), outputs, findings),
    )


def _not_a_spec(root: Node) -> Problem:
    hint = "start with `cnncalc: 1`, `input:` and `layers:`; see `cnncalc guide spec`"
    if isinstance(root, Scalar) and not root.text:
        return Problem("empty", "the spec is empty", root.place, hint)
    return Problem("not-a-spec", "a spec must be a mapping of sections", root.place, hint)


def _check_sections(root: Mapping, parts: dict[str, Node], findings: Findings) -> None:
    hints = ""
    for key, value in root.entries:
        if key.text not in SECTIONS:
            hint = _section(key.text, value) or did_you_mean(key.text, list(SECTIONS))
            hints += hint
            findings.add(Problem("unknown-section", f"unknown section '{key.text}'", key.place, hint))
    version = parts.get("cnncalc")
    if version is None:
        message = f"missing `cnncalc: {VERSION}` at the top of the file"
        findings.add(Problem("no-version", message, root.place, "add it as the first line"))
    elif not isinstance(version, Scalar) or version.text != VERSION:
        found = f"'{version.text}'" if isinstance(version, Scalar) else "no number"
        message = f"expected format version {VERSION}, found {found}"
        findings.add(Problem("version", message, version.place, f"write `cnncalc: {VERSION}`"))
    layers = parts.get("layers")
    if (isinstance(layers, Sequence) and not layers.items) or (isinstance(layers, Scalar) and layers.is_null):
        findings.add(Problem("no-layers", "the list of layers is empty", layers.place, LAYERS_EXAMPLE))
    for needed, hint in (
        ("input", "such as `input: {channels: 3, height: 224, width: 224}`"),
        ("layers", LAYERS_EXAMPLE),
    ):
        is_there = needed in parts or (needed == "input" and "inputs" in parts)
        if not is_there and f"'{needed}'" not in hints and f"`{needed}:" not in hints:
            findings.add(Problem(f"no-{needed}", f"missing section '{needed}'", root.place, hint))


ELSEWHERE = {
    "input_shape": "input",
    "input_size": "input",
    "inputshape": "input",
    "in_shape": "input",
    "network": "layers",
    "net": "layers",
    "architecture": "layers",
    "modules": "layers",
    "variables": "vars",
    "title": "name",
}
"""Names of sections in other formats."""


def _section(word: str, value: Node) -> str:
    """The line to write for a section with another format's name; empty for other words."""
    section = ELSEWHERE.get(word.lower(), "")
    if section == "input" and isinstance(value, Scalar | Sequence):
        text = value.text if isinstance(value, Scalar) else f"[{', '.join(map(_scalar, value.items))}]"
        return f"write `input: {text.replace('(', '[').replace(')', ']')}`"
    return f"write `{section}:`" if section else ""


def _scalar(node: Node) -> str:
    return node.text if isinstance(node, Scalar) else "…"


def _text(parts: dict[str, Node], section: str, findings: Findings) -> str:
    node = parts.get(section)
    if node is None:
        return ""
    if not isinstance(node, Scalar):
        findings.add(Problem("not-text", f"{section} must be text", node.place))
        return ""
    return _printable(node.text)


def _model(node: Node | None, findings: Findings) -> Scalar | None:
    """The name of the PyTorch model that the spec is of; it is not imported here."""
    if isinstance(node, Scalar) and (node.is_null or is_model(node.text)):
        return None if node.is_null else node
    if isinstance(node, Scalar):
        message = f"model: expected {EXAMPLE}, found '{_printable(node.text)}'"
        findings.add(Problem("model-name", message, node.place))
    elif node is not None:
        hint = f"write `layers:` for layers; a model is {EXAMPLE}"
        findings.add(Problem("model-name", "model must be the name of a PyTorch model", node.place, hint))
    return None


def _printable(text: str) -> str:
    """Text on one line, without control characters."""
    return "".join(sign for sign in " ".join(text.split()) if sign.isprintable())


def _note(node: Node | None) -> str:
    """The note, if it is text; a note may hold anything."""
    return _printable(node.text) if isinstance(node, Scalar) else ""


def _layout(parts: dict[str, Node], findings: Findings) -> tuple[Layout, str]:
    """The layout of shapes, and how the input was read if the spec does not say it."""
    node = parts.get("layout")
    if node is None:
        return _layout_of(parts.get("input"), findings)
    text = node.text.lower() if isinstance(node, Scalar) else ""
    if text in ("hwc", "channels_last", "nhwc"):
        return "hwc", ""
    if text not in ("chw", "channels_first", "nchw"):
        findings.add(
            Problem("layout", "layout must be chw (channels first) or hwc (channels last)", node.place)
        )
    return "chw", ""


def _layout_of(node: Node | None, findings: Findings) -> tuple[Layout, str]:
    """The layout of an input such as 227x227x3, where its sizes tell: as `calc` reads it."""
    written = sizes(node.text) if isinstance(node, Scalar) else None
    if not isinstance(node, Scalar) or written is None or len(written) != 3 or min(written) < 1:
        return "chw", ""
    found = typed_input(node.text)
    if found.layout == "chw" or AS_USUAL in found.why or not found.why:
        return "chw", ""
    read = f"input read as {found.shape.text('hwc')}: {found.why}"
    hint = "add `layout: hwc` at the top of the file"
    findings.add(Problem("layout-read", read, node.place, hint, level="note"))
    return "hwc", read


def _dialect(node: Node | None, findings: Findings) -> Dialect:
    if node is None:
        return NAMES[0]
    text = node.text.lower() if isinstance(node, Scalar) else ""
    for dialect in NAMES:
        if text == dialect:
            return dialect
    message = f"dialect must be one of {', '.join(NAMES)}"
    hint = "Keras has TensorFlow's rules: write `dialect: keras`" if text in ("tf", "tensorflow") else ""
    findings.add(Problem("dialect", message, node.place, hint or did_you_mean(text, list(NAMES))))
    return NAMES[0]


def _entries(node: Node | None, section: str, findings: Findings) -> tuple[tuple[Scalar, Node], ...]:
    if node is None or (isinstance(node, Scalar) and node.is_null):
        return ()
    if not isinstance(node, Mapping):
        findings.add(
            Problem("not-a-mapping", f"{section} must be a mapping", node.place, "such as `key: value`")
        )
        return ()
    return node.entries


def _named(node: Node | None, section: str, findings: Findings) -> dict[str, Node]:
    entries = _entries(node, section, findings)
    for key, _ in entries:
        if not is_variable(key.text) and (key.plain or not is_dotted_variable(key.text)):
            hint = f"use letters, digits and _; reserved: {', '.join(RESERVED)}, `if`, `true` and the like"
            if is_dotted_variable(key.text):
                hint = f'quote a name with dots: "{key.text}"'
            findings.add(Problem("bad-name", f"'{key.text}' cannot be a variable name", key.place, hint))
    return {key.text: value for key, value in entries}


def _defaults(node: Node | None, findings: Findings) -> dict[type[Layer], dict[str, Node]]:
    defaults: dict[type[Layer], dict[str, Node]] = {}
    for key, value in _entries(node, "defaults", findings):
        kind = find_kind(key.text)
        if kind is None:
            hint = did_you_mean(key.text, ["conv", "dense", "maxpool", "batchnorm"])
            findings.add(
                Problem("unknown-kind", f"unknown kind of layer '{key.text}' in defaults", key.place, hint)
            )
            continue
        options = defaults.setdefault(kind, {})
        for option, given in _entries(value, f"defaults of {key.text}", findings):
            name = option.text if option.text in options_of(kind) else canonical(option.text)
            if name in options:
                message = f"duplicate option {name} of {kind.kind} in defaults"
                findings.add(Problem("given-twice", message, option.place, "keep one of them"))
                continue
            if name in options_of(kind) or name in ("norm", "act"):
                options[name] = given
                continue
            known = [*options_of(kind), "norm", "act"]
            message = f"unknown option '{option.text}' of {kind.kind} in defaults"
            findings.add(Problem("unknown-option", message, option.place, did_you_mean(option.text, known)))
    return defaults


def blocks_of(node: Node | None, findings: Findings) -> dict[str, Block]:
    """The blocks in a mapping, by name."""
    blocks: dict[str, Block] = {}
    for name, body in _entries(node, "blocks", findings):
        if not is_name(name.text):
            findings.add(Problem("bad-name", f"'{name.text}' cannot be the name of a block", name.place))
        parts = {key.text: value for key, value in _entries(body, f"the block '{name.text}'", findings)}
        for key, _ in _entries(body, "", findings):
            if key.text not in ("params", "inputs", "layers", "note"):
                hint = did_you_mean(key.text, ["params", "inputs", "layers", "note"])
                findings.add(
                    Problem("unknown-section", f"unknown key '{key.text}' in a block", key.place, hint)
                )
        if "layers" not in parts and isinstance(body, Mapping):
            findings.add(Problem("no-layers", f"the block '{name.text}' has no layers", name.place))
        blocks[name.text] = Block(
            name,
            _params(parts.get("params"), findings),
            _inputs(parts.get("inputs"), findings),
            layer_list(parts.get("layers"), findings),
        )
        check_trunk(blocks[name.text].layers, findings)
    return blocks


def _inputs(node: Node | None, findings: Findings) -> tuple[str, ...]:
    """The names of a block's extra input tensors inside the block."""
    words = _words(node, "inputs", findings)
    for word in words:
        if not is_name(word.text) or word.text in AROUND:
            message = f"'{word.text}' cannot be the name of a block's input"
            findings.add(Problem("bad-name", message, word.place, "such as `inputs: [skip]`"))
    return tuple(word.text for word in words)


def _params(node: Node | None, findings: Findings) -> dict[str, Scalar | None]:
    """The parameters in `[width, stride=1]`: names with the text of their defaults."""
    params: dict[str, Scalar | None] = {}
    for word in _words(node, "params", findings):
        name, equals, default = word.text.partition("=")
        name = name.strip()
        reserved = set(AROUND) - {"norm", "act"} | {"use"}
        if not is_variable(name) or name in reserved or name in params:
            message = (
                f"duplicate parameter '{name}'" if name in params else f"'{name}' cannot be a parameter name"
            )
            findings.add(Problem("bad-param", message, word.place, "such as `params: [width, stride=1]`"))
        shift = len(word.text) - len(default.lstrip())
        text = default.strip()
        params[name] = (
            Scalar(text, word.line, word.column + word.shift + shift, max(len(text), 1)) if equals else None
        )
    return params


def _words(node: Node | None, section: str, findings: Findings) -> tuple[Scalar, ...]:
    if node is None or (isinstance(node, Scalar) and node.is_null):
        return ()
    if isinstance(node, Scalar):
        return (node,)
    if isinstance(node, Sequence) and all(isinstance(item, Scalar) for item in node.items):
        return tuple(item for item in node.items if isinstance(item, Scalar))
    findings.add(Problem("not-a-list", f"{section} must be a list of words", node.place))
    return ()
