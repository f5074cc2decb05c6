"""The commands of `cnncalc`, one file each.

Adding a command, here `totals`:

1. `commands/totals.py`. Its docstring is the help: the first line is also shown in the list of commands, so
   it stands alone on the first line of the file. The function `totals` has the options as its annotated
   parameters, runs the command and returns the exit code; its helpers stand below it. Only what the options
   need is imported at the top of the file; a function imports what it runs, so that help is quick.
   Options that other commands have, too, are in `cli/options.py`. A choice is a `Literal`, in `choices.py`
   where the library knows it too.
2. A line in `COMMANDS`, under its heading, where the help should list it.
3. The command's name in `TOPICS` of `cnncalc/guide/__init__.py`, and a word about it on that page.
4. A line in `CALLS` of `tests/cli/test_contract.py`: a call of the command and what it prints.
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
        "init": "cnncalc.cli.commands.init",
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
"""The module of each command, by the headings of the help and in its order."""

MODULES = {name: module for commands in COMMANDS.values() for name, module in commands.items()}
