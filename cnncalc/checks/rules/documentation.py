"""The documentation of every code that cnncalc prints: rules, claims and limits, errors."""

from inspect import cleandoc

from cnncalc.checks.rules import RULES, Rule
from cnncalc.checks.rules.building import BUILDING
from cnncalc.checks.rules.wording import WORDING

HEAD = "\ncnncalc: 1\ninput: [3, 8, 8]\nlayers:\n  - {conv: 4, kernel: 3}\n"

EXPECTATION = """A claim does not hold.

Under `expect`, in a file given with `--expect`, something is claimed of the network or of a layer that
is counted otherwise. Whole numbers must agree exactly; `25.6M` to the digits shown; a receptive field and
an output along each axis. Claims speak of the network as written: with `--set` or `--input` they are not
looked at.
"""

BUDGET = """A limit is exceeded, or its warning level.

Limits stand under `budget` in the spec, in a file given with `--expect`, in the project's `cnncalc.toml`
or on the command line (`--max params=5M`); all of them hold. Beyond `max` or `min` is an error, beyond
`warn` a warning.

A limit on a plain name is about that layer, or about the sum of that block. A pattern is about each of
the things that it names: `stage4.*` the blocks of stage 4 one by one, `**.conv1` every layer called conv1
at any depth, `**` every single layer.
"""

IDLE_LIMIT = """A limit from outside the specs protects nothing.

A limit of `cnncalc.toml` or of a file given with `--expect` is about a layer that is not there, most often
because of a typo, or of a layer that was renamed since.

Where `match` picks the specs, each of them should have a layer that is named; without `match`, and for a
pattern, one of the specs that were checked must have it. A `match` in `cnncalc.toml` that means no spec is
told when the whole folder is checked, a file of claims when none of its entries is about a spec that is.
With `--skip-foreign`, as hooks call it, only some of the files are seen, and only what is named is told.
"""

UNKNOWN_RULE = """A comment is to silence a rule that there is not.

`# cnncalc: ignore[CODE]` takes the codes of rules, with commas between; `cnncalc rule` lists them. Claims
and limits cannot be silenced by a comment: they are not the author's to drop.
"""

CONFIGURATION = """The project's configuration, or a file of claims, is wrong.

`cnncalc.toml`, or `[tool.cnncalc]` of a pyproject.toml, has `include`, `exclude`, `strict`, `select`,
`ignore`, `batch`, `dtype`, `optimizer` and any number of `[[budgets]]`: each with `match`, file names or
patterns, and limits as under a spec's `budget`. The nearest one above a spec holds for it.

A file for `--expect` has `expect` and `budget`, as in a spec, for every spec that is checked, and under
`specs` the same for single ones by file name or pattern. The exit code is 2.
"""

CLAIMS = (
    Rule(
        code="expectation",
        level="error",
        text=EXPECTATION,
        find=None,
        example=f"{HEAD}expect: {{params: 108}}\n",
        mended=f"{HEAD}expect: {{params: 112, layers: {{conv1: {{output: [4, 6, 6]}}}}}}\n",
    ),
    Rule(
        code="budget",
        level="error",
        text=BUDGET,
        find=None,
        example=f"{HEAD}budget: {{params: {{max: 100}}, memory.peak: 1KB}}\n",
        mended=f"{HEAD}budget: {{params: {{max: 120, warn: 115}}, memory.peak: 2KB}}\n",
    ),
    Rule(code="idle-limit", level="warning", text=IDLE_LIMIT, find=None, example=""),
    Rule(
        code="unknown-rule",
        level="warning",
        text=UNKNOWN_RULE,
        find=None,
        example="",
    ),
    Rule(code="configuration", level="error", text=CONFIGURATION, find=None, example=""),
)

DOCUMENTED: dict[str, Rule] = {
    rule.code: rule
    for rule in (
        *CLAIMS,
        *RULES,
        *(
            Rule(code=code, level="error", text=cleandoc(text), find=None, example="")
            for code, text in (WORDING | BUILDING).items()
        ),
    )
}
"""Every code with what `cnncalc rule` says of it."""
