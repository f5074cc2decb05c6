"""`cnncalc view` and `show --watch`: a file saved again and again, and who may read the page."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest

import cnncalc
from cnncalc.cli.following import followed_files
from cnncalc.page.server import ADDRESS, MOST_CONNECTIONS, PageServer
from tests.page.chromium import browser

SPEC = "cnncalc: 1\nname: Net\ninput: [1, 8, 8]\nlayers:\n  - {{conv: {filters}, kernel: 3}}\n"
WRONG = "cnncalc: 1\nname: Net\ninput: [1, 8, 8]\nlayers:\n  - {conv: 2, kernle: 3}\n"
COMMAND = [sys.executable, "-c", "import sys; sys.argv[0] = 'cnncalc'; from cnncalc.cli import main; main()"]


@pytest.fixture
def server() -> Iterator[PageServer]:
    found = PageServer()
    found.publish({"title": "a", "networks": [], "problems": []})
    found.start()
    yield found
    found.shutdown()
    found.server_close()


def asked(server: PageServer, path: str, method: str = "GET", host: str = "") -> HTTPResponse:
    connection = HTTPConnection(ADDRESS, server.server_port, timeout=30)
    connection.request(method, path, headers={"Host": host} if host else {})
    return connection.getresponse()


def test_only_the_loopback_interface_listens(server: PageServer) -> None:
    assert server.socket.getsockname()[0] == "127.0.0.1"


def test_the_page_and_its_data(server: PageServer) -> None:
    answer = asked(server, f"/{server.token}/")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert b'data-live="true"' in answer.read()
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert json.loads(asked(server, f"/{server.token}/data").read())["version"] == 1


@pytest.mark.parametrize(
    "path", ["/", "/data", "/wrong/", "/wrong/data", "/{token}", "/{token}/../etc", "/%00/"]
)
def test_without_the_token_there_is_nothing(server: PageServer, path: str) -> None:
    found = asked(server, path.format(token=server.token)).status
    assert found == (200 if path == "/{token}" else 404)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1"])
def test_another_host_is_refused(server: PageServer, host: str) -> None:
    assert asked(server, f"/{server.token}/", host=host.format(port=server.server_port)).status == 403


def test_localhost_is_the_same(server: PageServer) -> None:
    assert asked(server, f"/{server.token}/", host=f"localhost:{server.server_port}").status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "HEAD"])
def test_other_methods_are_refused(server: PageServer, method: str) -> None:
    assert asked(server, f"/{server.token}/", method).status == 501


def test_a_request_waits_for_the_next_version(server: PageServer) -> None:
    found: list[int] = []
    path = f"/{server.token}/data?after=1"
    waiting = Thread(target=lambda: found.append(json.loads(asked(server, path).read())["version"]))
    waiting.start()
    time.sleep(0.1)
    assert found == []
    server.publish({"title": "b"})
    waiting.join(10)
    assert found == [2]


def test_connections_are_bounded(server: PageServer) -> None:
    connections = [
        HTTPConnection(ADDRESS, server.server_port, timeout=10) for _ in range(MOST_CONNECTIONS + 1)
    ]
    for connection in connections:
        connection.connect()
    last = connections[-1].sock
    last.settimeout(10)
    assert last.recv(1) == b""
    for connection in connections:
        connection.close()


@contextmanager
def viewed(*arguments: str) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """A running `view`: its address and its process."""
    with subprocess.Popen(
        [*COMMAND, "view", "--no-open", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip(), process
        finally:
            process.kill()


def saved(path: Path, text: str) -> None:
    """Saves as editors do: a new file takes the place of the old one."""
    new = path.with_suffix(".new")
    new.write_text(text)
    os.replace(new, path)


def test_a_file_is_followed_through_errors(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    saved(path, SPEC.format(filters=1))
    with viewed(str(path)) as (url, process):
        parts = urlsplit(url)

        def data(after: int) -> dict[str, object]:
            connection = HTTPConnection(parts.netloc, timeout=30)
            connection.request("GET", f"{parts.path}data?after={after}")
            found: dict[str, object] = json.loads(connection.getresponse().read())
            return found

        last = data(0)
        for turn in range(10):
            is_wrong = turn % 3 == 1
            saved(path, WRONG + "#" * turn if is_wrong else SPEC.format(filters=turn + 2))
            last = data(last["version"])  # type: ignore[arg-type]
            [network] = last["networks"]  # type: ignore[misc]
            if is_wrong:
                [problems] = last["problems"]  # type: ignore[misc]
                [problem] = problems["problems"]
                assert (problem["line"], problem["column"]) == (5, 15)
                assert network["totals"]["params"] == (turn + 1) * 10
            else:
                assert last["problems"] == []
                assert network["totals"]["params"] == (turn + 2) * 10
        path.unlink()
        [problems] = data(last["version"])["problems"]  # type: ignore[arg-type, misc]
        assert "no such file" in problems["problems"][0]["message"]
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
        assert process.stderr is not None
        assert process.stderr.read() == "following 1 file; Ctrl-C ends\ncnncalc: stopped\n"


def test_a_spec_with_errors_opens_too(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(WRONG)
    with viewed(str(path)) as (url, _):
        parts = urlsplit(url)
        connection = HTTPConnection(parts.netloc, timeout=30)
        connection.request("GET", parts.path)
        assert "did you mean 'kernel'?" in connection.getresponse().read().decode()


@pytest.mark.browser
def test_the_page_changes_when_the_file_is_saved(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    saved(path, SPEC.format(filters=1))
    with viewed(str(path)) as (url, process), browser(tmp_path / "profile") as chromium:
        tab = chromium.tab()
        tab.open(url)
        tab.wait("document.querySelector('[data-quantity=params]')?.textContent === '10'")
        took = []
        for turn in range(10):
            start = time.monotonic()
            if turn % 3 == 1:
                saved(path, WRONG + "#" * turn)
                tab.wait(
                    "document.querySelector('#problems .problem')?.textContent.includes('net.yaml:5:15')"
                )
                took.append(time.monotonic() - start)
                assert (
                    tab.run("document.querySelector('[data-quantity=params]').textContent") == f"{turn + 1}0"
                )
            else:
                saved(path, SPEC.format(filters=turn + 2))
                tab.wait(f"document.querySelector('[data-quantity=params]').textContent === '{turn + 2}0'")
                took.append(time.monotonic() - start)
                assert tab.run("document.querySelector('#problems').hidden")
        assert sorted(took)[len(took) // 2] < 0.5  # of most saves: a busy machine may delay some
        process.send_signal(signal.SIGINT)
        tab.wait("document.querySelector('#status').textContent.includes('has ended')")
        assert [each for each in tab.errors if "Failed to load resource" not in each] == []
        assert all(each.startswith((url, "data:")) for each in tab.requests)


def test_bundled_specs_are_followed() -> None:
    assert [path.name for path in followed_files(["lenet5", "resnet50"], "view")] == [
        "lenet5.yaml",
        "resnet50.yaml",
    ]
    with pytest.raises(cnncalc.UnreadableError):
        followed_files(["nothing.yaml"], "view")


def test_show_watches(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    saved(path, SPEC.format(filters=1))
    output = tmp_path / "out.txt"
    errors = tmp_path / "err.txt"
    with output.open("w") as out, errors.open("w") as err:
        process = subprocess.Popen([*COMMAND, "show", "--watch", str(path)], stdout=out, stderr=err)
    for text, where, wanted in (
        ("", output, "parameters  10"),
        (SPEC.format(filters=7), output, "parameters  70"),
        (WRONG, errors, "did you mean 'kernel'?"),
        (SPEC.format(filters=8), output, "parameters  80"),
    ):
        if text:
            saved(path, text)
        end = time.monotonic() + 30
        while wanted not in where.read_text() and time.monotonic() < end:
            time.sleep(0.02)
        assert wanted in where.read_text()
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 0
    assert errors.read_text().endswith("cnncalc: stopped watching\n")
