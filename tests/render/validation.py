"""What the JSON Schemas say of a text, as an editor reads it."""

from collections.abc import Iterable
from fractions import Fraction
from functools import cache
from pathlib import Path

from jsonschema import Draft202012Validator

from cnncalc.problems import Source
from cnncalc.render.schema import SchemaName, schema
from cnncalc.spec.reader import Node, Scalar, Sequence, read
from cnncalc.spec.values import literal
from tests.cli.conftest import Run, cnncalc  # noqa: F401 - the fixture

TESTS = Path(__file__).parent.parent


SPECS = sorted((TESTS.parent / "specs").rglob("*.yaml"))


@cache
def validator(name: SchemaName) -> Draft202012Validator:
    return Draft202012Validator(schema(name))


def plain(node: Node) -> object:
    """A node as an editor's YAML 1.2 reader sees it."""
    if isinstance(node, Scalar):
        value = literal(node.text) if node.plain else None
        if node.is_null or value is None:
            return None if node.is_null else node.text
        return float(value) if isinstance(value, Fraction) else value
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {key.text: plain(value) for key, value in node.entries}


def as_editors_read(text: str) -> object:
    """A spec as plain data."""
    return plain(read(Source("<text>", text)))


def complaints(text: str) -> list[tuple[str, str]]:
    """Where the schema of specs finds fault, and with what."""
    errors = validator("spec").iter_errors(as_editors_read(text))
    return sorted((json_path(error.absolute_path), error.message) for error in errors)


def json_path(parts: Iterable[str | int]) -> str:
    """As `$.layers[0].conv`; names that are no words are quoted, which older jsonschema does not do."""
    return "$" + "".join(
        f"[{part}]" if isinstance(part, int) else f".{part}" if part.isidentifier() else f"['{part}']"
        for part in parts
    )


def places(*layers: str, head: str = "") -> list[str]:
    """Where it finds fault with a list of layers."""
    lines = "".join(f"  - {layer}\n" for layer in layers)
    found = complaints(f"cnncalc: 1\ninput: [3, 32, 32]\n{head}layers:\n{lines}")
    return [path for path, _ in found]
