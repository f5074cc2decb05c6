"""Blocks and variables that a spec defines but never uses."""

import re
from collections.abc import Iterator

from cnncalc.checks.rules.base import NetworkView, Rule, Violation

COMMENT = re.compile(r"(^|\s)#.*", re.MULTILINE)

BLOCK = """A block is never used.

It adds no layers to the network. Most often a `use:` names the wrong block, or the block is left over from
an earlier version.
"""

VARIABLE = """A variable in `vars` is never used.

Overriding it with `--set` has no effect. Most often a layer has the number written out instead of the
variable.
"""


def _is_used(name: str, network: NetworkView) -> bool:
    """Whether a name occurs anywhere except in its definition and in comments."""
    text = COMMENT.sub("", network.document.source.text)
    return len(re.findall(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text)) > 1


def find_blocks(network: NetworkView) -> Iterator[Violation]:
    for name, block in network.document.blocks.items():
        if not _is_used(name, network):
            yield Violation(
                f"unused block '{name}'", block.name.place, hint=f"remove it, or use it: `- use: {name}`"
            )


def find_variables(network: NetworkView) -> Iterator[Violation]:
    for name, value in network.document.variables.items():
        if not _is_used(name, network):
            yield Violation(f"unused variable '{name}'", value.place, hint="remove it, or use it")


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
    fixed="""
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
    fixed="""
cnncalc: 1
input: [3, 32, 32]
vars: {width: 16}
layers:
  - {conv: width, kernel: 3}
""",
)
