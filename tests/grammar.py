"""Valid specs at random: every kind of layer, in blocks, branches and repeats, with expressions.

A layer is kept if the network can still be built with it, so the grammar needs no rules about sizes.
"""

from collections.abc import Iterator
from random import Random

import cnncalc
from cnncalc.layers import KINDS, Layer, Merge, example_of
from cnncalc.problems import SpecError

RUNNABLE = tuple(kind for kind in KINDS if not kind.is_declared)
"""The kinds whose values can be computed."""

INPUTS = ("[3, 16, 12]", "[8, 9]", "[2, 6, 7, 5]", "[4, 8, 8]", "[12]", "16x16x16", "[6, 32, 32]")
WORDS = {
    "kernel": ("1", "2", "3", "k", "[3, 1]", "k if first else 1"),
    "stride": ("1", "2", "s", "[2, 1]", "2 if last else 1"),
    "padding": ("0", "1", "same", "half", "k // 2", "[1, 0]", "[[0, 1], [1, 0]]", "causal", "valid"),
    "dilation": ("1", "2", "d"),
    "groups": ("1", "2", "prev.channels"),
    "bias": ("true", "false"),
    "fit": ("floor", "ceil"),
    "mode": ("nearest", "bilinear", "reflect", "replicate", "circular"),
}
"""Values of options that many kinds have."""
AROUND = (
    "repeat: 2",
    "repeat: n",
    "when: true",
    "when: k > 5",
    "freeze: true",
    "act: relu",
    "norm: batchnorm, act: gelu",
    "note: 'a note'",
    "norm: {groupnorm: 1}",
)
BLOCKS = """
  unit:
    params: [w, stride=1, act=relu]
    layers:
      - {conv: w, kernel: k, stride: stride, padding: same, act: $act}
      - {batchnorm: , name: bn}
  residual:
    layers:
      - add: {main: [{use: unit, w: input.channels}, {conv: prev.channels, kernel: 1}], skip: []}
  pair:
    inputs: [other]
    layers: [{concat: [input, other]}, {conv: 4, kernel: 1}]
"""
HEAD = "cnncalc: 1\nname: {name}\ninput: {input}\n"
VARIABLES = "vars: {k: 3, n: 2, s: 2, d: 1, w: 2 * k, half: w / 2}\n"


def spec_text(seed: int) -> str:
    """A valid spec; each seed tries another few kinds."""
    rng = Random(seed)
    head = HEAD.format(name=f"random {seed}", input=rng.choice(INPUTS)) + VARIABLES
    head += rng.choice(("", "defaults: {conv: {norm: batchnorm}}\n", "freeze: ['*1']\n"))
    head += f"blocks:{BLOCKS}layers:\n"
    wanted = [RUNNABLE[(4 * seed + each) % len(RUNNABLE)] for each in range(4)]
    kept = ["  - identity"]
    for line in _lines(rng, wanted):
        try:
            cnncalc.load(f"{head}{chr(10).join([*kept, line])}\n", max_layers=500)
        except SpecError:
            continue
        kept.append(line)
    return f"{head}{chr(10).join(kept)}\n"


def _lines(rng: Random, wanted: list[type[Layer]]) -> Iterator[str]:
    """Lines that may be valid where they stand."""
    for kind in wanted:
        yield f"  - {{{_layer(rng, kind)}}}"
        yield f"  - {example_of(kind).line}"
        yield f"  - {{{_layer(rng, kind)}}}"
        yield f"  - {_compound(rng)}"


def _layer(rng: Random, kind: type[Layer]) -> str:
    """A kind with random options, and something around it."""
    if issubclass(kind, Merge):
        return f"{kind.kind}: {_joined(rng)}"
    example = example_of(kind).line
    parts = [example.strip("{}") if ":" in example else f"{example}: "]
    given = {part.partition(":")[0].strip() for part in parts[0].split(",")}
    options = [name for name in kind.__struct_fields__ if name in WORDS and name not in given]
    chosen = rng.sample(options, min(len(options), rng.randint(0, 3)))
    parts += [f"{name}: {rng.choice(WORDS[name])}" for name in chosen]
    if rng.random() < 0.4:
        parts.append(rng.choice(AROUND))
    return ", ".join(parts)


def _joined(rng: Random) -> str:
    return rng.choice(("[input, prev]", "[prev, prev]", "{a: [relu], b: []}", "{only: [sigmoid]}"))


def _compound(rng: Random) -> str:
    """A block, a merge of branches, a reference or a built-in block."""
    return rng.choice(
        (
            "{use: residual, name: res, repeat: n}",
            f"{{use: unit, w: {rng.randint(1, 6)}, stride: {rng.randint(1, 2)}}}",
            "{use: pair, other: input}",
            "{add: {main: [{conv: prev.channels, kernel: 3, padding: same}]}}",
            "{concat: {one: [{conv: 2, kernel: 1}], two: [{use: unit, w: 3}], three: []}}",
            '{concat: ["res.*.add"]}',
            "{squeeze_excite: 2}",
            "{conv: 3, kernel: 1, padding: 1, stride: 2}",
            "{crop: 1}",
            "{conv: 4, kernel: 3, padding: same, share: conv1}",
            "{conv_transpose: 2, kernel: 3, stride: 2}",
            "{add: {deep: [{add: {deeper: [{use: residual}], other: []}}], side: []}}",
        )
    )
