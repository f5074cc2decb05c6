"""What each error about the wording of a spec means, and what to do: documentation only."""

WORDING = {
    "unreadable": """The file could not be read as text.

    It is missing, a folder, too large, not readable for this user, or its bytes are not UTF-8 text. The
    exit code is 2, as nothing can be said about the network.""",
    "yaml": """The file is not YAML.

    Most often a bracket, a brace or a quote is not closed, a comma is missing between two entries, or a
    line is indented otherwise than its neighbours. The place is where the reader noticed; where it was
    opened is named when that is known.""",
    "tab": """A tab stands in the indentation.

    YAML takes spaces only. Most editors can be told to write spaces for the tab key in YAML files.""",
    "tag": """A YAML tag such as `!!python/tuple` or `!mine` stands before a value.

    Tags have no meaning in a spec: leave them out. A list says what a tuple would.""",
    "alias": """A YAML alias `*name` names no anchor above it, or stands inside what it names.""",
    "key": """A key of a mapping is itself a list or a mapping; keys of a spec are words.""",
    "duplicate-key": """A key stands twice in one mapping.

    YAML readers take the last one silently, so that a line above has no effect. Keep one of them.""",
    "merge-key": """YAML's merge key `<<` is not read.

    `defaults` gives options to all layers of a kind, and a block with parameters says several layers
    once: both say in words what is meant.""",
    "several-documents": """A line `---` begins a second YAML document.

    A spec is one document in a file of its own.""",
    "empty": """The spec is empty, or has nothing but comments.""",
    "not-a-spec": """The file is YAML, but no mapping of sections.

    A spec begins with `cnncalc: 1`, then come `input:` and `layers:`.""",
    "no-version": """The line `cnncalc: 1` is missing.

    It marks the file as a spec and names the version of the format, so that later versions can tell.""",
    "version": """The spec is written in another version of the format than this cnncalc reads.""",
    "no-input": """The section `input` is missing.

    It gives the shape that enters: `input: {channels: 3, height: 224, width: 224}`, or for short
    `input: [3, 224, 224]`.""",
    "no-layers": """There is no list of layers, or nothing is in it.

    A spec and each block has a section `layers`, a list with one layer to each item. As a warning: every
    layer of the network is left out by its `when:`.""",
    "not-a-list": """A list stands for something else, or something else for a list.

    Layers are a list, each beginning with `- `; `freeze`, `params` and `inputs` are lists of words.""",
    "not-a-mapping": """A section that takes `key: value` has something else.""",
    "not-text": """A section that takes text, as `name` and `source`, has a list or a mapping.""",
    "layout": """`layout` is neither chw (channels first) nor hwc (channels last).""",
    "unknown-section": """A spec or a block has no section of this name.

    Most often it is misspelt; the message says which one is near.""",
    "bad-input": """The input is no shape.

    It has the channels and one to three axes, each a whole number from 1 up: `[3, 224, 224]`, `3x224x224`
    or `{channels: 3, height: 224, width: 224}`. The batch stays out of it.""",
    "bad-name": """This cannot be a name.

    Names have letters, digits, `_` and `-`, begin with a letter, and are none of the words that mean
    something else there: prev, input, i, first, last.""",
    "duplicate-name": """Two layers of one list have the same name.""",
    "unknown-kind": """There is no kind of layer of this name.

    `cnncalc kinds` lists them; the names of PyTorch and Keras are understood, too. A block is used by
    `- use: name`.""",
    "unknown-option": """The kind has no option of this name.

    `cnncalc kinds KIND` lists its options; those of PyTorch and Keras are understood, too.""",
    "missing-option": """A layer lacks an option that has no default, such as a convolution's kernel.""",
    "given-twice": """The same option is given twice, perhaps under two names that mean the same.""",
    "two-operations": """One item of a list of layers holds two operations.

    Each layer is an item of its own, beginning with `- `. Only `norm:` and `act:` may stand beside one.""",
    "no-operation": """An item of a list of layers does not say what kind of layer it is.""",
    "not-a-layer": """What `cnncalc calc` is given is no line of a spec.

    It takes one layer as a spec writes it: `conv: 96, kernel: 11, stride: 4`, or `relu`.""",
    "bad-unknown": """A `?` stands where `cnncalc solve` can find no number.

    It stands for the value of an option of a layer: `{conv: 64, kernel: ?}`.""",
    "no-main": """The kind takes no value of its own, as in `batchnorm: 64`.""",
    "no-space": """The space after a colon is missing: `conv:64` is one word to YAML.""",
    "unquoted-comma": """In braces a comma ends a value, so that `max(8, 16)` is cut off.

    Put what has a comma in quotes: `{conv: "max(8, 16)"}`.""",
    "empty-item": """An item of a list of layers is empty.""",
    "nested-list": """A list stands inside a list of layers.

    Branches stand inside a merge: `add: {main: [...], skip: []}`.""",
    "bad-merge": """A merge has neither branches nor the names of tensors.

    Branches are a mapping of lists of layers, `add: {main: [...], skip: []}`; tensors a list of names,
    `add: [input, prev]`.""",
    "bad-use": """`use:` does not name a block.""",
    "bad-param": """This cannot be a parameter of a block.

    Parameters read like a signature: `params: [width, stride=1]`.""",
    "bad-claim": """What `expect` says of a quantity is no number, size or shape.""",
    "bad-limit": """What `budget` says of a quantity is no limit.

    A limit is a number, or a mapping of `max`, `min` and `warn`: `params: {max: 26M, warn: 25M}`.
    Memory takes bytes: `4MB`, `16MiB`. A `min` over the `max`, a `warn` where it fails already, and a
    limit below 0, hold or protect nothing.""",
    "unknown-quantity": """Nothing is counted under this name, or not of single layers.""",
    "bad-points": """The points of a question in a key are no number from 0 up.

    As in `conv1.output: {points: 2}`.""",
    "unknown-question": """A key asks for what the network does not have, or what is not counted.

    A question is a layer's or block's name and a quantity, `conv1.params`, or `total.macs`.""",
    "variant": """The heading of a sheet says another variant than the network that it is graded by.

    `grade` takes the seed that the sheet was drawn with, `--seed 7`.""",
}
