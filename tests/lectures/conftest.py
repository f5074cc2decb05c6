"""Lends the tests of the lectures the command line of those in `tests/cli`."""

from tests.cli.conftest import cnncalc

__all__ = ["cnncalc"]
