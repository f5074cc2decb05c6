"""Calls of `view` and `show --watch` that cannot follow anything; tests/page has those that can."""

import socket

import pytest

from tests.cli.conftest import Run


@pytest.mark.parametrize("name", ["-", "HEAD:net.yaml"])
def test_what_is_no_file_cannot_be_followed(name: str, cnncalc: Run) -> None:
    for command in (["view"], ["show", "--watch"]):
        done = cnncalc(*command, name)
        assert done.code == 2
        assert f"follows files; found '{name}'" in done.err


def test_a_port_in_use(cnncalc: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = cnncalc("view", "lenet5", "--port", str(port))
    assert done.code == 2
    assert done.err.startswith(f"cnncalc: --port {port} cannot be used: ")


def test_watch_prints_tables_only(cnncalc: Run) -> None:
    done = cnncalc("show", "lenet5", "--watch", "--json")
    assert (done.code, done.out) == (2, "")
    assert "--watch prints tables" in done.err


@pytest.mark.parametrize("port", ["-1", "65536"])
def test_a_port_that_cannot_be_is_refused(port: str, cnncalc: Run) -> None:
    assert cnncalc("view", "lenet5", "--port", port).err == f"cnncalc: --port {port}: expected 0 to 65535\n"
