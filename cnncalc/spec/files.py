"""Finds spec files by path or bundled name, and reads their text."""

import errno
import os
import re
import select
import stat
from itertools import islice
from pathlib import Path

from cnncalc.problems import Place, Problem, Source, UnreadableError, close_to, did_you_mean
from cnncalc.writing import GONE, is_gone

MAX_BYTES = 8_000_000


def bundled_folder() -> Path:
    """The folder of the bundled specs: inside the installed package, or next to it in a checkout."""
    package = Path(__file__).parent.parent
    inside = package / "specs"
    return inside if inside.is_dir() else package.parent / "specs"


def bundled_specs() -> list[Path]:
    """All bundled specs, sorted by name."""
    return sorted(bundled_folder().rglob("*.yaml"))


def bundled_names() -> list[str]:
    """The names of all bundled specs, sorted: `resnet50`, `lectures/l2_padding`."""
    folder = bundled_folder()
    return [spec.relative_to(folder).with_suffix("").as_posix() for spec in bundled_specs()]


def bundled(name: str) -> Path | None:
    """The bundled spec with a name; ignores case, `-`, `_` and spaces: `ResNet50`, `VGG-16`."""
    folder = bundled_folder()
    exact = folder / f"{name.removesuffix('.yaml').removeprefix('specs/')}.yaml"
    if exact.is_file() and folder in exact.resolve().parents:
        return exact
    plain = _plain(name.removesuffix(".yaml"))
    return next((folder / f"{known}.yaml" for known in bundled_names() if _plain(known) == plain), None)


def _plain(name: str) -> str:
    return re.sub(r"[-_ ]", "", name.lower())


def find(name: str | Path) -> Path:
    """The path of a spec: an existing file, or a bundled spec.

    Raises:
        UnreadableError: there is neither.
    """
    path = Path(name)
    try:
        if path.exists():
            return path
    except OSError as error:  # such as a name that is too long, or a folder without permission
        raise unreadable(str(name), f"cannot be read: {error.strerror}") from None
    if found := bundled(str(name)):
        return found
    if not path.is_absolute() and is_gone():
        raise unreadable(str(name), GONE, "change to another one")
    hint = _similar_file(path) or did_you_mean(path.stem, bundled_names())
    hint = hint if hint.startswith("did") else "`cnncalc specs` lists the bundled specs"
    raise unreadable(str(name), "no such file or bundled spec", hint)


MOST_FILES = 1000
"""Maximum number of files in a folder to search for a similar name."""


def _similar_file(path: Path) -> str:
    """A "did you mean" hint for a spec with a similar name in the same folder, or an empty text."""
    try:
        with os.scandir(path.parent) as entries:
            names = [entry.name for entry in islice(entries, MOST_FILES)]
    except OSError:
        return ""
    specs = {Path(name).stem: name for name in names if name.endswith((".yaml", ".yml"))}
    close = close_to(path.stem, specs)
    return f"did you mean '{path.with_name(specs[close])}'?" if close else ""


def read_file(path: Path, called: str = "") -> Source:
    """The text of a spec file; `called` replaces its path in messages.

    Raises:
        UnreadableError: the file is a directory, too large, binary, not UTF-8, or not readable.
    """
    name = called or str(path)
    try:
        if path.is_dir():
            hint = "pass a file; only `cnncalc check` takes directories"
            raise unreadable(name, "expected a spec file, found a directory", hint)
        data = content(path)
    except OSError as error:
        raise unreadable(name, f"cannot be read: {error.strerror}") from None
    return decode(data, name)


PATIENCE = 5
"""Seconds to wait for a program that writes to a named pipe."""


def content(path: Path) -> bytes:
    """At most MAX_BYTES + 1 bytes of a file or pipe.

    Raises:
        OSError: it cannot be read, or it is a named pipe that no program writes to.
    """
    with open(path, "rb", opener=_opened) as file:
        if stat.S_ISFIFO(os.fstat(file.fileno()).st_mode):
            return _received(file.fileno())
        if hasattr(os, "O_NONBLOCK"):
            os.set_blocking(file.fileno(), True)
        return file.read(MAX_BYTES + 1)


def _opened(path: str, flags: int) -> int:
    """Opens a pipe without waiting for a program that writes to it."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _received(pipe: int) -> bytes:
    """What comes through a pipe until its writer closes it."""
    ready = select.poll()
    ready.register(pipe, select.POLLIN)
    parts: list[bytes] = []
    left, is_late, is_over = MAX_BYTES + 1, False, False
    while left > 0:
        try:
            part = os.read(pipe, left)
        except BlockingIOError:  # a program has opened it, but not written yet
            ready.poll()
            continue
        if part:
            parts.append(part)
            left -= len(part)
        elif parts or is_over:
            break
        elif is_late:
            raise TimeoutError(errno.ETIMEDOUT, f"no program wrote to this pipe within {PATIENCE} seconds")
        else:
            events = ready.poll(1000 * PATIENCE)
            is_late = not events  # a program may have opened it meanwhile: read once more
            is_over = bool(events) and not events[0][1] & select.POLLIN  # opened and closed again
    return b"".join(parts)


def decode(data: bytes, name: str) -> Source:
    """Decodes the bytes of a spec; raises UnreadableError if they are not UTF-8 text."""
    if len(data) > MAX_BYTES:
        raise too_large(name)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise unreadable(name, "the file is UTF-16", "save it as UTF-8")
    if b"\0" in data:
        raise unreadable(name, "the file is binary, not text")
    try:
        return Source(name, data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"byte {error.start + 1} is not UTF-8"
        problem = Problem("unreadable", message, Place(line, 1), "save the file as UTF-8")
        raise UnreadableError([problem], Source(name, "")) from None


def too_large(name: str) -> UnreadableError:
    """The error of a file that is too large for a spec."""
    size = f"{MAX_BYTES // 10**6} MB"
    return unreadable(name, f"the file is larger than {size}; a spec is usually a few kilobytes")


def unreadable(name: str, message: str, hint: str = "") -> UnreadableError:
    """The error of a file that cannot be read."""
    return UnreadableError([Problem("unreadable", message, None, hint)], Source(name, ""))
