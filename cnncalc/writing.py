"""Writes files: a result is written completely, or the file that was there stays as it is.

This is the only place that creates files. Everything is first written to a temporary file next to
the target, which then replaces it.
"""

import errno
import os
import re
import stat
import unicodedata
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO

Save = Callable[[IO[bytes]], object]
"""Writes to an open file."""

Identity = tuple[str] | tuple[int, int]
"""What two names of the same file have in common."""

WRITABLE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH
PERMISSIONS = stat.S_IRWXU | stat.S_IRWXG | stat.S_IRWXO
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
"""How temporary files are opened: never an existing file, never through a link."""


class UnwritableError(OSError):
    """A file that cannot be written; `filename` is its name as the caller gave it."""


def write_text(path: Path, texts: Iterable[str], *, is_new: bool = False) -> None:
    """Write texts as UTF-8, like `write_whole`; unpaired surrogates become `?`. Raises OSError."""
    write_whole(
        path, lambda file: file.writelines(text.encode("utf-8", "replace") for text in texts), is_new=is_new
    )


def write_whole(path: Path, save: Save, *, is_new: bool = False) -> None:
    """Write a file atomically; it keeps its mode. Links, devices and pipes are written through.

    With `is_new`, an existing file is an error.

    Raises:
        UnwritableError: the file cannot be written; an existing one is unchanged.
        BrokenPipeError: the reader of a pipe has closed it.
    """
    try:
        found = _status(path)
        if found and stat.S_ISDIR(found.st_mode):
            raise IsADirectoryError(errno.EISDIR, "it is a folder")
        if found and _is_stream(path, found):
            with path.open("wb") as file:
                save(file)
        else:
            _put_in_place(Path(path if is_new else os.path.realpath(path)), found, save, is_new)
    except BrokenPipeError:
        raise
    except OSError as error:  # NumPy gives no error number where a disk is full
        said = error.strerror or f"{error} (is the disk full?)"
        said = GONE if not path.is_absolute() and is_gone() else said
        raise UnwritableError(error.errno or errno.EIO, said, str(path)) from error


def _status(path: Path) -> os.stat_result | None:
    """The status of the file that a path leads to; None if it does not exist."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _is_stream(path: Path, found: os.stat_result) -> bool:
    """Whether a file cannot be replaced: a device or pipe, also one of a shell's redirections."""
    is_redirection = os.path.abspath(path).startswith(("/dev/", "/proc/"))
    return is_redirection or not stat.S_ISREG(found.st_mode)


def _put_in_place(target: Path, found: os.stat_result | None, save: Save, is_new: bool) -> None:
    """Write to a temporary file, then replace the target."""
    if found and not (found.st_mode & WRITABLE and os.access(target, os.W_OK)) and not is_new:
        raise PermissionError(errno.EACCES, "there is no permission to write to it")
    unfinished = target.with_name(f".cnncalc-{os.urandom(8).hex()}.tmp")
    try:
        with open(_created(unfinished, found), "wb") as file:
            save(file)
        if is_new:
            os.link(unfinished, target)  # fails if the target exists
            unfinished.unlink()
        else:
            unfinished.replace(target)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink()
        raise


def _created(unfinished: Path, replaced: os.stat_result | None) -> int:
    """Open a new temporary file with the owner and mode of the file that it is to replace."""
    try:
        descriptor = os.open(unfinished, NEW, 0o600 if replaced else 0o666)
    except PermissionError as error:
        message = f"there is no permission to write into the folder {unfinished.parent}"
        raise PermissionError(error.errno, message) from None
    except FileNotFoundError as error:
        raise FileNotFoundError(error.errno, f"there is no folder {unfinished.parent}") from None
    if replaced and hasattr(os, "fchown"):
        with suppress(OSError):  # only root may give files away
            os.fchown(descriptor, replaced.st_uid, replaced.st_gid)
        os.fchmod(descriptor, replaced.st_mode & PERMISSIONS)
    return descriptor


LONGEST_NAME = 120
"""Longest file name made from a text, in bytes without its ending; a file system allows 255."""
DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])$", re.IGNORECASE)
"""Names that Windows reserves for devices."""


def file_names(texts: Iterable[str], ending: str) -> list[str]:
    """A file name for each text, such as the name of a student: safe on every system, and all different.

    >>> file_names(["Ann Lee", "../Ann/Lee", "ann-lee", ""], "md")
    ['Ann-Lee.md', 'Ann-Lee-2.md', 'ann-lee-3.md', 'unnamed.md']
    """
    names: list[str] = []
    times: dict[str, int] = {}
    for text in texts:
        plain = re.sub(r"[\W_]+", "-", unicodedata.normalize("NFC", text[:LONGEST_NAME])).strip("-")
        plain = plain.encode("utf-8", "ignore")[:LONGEST_NAME].decode("utf-8", "ignore") or "unnamed"
        name = plain = f"{plain}-" if DEVICES.fullmatch(plain) else plain
        while (count := times.get(name.casefold(), 0) + 1) > 1:
            times[name.casefold()] = count
            name = f"{plain}-{count}"
        times[name.casefold()] = 1
        names.append(f"{name}.{ending}")
    return names


def write_folder(folder: Path, texts: Iterable[tuple[str, str]], *, force: bool = False) -> None:
    """Write files into a folder, which is created.

    Without `force`, a file that exists is an error, before anything is written.

    Raises:
        UnwritableError: the folder cannot be created, or a file cannot be written or exists.
    """
    files = [(folder / name, text) for name, text in texts]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnwritableError(error.errno or errno.EIO, error.strerror or str(error), str(folder)) from error
    found = [path for path, _ in files if os.path.lexists(path)]
    if found and not force:
        raise UnwritableError(errno.EEXIST, "it exists already; --force replaces it", str(found[0]))
    for path, text in files:
        write_text(path, [text], is_new=not force)


GONE = "the current folder no longer exists"


def is_gone() -> bool:
    """Whether the current folder was deleted."""
    try:
        os.getcwd()
    except OSError:
        return True
    return False


def identity(name: str | Path) -> Identity:
    """The same for all names of a file, hard links too; `-` is standard input."""
    try:
        found = os.fstat(0) if str(name) == "-" else os.stat(name)
        if stat.S_ISREG(found.st_mode):
            return (found.st_dev, found.st_ino)
    except (OSError, ValueError):
        pass  # such as a name that is no path
    return (os.path.realpath(name),)


def would_replace(target: Path, read: Iterable[str | Path]) -> bool:
    """Whether writing a file would replace one that is read."""
    return target.is_file() and identity(target) in {identity(name) for name in read}
