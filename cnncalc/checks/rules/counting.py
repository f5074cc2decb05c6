"""What the analysis itself finds while it counts: documented here, found in `cnncalc/analysis`."""

from cnncalc.checks.rules.base import Rule

DOES_NOT_FIT = """A stride leaves a rest.

The windows do not cover the input to its end: (7 − 3)/2 + 1 is whole, (8 − 3)/2 + 1 is not, and the last
row and column are read by no window. `fit: floor`, the default, drops them, as PyTorch does; `fit: ceil`
lets the last window reach out; `fit: exact` makes it an error. Nearly every published network has some,
so that this is a note.
"""

OUTGROWS = """The receptive field grows larger than the input.

From this layer on, units in the middle of the map see the whole input and padding around it. That is no
mistake (ResNet-50's last stage sees 427 of 224 pixels), but what the border shows of the input is less
and less; `cnncalc field` says what one unit really reads, and the rule unproductive-layers which layers
have nothing more to gain.
"""

MISALIGNED = """The branches that a merge joins look at different places.

The centres of their units' receptive fields do not coincide: values that stand side by side in the sum
or concatenation belong to places some pixels apart. Most often one branch pads on one side only, or has
an even kernel or a stride that the other does not have (Araujo, Norris & Sim, Distill 2019).
"""

CHANNELS_LAST = """The input is written like an image with the channels last.

`input: 227x227x3` is read as 227 channels of 227×3, since shapes are channels first unless `layout: hwc`
stands at the top. Nothing fails, and every number is of another network.
"""

NOT_FOLLOWED = """A receptive field can no longer be followed.

Where transposed convolutions, resizing and strides of many sorts follow one another, the fields of
neighbouring units differ over ever longer stretches. cnncalc follows them one by one up to a bound, and
says so where it stops rather than to guess: the field reads `unknown` from there on.
"""

UNALIGNED = (
    "{add: {long: [{conv: 16, kernel: 2, padding: [[0, 1], [0, 1]]}], short: [{conv: 16, kernel: 1}]}}"
)
ALIGNED = "{add: {long: [{conv: 16, kernel: 3, padding: 1}], short: [{conv: 16, kernel: 1}]}}"
STEM = "layers:\n  - {conv: 96, kernel: 11, stride: 4, padding: 5}\n"
HEAD = "\ncnncalc: 1\ninput: [3, 32, 32]\nlayers:\n"

COUNTING = (
    Rule(
        code="does-not-fit",
        level="note",
        text=DOES_NOT_FIT,
        find=None,
        example=f"{HEAD}  - {{conv: 16, kernel: 3, stride: 2}}\n",
        mended=f"{HEAD}  - {{conv: 16, kernel: 3, stride: 2, padding: [[0, 1], [0, 1]]}}\n",
    ),
    Rule(
        code="field-outgrows-input",
        level="note",
        text=OUTGROWS,
        find=None,
        example=f"{HEAD}  - {{conv: 16, kernel: 3, padding: 1, repeat: 16}}\n",
        mended=f"{HEAD}  - {{conv: 16, kernel: 3, padding: 1, repeat: 15}}\n",
    ),
    Rule(
        code="misaligned",
        level="note",
        text=MISALIGNED,
        find=None,
        example=f"{HEAD}  - {UNALIGNED}\n",
        mended=f"{HEAD}  - {ALIGNED}\n",
    ),
    Rule(
        code="channels-last",
        level="warning",
        text=CHANNELS_LAST,
        find=None,
        example=f"\ncnncalc: 1\ninput: 227x227x3\n{STEM}",
        mended=f"\ncnncalc: 1\nlayout: hwc\ninput: 227x227x3\n{STEM}",
    ),
    Rule(
        code="field-not-followed",
        level="note",
        text=NOT_FOLLOWED,
        find=None,
        example="",
    ),
)
