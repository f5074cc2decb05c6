"""Rules that the analysis itself reports: documented here, implemented in `cnncalc/analysis`."""

from cnncalc.checks.rules.base import Rule

DOES_NOT_FIT = """The stride does not divide evenly.

The windows do not cover the whole input: (7 − 3)/2 + 1 is a whole number, (8 − 3)/2 + 1 is not, and no
window reads the last row and column. The default `fit: floor` drops them, like PyTorch; `fit: ceil` adds a
window that extends past the border; `fit: exact` makes it an error. This is only a note because nearly
every published network has such layers.
"""

OUTGROWS = """The receptive field becomes larger than the input.

From this layer on, the receptive field of units in the middle of the map includes the whole input and
padding. That is not a mistake: the last stage of ResNet-50 has a receptive field of 427 pixels for an input
of 224. `cnncalc field` shows the part of the input that a unit reads; the rule unproductive-layers reports
layers that cannot use more of the input.
"""

MISALIGNED = """The branches of a merge are misaligned.

The centres of their receptive fields differ: values that are added or concatenated come from places some
pixels apart. Most often one branch pads only one side, or has an even kernel or another stride (Araujo,
Norris & Sim, Distill 2019).
"""

CHANNELS_LAST = """The input looks like an image with channels last.

`input: [227, 227, 3]` is read as 227 channels of 227×3, because shapes are channels first unless the spec
has `layout: hwc` at the top. Nothing fails, but all numbers are those of another network.
"""

OTHER_DIALECT = """A layer has a library's own name, but not that library's meaning.

Names such as `Conv2DTranspose` stand for cnncalc's kinds, and its rules apply to what is left open. This
reports where the library with that name has another size, padding or count: Keras' `same` with an output
padding and its `valid` with a stride above the kernel size give other sizes, and PyTorch has no `same` with a
stride above 1. Write `dialect: keras` or `dialect: pytorch` at the top of the spec, or cnncalc's name of the
kind. `cnncalc dialects` compares a whole network.
"""

NOT_FOLLOWED = """The receptive field is too complex to compute.

After many transposed convolutions, resizing layers and different strides, the receptive fields of
neighbouring units differ in ever longer patterns. cnncalc computes them up to a limit; beyond it the
receptive field is reported as `unknown` instead of a guess. After a `permute` that exchanges channels and
positions it is unknown, too: a unit then reads one position of every channel, or the reverse. Nor is it known
after a `custom` layer, whose spec does not say what it reads.
"""

DECLARED = """The numbers of a layer are declared in the spec.

A `custom` layer has the output, parameters and MACs that the spec says; cnncalc cannot check them. Totals
say how much of them is declared. Use the layer's own kind if there is one, or the layers that it consists of.
"""

UNALIGNED = (
    "{add: {long: [{conv: 16, kernel: 2, padding: [[0, 1], [0, 1]]}], short: [{conv: 16, kernel: 1}]}}"
)
ALIGNED = "{add: {long: [{conv: 16, kernel: 3, padding: 1}], short: [{conv: 16, kernel: 1}]}}"
STEM = "layers:\n  - {conv: 96, kernel: 11, stride: 4, padding: 5}\n"
SMALL = "input: [3, 32, 32]\nlayers:\n  - "
HEAD = "\ncnncalc: 1\ninput: [3, 32, 32]\nlayers:\n"

BATCH_AXIS = """The input looks like an image with a batch axis.

Shapes have no batch axis, so `[1, 3, 224, 224]` is a volume with one channel. Omit the first number. For a
volume that is meant, write `{channels: 1, depth: 3, height: 224, width: 224}`.
"""

BRANCH_INPUT = """A branch begins with `from: input`, which has no effect.

Inside a branch, `input` is what entered the branch, which its first layer reads anyway. `entry` is what
entered the block, or the network.
"""

VARIES = """The receptive field has no single size.

In attention with windows, every unit of a window reads the whole window: those at its edge see far to one
side only, and units of the layers after it read one window or several. The size in the table is the largest
of any unit; `cnncalc field spec.yaml LAYER --unit 3,5` gives the box of one.
"""

