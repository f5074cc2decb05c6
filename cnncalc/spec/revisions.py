"""Reads specs from git revisions: `main:specs/net.yaml`, `HEAD~1:./net.yaml`.

A repository may come from anyone. Its configuration can name commands, which git starts for hooks, the
file system monitor, filters and transports. Here git only reads objects that are in the repository.
"""

import os
import re
import subprocess
from pathlib import Path
from tempfile import TemporaryFile
from threading import Timer

from msgspec import Struct

from cnncalc.problems import Source, SpecError, did_you_mean
from cnncalc.spec.files import MAX_BYTES, decode, too_large, unreadable
from cnncalc.writing import GONE, is_gone

OPTIONS = (
    "--no-pager",
    "--no-optional-locks",
    *("-c", "protocol.allow=never"),
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", "core.fsmonitor=false"),
    *("-c", "core.sshCommand=false"),
    *("-c", "core.gitProxy=false"),
    *("-c", "core.alternateRefsCommand=false"),
    *("-c", "core.askPass="),
    *("-c", "credential.helper="),
)
"""Options that override what a repository configures to be started."""

ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "none",  # unlike protocol.allow, it also overrides `protocol.ssh.allow`
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_SSH_COMMAND": "false",
    "GIT_PROXY_COMMAND": "false",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",  # messages in English
}

PATIENCE = 10
"""Seconds that a git command may take."""
LONGEST_MESSAGE = 10_000


class GitOutput(Struct, frozen=True):
    """What a git command printed: `out` to standard output, `said` on the first line of errors."""

    code: int
    out: bytes
    said: str

    @property
    def is_done(self) -> bool:
        return self.code == 0

    @property
    def text(self) -> str:
        return os.fsdecode(self.out).strip()


def names_revision(name: str) -> bool:
    """Whether a name means a path in a git revision, not an existing file.

    >>> names_revision("HEAD~1:specs/net.yaml"), names_revision("specs/net.yaml")
    (True, False)
    """
    revision, colon, path = name.partition(":")
    is_drive = re.match(r"[A-Za-z]:[\\/]", name)
    return bool(revision and colon and path) and not is_drive and not os.path.lexists(name)


def is_in_revision(name: str) -> bool:
    """Whether the part of a name before its `:` is a revision of git."""
    if is_gone():
        return False
    revision = f"{name.partition(':')[0]}^{{tree}}"
    try:
        found = _git(name, None, "rev-parse", "--verify", "--quiet", "--end-of-options", revision)
    except SpecError:
        return False  # without git, there are no revisions
    return found.is_done


def read_revision(name: str) -> Source:
    """The text of a file in a git revision.

    Like in git, a path is relative to the top of the repository, or to the current folder if it
    starts with `./` or `../`. An absolute path selects the repository that contains it.

    Raises:
        UnreadableError: there is no repository, no such revision, or no such file in it.
    """
    revision, _, path = name.partition(":")
    if revision.startswith("-"):
        raise unreadable(name, f"'{revision}' is not a revision")
    folder = None
    if os.path.isabs(path):
        folder, path = os.path.dirname(path), f"./{os.path.basename(path)}"
    elif is_gone():
        raise unreadable(name, GONE, "change to another one")
    named = f"{revision}:{path}"
    size = _git(name, folder, "cat-file", "-s", named)
    if size.is_done and int(size.text) > MAX_BYTES:
        raise too_large(name)
    done = _git(name, folder, "cat-file", "blob", named)
    if not done.is_done:
        raise unreadable(name, *_reason(name, folder, revision, path))
    return decode(done.out, name)


def _reason(name: str, folder: str | None, revision: str, path: str) -> tuple[str, str]:
    """Why git cannot find a file: the message and the hint."""
    top = _git(name, folder, "rev-parse", "--show-toplevel")
    if not top.is_done:
        where = f"'{folder}'" if folder else "the current folder"
        if "not a git repository" in top.said:
            return f"no such file, and {where} is not in a git repository", ""
        return f"git cannot read the repository: {top.said}", ""
    found = _git(name, folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{tree}}")
    if not found.is_done:
        return f"there is no revision '{revision}'", _like(name, folder, revision)
    if _git(name, folder, "cat-file", "-t", f"{revision}:{path}").text == "tree":
        return f"expected a file, found a folder: '{path}' in {revision}", ""
    if _git(
        name, folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}:{path}"
    ).is_done:
        hint = f"the clone is partial; if you trust it, `git show {revision}:{path}` fetches the file"
        return f"the content of '{path}' in {revision} is not in the repository", hint
    local = Path(folder or ".", path)
    is_below = not path.startswith(".") and local.exists() and not Path(top.text, path).exists()
    hint = f"paths are relative to the top of the repository; use {revision}:./{path}" if is_below else ""
    return f"there is no file '{path}' in {revision}", hint or _moved(name, folder, revision, path)


def _like(name: str, folder: str | None, revision: str) -> str:
    """A hint for an unknown revision: a shallow clone, or a branch or tag with a similar name."""
    if _git(name, folder, "rev-parse", "--is-shallow-repository").text == "true":
        return "the clone is shallow; run `git fetch --unshallow`, or set fetch-depth: 0 in actions/checkout"
    listed = _git(name, folder, "for-each-ref", "--format=%(refname:short)")
    hint = did_you_mean(revision, listed.text.split())
    return hint or "`git log --oneline` and `git branch -a` list revisions"


def _moved(name: str, folder: str | None, revision: str, path: str) -> str:
    """A hint for a missing file: a file with the same name elsewhere in the revision."""
    listed = _git(name, folder, "ls-tree", "-r", "-z", "--full-tree", "--name-only", revision)
    same = [each for each in listed.text.split("\0") if each.rpartition("/")[2] == path.rpartition("/")[2]]
    return f"did you mean '{revision}:{same[0]}'?" if same else "the file may be newer than this revision"


def _git(name: str, folder: str | None, *arguments: str) -> GitOutput:
    """Runs a git command without a shell; its time and output are limited, and it starts nothing else."""
    with TemporaryFile() as said:
        try:
            process = subprocess.Popen(
                ["git", *OPTIONS, *arguments],
                cwd=folder,
                env={**os.environ, **ENVIRONMENT},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=said,
            )
        except (OSError, ValueError) as error:
            raise unreadable(name, *_not_started(error, folder)) from None
        out, code = _output_in_time(process)
        if code is None:
            raise unreadable(name, f"git did not answer within {PATIENCE} seconds")
        said.seek(0)
        lines = said.read(LONGEST_MESSAGE).decode(errors="replace").strip()
    return GitOutput(code, out, lines.removeprefix("fatal: ").partition("\n")[0])


def _output_in_time(process: subprocess.Popen[bytes]) -> tuple[bytes, int | None]:
    """The limited output of a process and its exit code; None if it took too long."""
    is_late = False
    out = None

    def stop() -> None:
        nonlocal is_late
        is_late = True
        process.kill()

    timer = Timer(PATIENCE, stop)
    timer.start()
    try:
        assert process.stdout
        with process.stdout:
            out = process.stdout.read(MAX_BYTES + 1)
    finally:
        if out is None or len(out) > MAX_BYTES:
            process.kill()
        code = process.wait()
        timer.cancel()
    return out, None if is_late else code


def _not_started(error: Exception, folder: str | None) -> tuple[str, str]:
    """Why git cannot be started: the message and the hint."""
    if not isinstance(error, FileNotFoundError):
        return f"cannot run git: {error}", ""
    if folder and not Path(folder).is_dir():
        return f"there is no folder '{folder}'", ""
    return f"cannot start git, which is required to read a revision: {error.strerror}", ""
