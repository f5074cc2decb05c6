"""A block or a variable that the spec defines and never uses."""

import re
from collections.abc import Iterator

from cnncalc.checks.rules.base import NetworkView, Rule, Violation

COMMENT = re.compile(r"(^|\s)#.*", re.MULTILINE)

BLOCK = """A block that no layer uses.

It is read and checked as far as that goes without its parameters, and stands for no layer of the
network. Most often a `use:` names another block than was meant, or the block is left from an earlier
version.
"""

VARIABLE = """A variable under `vars` that nothing depends on.

Setting it with `--set` changes nothing, though its being there says that it would. Most often the number
stands written out where the variable was meant.
"""


def _is_used(name: str, network: NetworkView) -> bool:
    """Whether a name stands anywhere but where it is defined; comments do not count."""
    text = COMMENT.sub("", network.document.source.text)
    return len(re.findall(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text)) > 1


def find_blocks(network: NetworkView) -> Iterator[Violation]:
    for name, block in network.document.blocks.items():
        if not _is_used(name, network):
            yield Violation(
                f"no layer uses the block '{name}'", block.name.place, hint=f"as in `- use: {name}`"
            )


def find_variables(network: NetworkView) -> Iterator[Violation]:
    for name, value in network.document.variables.items():
        if not _is_used(name, network):
            yield Violation(
                f"nothing depends on the variable '{name}'", value.place, hint="take it out, or use it"
            )


UNUSED_BLOCK = Rule(
    code="unused-block",
    level="warning",
    text=BLOCK,
    find=find_blocks,
    example="""
cnncalc: 1
input: [3, 32, 32]
blocks:
  double: {layers: [{conv: 16, kernel: 3, repeat: 2}]}
layers:
  - {conv: 16, kernel: 3}
""",
    mended="""
cnncalc: 1
input: [3, 32, 32]
blocks:
  double: {layers: [{conv: 16, kernel: 3, repeat: 2}]}
layers:
  - use: double
""",
)

UNUSED_VARIABLE = Rule(
    code="unused-variable",
    level="warning",
    text=VARIABLE,
    find=find_variables,
    example="""
cnncalc: 1
input: [3, 32, 32]
vars: {width: 16}
layers:
  - {conv: 16, kernel: 3}
""",
    mended="""
cnncalc: 1
input: [3, 32, 32]
vars: {width: 16}
layers:
  - {conv: width, kernel: 3}
""",
)
