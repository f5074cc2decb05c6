"""Documentation of the errors and notes about the wording of a spec."""

from cnncalc.problems import Level

WORDING = {
    "unreadable": """The file cannot be read as text.

    It does not exist, is a folder, is too large, has no read permission, or is not UTF-8 text. The exit
    code is 2.""",
    "fault": """An internal error of cnncalc prevented the check of a spec.

    Please report it with the spec. The other specs are checked. The exit code is 3.""",
    "killed": """The process that checked a spec was killed, or there was not enough memory.

    The other specs are checked. The exit code is 2. Check the spec alone, or with `--jobs 1`.""",
    "yaml": """The file is not valid YAML.

    Most often a bracket, brace or quote is not closed, a comma is missing between two entries, or the
    indentation is wrong. The message points at the opening bracket or quote if it is known, otherwise at
    the place where the parser stopped.""",
    "tab": """A tab is in the indentation.

    YAML allows only spaces. Most editors can insert spaces for the tab key in YAML files.""",
    "tag": """A value has a YAML tag such as `!!python/tuple` or `!mine`.

    Tags are not allowed in a spec: remove them. Write a list for a tuple.""",
    "alias": """A YAML alias `*name` has no anchor above it, or refers to itself.""",
    "key": """A key of a mapping is not a word but a list or a mapping.""",
    "duplicate-key": """A mapping has a duplicate key.

    Many YAML parsers silently use the last one, so that the first has no effect. Keep one of them.""",
    "merge-key": """YAML merge keys `<<` are not supported.

    Use `defaults` for options of all layers of a kind, or a block with parameters for repeated layers.""",
    "several-documents": """The file contains more than one YAML document.

    Write each spec in a separate file.""",
    "empty": """The spec is empty, or contains only comments.""",
    "not-a-spec": """The file is valid YAML, but not a mapping of sections.

    A spec starts with `cnncalc: 1`, followed by `input:` and `layers:`.""",
    "no-version": """The line `cnncalc: 1` is missing.

    It marks the file as a spec and gives the version of the format.""",
    "version": """This version of cnncalc does not support the format version of the spec.""",
    "no-input": """The section `input` is missing.

    It is the input shape: `input: {channels: 3, height: 224, width: 224}`, or for short
    `input: [3, 224, 224]`.""",
    "no-layers": """The list of layers is missing or empty.

    A spec and each block must have a section `layers`, a list with one layer per item. As a warning: all
    layers are skipped by their `when:`.""",
    "not-a-list": """A list was expected.

    `layers` is a list in which each item starts with `- `; `freeze`, `params` and `inputs` are lists of
    words.""",
    "not-a-mapping": """A section must be a mapping of `key: value`.""",
    "model-name": """The `model` of a spec is not the name of a PyTorch model.

    Write `model: package.module:Net`, or a call such as `model: package.module:Net(classes=10)`. The list of
    layers is `layers`.""",
    "not-text": """A section such as `name` or `source` must be text, not a list or a mapping.""",
    "layout": """`layout` must be chw (channels first) or hwc (channels last).""",
    "dialect": """`dialect` must be cnncalc, pytorch, keras, caffe or onnx.

    It says whose rules named paddings, sizes of transposed convolutions, rounding and defaults follow.""",
    "not-exported": """A layer cannot be written in PyTorch.

    PyTorch has no such layer, or not with these options; the message says which.""",
    "declared-layer": """A `custom` layer cannot be run or verified.

    The spec declares its numbers, not what it computes. `show` and `explain` work; what needs values, such as
    `run`, `verify` and `gradients`, does not.""",
    "unknown-section": """A spec or a block has no section with this name.

    Most often it is a typo; the message suggests a similar name.""",
    "bad-input": """The input is not a valid shape.

    A shape has channels and up to three axes, each a whole number of at least 1: `[3, 224, 224]`,
    `3x224x224` or `{channels: 3, height: 224, width: 224}`, without the batch size.""",
    "bad-name": """A name is not valid.

    Names consist of letters, digits, `_` and `-`, and start with a letter or `_`. The words prev, input,
    entry, i, first and last are reserved.""",
    "duplicate-name": """Two layers in one list have the same name.""",
    "unknown-kind": """There is no kind of layer with this name.

    `cnncalc kinds` lists all kinds; the names in PyTorch and Keras also work. Use a block with
    `- use: name`.""",
    "unknown-option": """The kind has no option with this name.

    `cnncalc kinds KIND` lists its options; the names in PyTorch and Keras also work.""",
    "missing-option": """A required option of a layer is missing, such as the kernel of a convolution.""",
    "given-twice": """An option is given twice, perhaps under two names.""",
    "two-operations": """One item in a list of layers contains two layers.

    Write each layer as a separate item that starts with `- `. Only `norm:` and `act:` can be options of
    another layer.""",
    "no-operation": """An item in a list of layers has no kind of layer.""",
    "not-a-layer": """An argument of `cnncalc calc` is not a layer.

    Write layers as in a spec: `conv: 96, kernel: 11, stride: 4`, or `relu`.""",
    "not-understood": """A word in a layer that was typed in code or in plain English is not understood.

    The message points at it. Layers can be lines of a spec (`conv: 64, kernel: 3`), calls
    (`Conv2d(3, 64, 3)`), course notation (`k 3 s 2 p 1`) or words (`64 filters of 3x3, stride 2`).""",
    "two-readings": """A notation such as `CONV5-10` leaves the padding to the text around it.

    Choose with `--assume valid` (no padding) or `--assume same` (padding that keeps the size).""",
    "unknown-size": """A size of the input is `?`, and the numbers that are asked for depend on it.""",
    "unnamed-options": """Several numbers stand where a kind takes one, as in `conv: 96, 11, 4`.

    Name the others: `{conv: 96, kernel: 11, stride: 4}`.""",
    "bad-unknown": """A `?` is in a place that `cnncalc solve` does not support.

    Write `?` for the value of a layer's option: `{conv: 64, kernel: ?}`.""",
    "no-main": """The kind takes no value, so `relu: 64` is an error.""",
    "no-space": """The space after a colon is missing: YAML reads `conv:64` as one word.""",
    "unquoted-comma": """Inside braces a comma ends a value, so `max(8, 16)` is cut off.

    Quote values that contain a comma: `{conv: "max(8, 16)"}`.""",
    "empty-item": """An item in a list of layers is empty.""",
    "nested-list": """A list of layers contains a list.

    Write branches inside a merge: `add: {main: [...], skip: []}`.""",
    "bad-merge": """A merge has no branches and no names of tensors.

    Branches are a mapping of lists of layers, `add: {main: [...], skip: []}`; tensors are a list of names,
    `add: [input, prev]`.""",
    "bad-use": """`use:` expects the name of a block.""",
    "unclear-source": """An item that may be left out does not say what follows it reads.

    The item has a `from:` that names another tensor than the item before it. If `when:` or `repeat: 0` leaves
    it out, what follows could continue from either:

    - `otherwise: pass` continues from the tensor that the item would read
    - `otherwise: drop` continues from the item before it, as if this one were not written
    - `aside: true` continues from the item before it in any case: only its name reads the item

    The error does not depend on the value of the condition.""",
    "bad-otherwise": """`otherwise:` is not pass or drop, or nothing can leave the item out.""",
    "bad-aside": """`aside:` is not true or false.""",
    "bad-param": """The name of a block's parameter is not valid.

    Write parameters like a signature: `params: [width, stride=1]`.""",
    "bad-claim": """A value under `expect` is not a number, size or shape.""",
    "bad-limit": """A value under `budget` is not a valid limit.

    A limit is a number, or a mapping of `max`, `min` and `warn`: `params: {max: 26M, warn: 25M}`. For
    memory use bytes: `4MB`, `16MiB`. Also reported: negative limits, a `min` greater than the `max`, and a
    `warn` that has no effect.""",
    "unknown-quantity": """There is no quantity with this name, or not for single layers.""",
    "bad-points": """The points of a question in a key must be a number of at least 0.

    For example `conv1.output: {points: 2}`.""",
    "bad-credit": """The credit for a mistake in a key must be a number from 0 to 1.

    For example `credit: {forgot-bias: 0.5}`.""",
    "unknown-question": """A question in a key names an unknown layer or quantity.

    A question is the name of a layer or block and a quantity: `conv1.params`, or `total.macs`.""",
    "reading": """Part of a student's sheet can be read in several ways, or not at all.

    The message says how it was read. The right answers decide nothing.""",
    "variant": """A sheet is for another network or variant than the one used for grading.

    A sheet names its variant in its heading, or in the column `variant` of CSV, and is graded by it. It
    is not graded if that contradicts `--seed` or the spec, or if its answers fit another variant.""",
    "questions": """Some answers of a class are to questions that most sheets do not have.

    Without a key, the questions of a class are those that at least half of the sheets have. A `--key` sets
    them for all students.""",
    "students": """A sheet is from nobody in the list of the class, or the second one of a student.

    A student is found by name in any order, by number, login or address. `--students` names the list.""",
    "missing": """A student in the list of the class handed in no sheet.""",
    "credit": """No answer has the mistake that `--credit` names; the name may be misspelled.

    The class table and the column `mistakes` of CSV show the names of mistakes.""",
    "roster": """A list of students has no students, or too many.

    Write one name per line, or a CSV file with a column `student` or `name`, or with `first_name` and
    `last_name`.""",
}

LEVELS: dict[str, Level] = dict.fromkeys(("reading", "questions", "students", "credit"), "warning")
"""The level of the codes above that are no errors."""

NOTES = {
    "read-as": """How `cnncalc calc` has read a layer, as the line of a spec.""",
    "layout-read": """The input is written as `227x227x3`, without a layout: it is read as channels last.

    Two equal sizes are height and width, and 1, 3 or 4 is the number of colours. Shapes are then read and
    printed with channels last. Add `layout: hwc` to say so, or write `[3, 227, 227]`.""",
}
