"""The commands of `cnncalc`, one file each.

To add a command, here `totals`:

1. Write `commands/totals.py`. Its docstring is the help; its first line, on the first line of the file, is
   also shown in the list of commands. The function `totals` has the options as annotated parameters, runs
   the command and returns the exit code. The top of the file imports only what the options need; functions
   import the rest, so that help is fast. Options shared with other commands are in `cli/options.py`. A
   choice is a `Literal`, in `choices.py` if the library uses it too.
2. Add a line to `COMMANDS`, under the heading where the help should list it.
3. Add the name to `TOPICS` of `cnncalc/guide/__init__.py`, and describe the command on that page.
4. Add a line to `CALLS` of `tests/cli/test_contract.py`: a call of the command and its output.
"""

COMMANDS = {
    "Count": {
        "show": "cnncalc.cli.commands.show",
        "specs": "cnncalc.cli.commands.specs",
        "field": "cnncalc.cli.commands.field",
        "reconcile": "cnncalc.cli.commands.reconcile",
        "compare": "cnncalc.cli.commands.compare",
        "kinds": "cnncalc.cli.commands.kinds",
    },
    "Look": {
        "draw": "cnncalc.cli.commands.draw",
        "report": "cnncalc.cli.commands.report",
        "view": "cnncalc.cli.commands.view",
    },
    "Other libraries": {
        "export": "cnncalc.cli.commands.export",
    },
    "Homework": {
        "explain": "cnncalc.cli.commands.explain",
        "calc": "cnncalc.cli.commands.calc",
        "solve": "cnncalc.cli.commands.solve",
        "grade": "cnncalc.cli.commands.grade",
        "worksheet": "cnncalc.cli.commands.worksheet",
    },
    "Specs and CI": {
        "check": "cnncalc.cli.commands.check",
        "rule": "cnncalc.cli.commands.rule",
        "diff": "cnncalc.cli.commands.diff",
        "dialects": "cnncalc.cli.commands.dialects",
        "init": "cnncalc.cli.commands.init",
        "import": "cnncalc.cli.commands.import",
        "schema": "cnncalc.cli.commands.schema",
    },
    "Run": {
        "run": "cnncalc.cli.commands.run",
        "verify": "cnncalc.cli.commands.verify",
        "gradients": "cnncalc.cli.commands.gradients",
        "influence": "cnncalc.cli.commands.influence",
        "occlusion": "cnncalc.cli.commands.occlusion",
        "patches": "cnncalc.cli.commands.patches",
        "equivariance": "cnncalc.cli.commands.equivariance",
    },
    "Documentation": {
        "guide": "cnncalc.cli.commands.guide",
    },
}
"""The module of each command, grouped and ordered as in the help."""

MODULES = {name: module for commands in COMMANDS.values() for name, module in commands.items()}