WINDOWED = "\ncnncalc: 1\ninput: [4, 32, 32]\nlayers:\n"

COUNTING = (
    Rule(
        code="does-not-fit",
        level="note",
        text=DOES_NOT_FIT,
        find=None,
        example=f"{HEAD}  - {{conv: 16, kernel: 3, stride: 2}}\n",
        fixed=f"{HEAD}  - {{conv: 16, kernel: 3, stride: 2, padding: [[0, 1], [0, 1]]}}\n",
    ),
    Rule(
        code="field-outgrows-input",
        level="note",
        text=OUTGROWS,
        find=None,
        example=f"{HEAD}  - {{conv: 16, kernel: 3, padding: 1, repeat: 16}}\n",
        fixed=f"{HEAD}  - {{conv: 16, kernel: 3, padding: 1, repeat: 15}}\n",
    ),
    Rule(
        code="misaligned",
        level="note",
        text=MISALIGNED,
        find=None,
        example=f"{HEAD}  - {UNALIGNED}\n",
        fixed=f"{HEAD}  - {ALIGNED}\n",
    ),
    Rule(
        code="unused-input",
        level="warning",
        text="""No output depends on an input.

Most often a `from:` or the list of a merge names the wrong tensor. Read the input by its name, or remove it
from `inputs`.
""",
        find=None,
        example="""
cnncalc: 1
inputs: {image: [3, 32, 32], mask: [1, 32, 32]}
layers:
  - {conv: 8, kernel: 3, from: image}
""",
        fixed="""
cnncalc: 1
inputs: {image: [3, 32, 32], mask: [1, 32, 32]}
layers:
  - {concat: [image, mask]}
  - {conv: 8, kernel: 3}
""",
    ),
    Rule(
        code="channels-last",
        level="warning",
        text=CHANNELS_LAST,
        find=None,
        example=f"\ncnncalc: 1\ninput: [227, 227, 3]\n{STEM}",
        fixed=f"\ncnncalc: 1\nlayout: hwc\ninput: [227, 227, 3]\n{STEM}",
    ),
    Rule(
        code="batch-axis",
        level="warning",
        text=BATCH_AXIS,
        find=None,
        example=f"\ncnncalc: 1\ninput: [1, 3, 227, 227]\n{STEM}",
        fixed=f"\ncnncalc: 1\ninput: [3, 227, 227]\n{STEM}",
    ),
    Rule(
        code="branch-input",
        level="warning",
        text=BRANCH_INPUT,
        find=None,
        example=f"{HEAD}  - relu\n  - add: {{main: [relu], skip: [{{relu: , from: input}}]}}\n",
        fixed=f"{HEAD}  - relu\n  - add: {{main: [relu], skip: [{{relu: , from: entry}}]}}\n",
    ),
    Rule(
        code="other-dialect",
        level="warning",
        text=OTHER_DIALECT,
        find=None,
        example=f"{HEAD}  - {{Conv2DTranspose: 8, kernel_size: 2, strides: 3, padding: valid}}\n",
        fixed=f"\ncnncalc: 1\ndialect: keras\n{SMALL}{{Conv2DTranspose: 8, kernel_size: 2, strides: 3}}\n",
    ),
    Rule(
        code="field-varies",
        level="note",
        text=VARIES,
        find=None,
        example=f"{WINDOWED}  - {{attention: 1, window: 8}}\n",
        fixed=f"{WINDOWED}  - {{attention: 1}}\n",
    ),
    Rule(
        code="declared",
        level="note",
        text=DECLARED,
        find=None,
        example=f"{HEAD}  - {{custom: [8, 32, 32], params: 224, macs: 221184}}\n",
        fixed=f"{HEAD}  - {{conv: 8, kernel: 3, padding: 1}}\n",
    ),
    Rule(
        code="field-not-followed",
        level="note",
        text=NOT_FOLLOWED,
        find=None,
        example="",
    ),
)
