"""Built-in blocks, written as a spec; every spec can use them like a kind of layer."""

from functools import cache

from cnncalc.problems import Findings, Source
from cnncalc.spec.document import Block, blocks_of
from cnncalc.spec.reader import read

TEXT = """
squeeze_excite:
  params: [reduced, act=relu, gate=sigmoid]
  layers:
    - mul:
        map: []
        gate:
          - global_avgpool
          - {conv: reduced, kernel: 1, stride: 1, padding: 0, dilation: 1, groups: 1, bias: true, norm: none,
             act: $act, name: squeeze}
          - {conv: input.channels, kernel: 1, stride: 1, padding: 0, dilation: 1, groups: 1, bias: true,
             norm: none, act: $gate, name: excite}
"""
"""Hu, Shen & Sun 2017, arXiv:1709.01507: scales each channel by a gate computed from the whole map."""


@cache
def builtin_blocks() -> dict[str, Block]:
    """The blocks by name."""
    findings = Findings()
    blocks = blocks_of(read(Source("<builtin>", TEXT)), findings)
    assert not findings.has_errors
    return blocks
