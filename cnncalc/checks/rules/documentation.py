"""The documentation of every code: rules, expected values, budgets and errors."""

from inspect import cleandoc

from cnncalc.checks.rules import RULES, Rule
from cnncalc.checks.rules.building import BUILDING
from cnncalc.checks.rules.wording import LEVELS, NOTES, WORDING

HEAD = "\ncnncalc: 1\ninput: [3, 8, 8]\nlayers:\n  - {conv: 4, kernel: 3}\n"

EXPECTATION = """An expected value does not match.

A value under `expect`, in the spec or in a file given with `--expect`, differs from the computed one. Whole
numbers must match exactly, `25.6M` to the digits shown, receptive fields and outputs for each axis.
Expected values are for the network as written: they are skipped with `--set` or `--input`.
"""

BUDGET = """A budget is not met, or its warning level is exceeded.

Budgets are under `budget` in the spec, in a file given with `--expect`, in the project's `cnncalc.toml`, or
on the command line (`--max params=5M`); all of them apply. A value beyond `max` or `min` is an error, beyond
`warn` a warning.

A name means that layer, or the sum of that block. A pattern means each match separately: `stage4.*` each
block of stage 4, `**.conv1` every layer named conv1 at any depth, `**` every layer.
"""

UNMATCHED = """A budget or expected value from outside the specs matches nothing.

A budget in `cnncalc.toml` or in a file given with `--expect` names a layer that does not exist, most often
because of a typo or because the layer was renamed.

With `match`, each selected spec must have a layer with that name; without `match`, and for a pattern, at
least one spec must have it. A `match` in `cnncalc.toml` without specs is reported only if the whole folder
is checked; a file of expected values is reported if none of its entries matches a spec. With
`--skip-foreign`, which hooks use, only named layers are reported, because not all files are checked.
"""

UNKNOWN_RULE = """A comment ignores an unknown rule.

`# cnncalc: ignore[CODE]` takes codes of rules, separated by commas; `cnncalc rule` lists them. Expected
values and budgets cannot be suppressed with a comment.
"""

CONFIGURATION = """The project's configuration, or a file of expected values, is not valid.

`cnncalc.toml`, or `[tool.cnncalc]` in pyproject.toml, may have `include`, `exclude`, `strict`, `select`,
`ignore`, `batch`, `dtype`, `optimizer` and any number of `[[budgets]]`. A budget has `match`, a list of file
names or patterns, and limits as in a spec's `budget`. The configuration nearest to a spec applies.

A file for `--expect` has `expect` and `budget` as in a spec, for all specs, and under `specs` the same by
file name or pattern. The exit code is 2.
"""

MODEL = """The spec and its PyTorch model differ.

`cnncalc check net.yaml --against package.module:Net` imports the PyTorch model, runs it on the spec's input
and aligns its layers with those of the spec, in order and by name. Kinds, options, inputs, frozen and shared
weights and output sizes must be equal. A `flatten` may be missing, and options may say the same in other
words. With `--against-models`, each spec is compared with the model that it names as `model`.
"""

MODEL_NOT_IMPORTED = """The spec names a PyTorch model, which was not imported.

Importing a model runs its code, so nothing in a file makes `check` do it. `--against-models` on the command
line imports the models that specs name, and compares each with its spec.
"""

IMPORT = """A PyTorch model cannot be imported as a spec.

There is no such model, it does not run on the input, or it has something that no kind of layer stands for.
The message names the operation, the module and the number of uses. `cnncalc guide models` says what can be
imported.
"""

CLAIMS = (
    Rule(
        code="expectation",
        level="error",
        text=EXPECTATION,
        find=None,
        example=f"{HEAD}expect: {{params: 108}}\n",
        fixed=f"{HEAD}expect: {{params: 112, layers: {{conv1: {{output: [4, 6, 6]}}}}}}\n",
    ),
    Rule(
        code="budget",
        level="error",
        text=BUDGET,
        find=None,
        example=f"{HEAD}budget: {{params: {{max: 100}}, memory.peak: 1KB}}\n",
        fixed=f"{HEAD}budget: {{params: {{max: 120, warn: 115}}, memory.peak: 2KB}}\n",
    ),
    Rule(code="unmatched", level="warning", text=UNMATCHED, find=None, example=""),
    Rule(
        code="unknown-rule",
        level="warning",
        text=UNKNOWN_RULE,
        find=None,
        example="",
    ),
    Rule(code="configuration", level="error", text=CONFIGURATION, find=None, example=""),
    Rule(code="model", level="error", text=MODEL, find=None, example=""),
    Rule(code="model-not-imported", level="note", text=MODEL_NOT_IMPORTED, find=None, example=""),
    Rule(code="import", level="error", text=IMPORT, find=None, example=""),
)

DOCUMENTED: dict[str, Rule] = {
    rule.code: rule
    for rule in (
        *CLAIMS,
        *RULES,
        *(
            Rule(code=code, level=LEVELS.get(code, "error"), text=cleandoc(text), find=None, example="")
            for code, text in (WORDING | BUILDING).items()
        ),
        *(
            Rule(code=code, level="note", text=cleandoc(text), find=None, example="")
            for code, text in NOTES.items()
        ),
    )
}
"""All codes with their documentation, as `cnncalc rule` prints it."""
