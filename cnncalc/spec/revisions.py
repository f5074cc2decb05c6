"""Reads specs from git revisions: `main:specs/net.yaml`, `HEAD~1:./net.yaml`."""

import os
import re
import subprocess
from pathlib import Path

from cnncalc.problems import Source, did_you_mean
from cnncalc.spec.files import decode, unreadable


def names_revision(name: str) -> bool:
    """Whether a name means a path in a git revision, not an existing file.

    >>> names_revision("HEAD~1:specs/net.yaml"), names_revision("specs/net.yaml")
    (True, False)
    """
    revision, colon, path = name.partition(":")
    is_drive = re.match(r"[A-Za-z]:[\\/]", name)
    return bool(revision and colon and path) and not is_drive and not os.path.lexists(name)


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
    done = _git(name, folder, "cat-file", "blob", f"{revision}:{path}")
    if done.returncode:
        raise unreadable(name, *_reason(name, folder, revision, path))
    return decode(done.stdout, name)


def _git(name: str, folder: str | None, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Runs a git command, without a shell."""
    try:
        return subprocess.run(
            ["git", *arguments], cwd=folder, capture_output=True, stdin=subprocess.DEVNULL, check=False
        )
    except FileNotFoundError as error:
        if folder and not Path(folder).is_dir():
            raise unreadable(name, f"there is no folder '{folder}'") from None
        raise unreadable(
            name, f"cannot start git, which is required to read a revision: {error.strerror}"
        ) from None
    except (OSError, ValueError) as error:
        raise unreadable(name, f"cannot run git: {error}") from None


def _reason(name: str, folder: str | None, revision: str, path: str) -> tuple[str, str]:
    """Why git cannot find a file: the message and the hint."""
    top = _git(name, folder, "rev-parse", "--show-toplevel")
    if top.returncode:
        where = f"'{folder}'" if folder else "the current folder"
        said = top.stderr.decode(errors="replace").strip().removeprefix("fatal: ").partition("\n")[0]
        if "not a git repository" in said:
            return f"no such file, and {where} is not in a git repository", ""
        return f"git cannot read the repository: {said}", ""
    found = _git(name, folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{tree}}")
    if found.returncode:
        return f"there is no revision '{revision}'", _like(name, folder, revision)
    kind = _git(name, folder, "cat-file", "-t", f"{revision}:{path}")
    if kind.stdout.strip() == b"tree":
        return f"expected a file, found a folder: '{path}' in {revision}", ""
    local = Path(folder or ".", path)
    is_below = not path.startswith(".") and local.exists() and not Path(_text(top.stdout), path).exists()
    hint = f"paths are relative to the top of the repository; use {revision}:./{path}" if is_below else ""
    return f"there is no file '{path}' in {revision}", hint or _moved(name, folder, revision, path)


def _like(name: str, folder: str | None, revision: str) -> str:
    """A hint for an unknown revision: a shallow clone, or a branch or tag with a similar name."""
    if _git(name, folder, "rev-parse", "--is-shallow-repository").stdout.strip() == b"true":
        return "the clone is shallow; run `git fetch --unshallow`, or set fetch-depth: 0 in actions/checkout"
    listed = _git(name, folder, "for-each-ref", "--format=%(refname:short)").stdout
    hint = did_you_mean(revision, _text(listed).split())
    return hint or "`git log --oneline` and `git branch -a` list revisions"


def _moved(name: str, folder: str | None, revision: str, path: str) -> str:
    """A hint for a missing file: a file with the same name elsewhere in the revision."""
    listed = _text(_git(name, folder, "ls-tree", "-r", "-z", "--full-tree", "--name-only", revision).stdout)
    same = [each for each in listed.split("\0") if each.rpartition("/")[2] == path.rpartition("/")[2]]
    return f"did you mean '{revision}:{same[0]}'?" if same else "the file may be newer than this revision"


def _text(data: bytes) -> str:
    return os.fsdecode(data).strip()
