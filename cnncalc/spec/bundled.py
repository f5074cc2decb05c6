"""The specs that come with cnncalc."""

from msgspec import Struct

from cnncalc.problems import Findings
from cnncalc.spec.document import Document, document
from cnncalc.spec.files import bundled_folder, bundled_specs, read_file
from cnncalc.spec.reader import Mapping, Node, Scalar, Sequence, read


class Bundled(Struct, frozen=True):
    """One bundled spec, described by its top-level sections."""

    name: str
    network: str
    input: str
    source: str


def list_bundled() -> list[Bundled]:
    """All bundled specs, sorted by name, without building them."""
    folder = bundled_folder()
    found = []
    for path in bundled_specs():
        source = read_file(path)
        parsed = document(read(source), source, Findings())
        if parsed:
            found.append(_described(str(path.relative_to(folder).with_suffix("")), parsed))
    return found


def _described(name: str, parsed: Document) -> Bundled:
    nodes = [parsed.input] if parsed.input else [*parsed.inputs.values()]
    return Bundled(name, parsed.name, ", ".join(map(_sizes, nodes)), parsed.origin)


def _sizes(node: Node | None) -> str:
    """The input as written, such as 3×224×224."""
    if isinstance(node, Mapping):
        return "×".join(value.text for _, value in node.entries if isinstance(value, Scalar))
    if isinstance(node, Sequence):
        return "×".join(item.text for item in node.items if isinstance(item, Scalar))
    return node.text.replace("x", "×") if node else ""
