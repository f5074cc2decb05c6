"""Specs in git revisions of a repository that someone else configured: git reads objects, nothing more."""

import os
import subprocess
from pathlib import Path

import pytest

from cnncalc import SpecError, load
from cnncalc.spec import revisions
from tests.cli.conftest import TINY, git, without_git


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one spec."""
    without_git(monkeypatch)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.yaml").write_text(TINY, encoding="utf-8")
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", "net.yaml")
    git(tmp_path, "commit", "-q", "-m", "a net")
    return tmp_path


def problem(name: str) -> str:
    with pytest.raises(SpecError) as caught:
        load(name)
    return str(caught.value)


def commands(repository: Path) -> dict[str, str]:
    """Configuration that starts a script, which leaves a file that says what started it."""
    tools = repository / "tools"
    tools.mkdir()
    settings = (
        "core.sshCommand", "core.fsmonitor", "core.gitProxy", "core.alternateRefsCommand", "core.askPass",
        "core.pager", "core.editor", "diff.x.textconv", "diff.x.command", "diff.external", "filter.x.smudge",
        "filter.x.clean", "filter.x.process", "credential.helper", "remote.origin.uploadpack", "gpg.program",
        "uploadpack.packObjectsHook", "alias.cat-file", "alias.rev-parse",
    )  # fmt: skip
    found = {}
    for setting in settings:
        script = tools / setting
        script.write_text(f"#!/bin/sh\ntouch '{repository}/started-{setting}'\nexit 1\n", encoding="utf-8")
        script.chmod(0o755)
        found[setting] = f"!{script}" if setting.startswith("alias") else str(script)
    for hook in ("post-checkout", "reference-transaction", "post-index-change", "pre-auto-gc"):
        script = tools / hook
        script.write_text(f"#!/bin/sh\ntouch '{repository}/started-{hook}'\n", encoding="utf-8")
        script.chmod(0o755)
    return {**found, "core.hooksPath": str(tools)}


REMOTES = ("ssh://host/x", "host:x", "git://host/x", "http://127.0.0.1:9/x", "ext::{script}", "{folder}")


@pytest.mark.parametrize("remote", REMOTES)
def test_nothing_that_a_repository_configures_is_started(
    remote: str, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the content of the spec missing, git would fetch it from the remote that was promised."""
    settings = commands(repository)
    url = remote.format(script=settings["core.sshCommand"], folder=f"file://{repository}")
    blob = subprocess.run(
        ["git", "rev-parse", "HEAD:net.yaml"], capture_output=True, text=True, check=True
    ).stdout.strip()
    (repository / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    (repository / ".gitattributes").write_text("* diff=x filter=x\n", encoding="utf-8")
    allowed = {f"protocol.{name}.allow": "always" for name in ("ssh", "git", "http", "ext", "file")}
    promised = {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
        "remote.origin.url": url,
        "protocol.allow": "always",
    }
    for name, value in {**promised, **allowed, **settings}.items():
        git(repository, "config", name, value)
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "ssh:git:http:ext:file")
    monkeypatch.setenv("GIT_SSH_COMMAND", settings["core.sshCommand"])
    said = problem("HEAD:net.yaml")
    assert "the content of 'net.yaml' in HEAD is not in the repository; the clone is partial" in said
    assert not list(repository.glob("started-*"))


def test_a_large_file_is_refused_by_its_size(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repository / "net.yaml").write_bytes(bytes(9_000_000))
    git(repository, "commit", "-q", "-a", "-m", "large")
    asked = []
    run = revisions._git

    def remember(name: str, folder: str | None, *arguments: str) -> revisions.GitOutput:
        asked.append(arguments[:2])
        return run(name, folder, *arguments)

    monkeypatch.setattr(revisions, "_git", remember)
    assert "larger than 8 MB" in problem("HEAD:net.yaml")
    assert asked == [("cat-file", "-s")]


def test_what_git_prints_is_limited(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revisions, "MAX_BYTES", 10)
    assert len(revisions._git("x", None, "cat-file", "blob", "HEAD:net.yaml").out) == 11
    assert "larger than" in problem("HEAD:net.yaml")
    assert repository.is_dir()


def test_git_has_a_time_limit(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revisions, "PATIENCE", 0.2)
    (repository / ".git" / "HEAD").unlink()
    os.mkfifo(repository / ".git" / "HEAD")
    assert "git did not answer within 0.2 seconds" in problem("HEAD:net.yaml")


def test_alternates_that_are_no_repositories_do_no_harm(repository: Path) -> None:
    (repository / ".git" / "objects" / "info" / "alternates").write_text("/proc/self\n/dev\n../..\n")
    assert load("HEAD:net.yaml").name == "HEAD:net"
