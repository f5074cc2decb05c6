"""Makes the command-line fixture of `tests/cli` available to the tests of the lectures."""

from tests.cli.conftest import cnncalc

__all__ = ["cnncalc"]
