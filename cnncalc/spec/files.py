"""Finds and reads the text of a spec: a path, a bundled spec's name, or text itself."""

from pathlib import Path

from cnncalc.problems import Place, Problem, Source, UnreadableError, did_you_mean

MAX_BYTES = 8_000_000


def bundled_folder() -> Path:
    """Where the bundled specs are: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).parent.parent
    inside = package / "specs"
    return inside if inside.is_dir() else package.parent / "specs"


def bundled_specs() -> list[Path]:
    """All bundled specs, sorted by name."""
    return sorted(bundled_folder().rglob("*.yaml"))


def find(name: str | Path) -> Path:
    """The path of a spec; a name without a file of that path may be a bundled one.

    Raises:
        UnreadableError: there is neither.
    """
    path = Path(name)
    try:
        if path.exists():
            return path
    except OSError as error:  # a name that is too long, a folder that may not be entered
        raise unreadable(str(name), f"cannot be read: {error.strerror}") from None
    folder = bundled_folder()
    bundled = folder / f"{str(name).removesuffix('.yaml').removeprefix('specs/')}.yaml"
    if bundled.is_file():
        return bundled
    known = [str(spec.relative_to(folder).with_suffix("")) for spec in bundled_specs()]
    hint = did_you_mean(path.stem, known)
    hint = hint if hint.startswith("did") else "`cnncalc specs` lists those that come with cnncalc"
    raise unreadable(str(name), "there is no such file, and no bundled spec of that name", hint)


def read_file(path: Path, called: str = "") -> Source:
    """The text of a spec file, known by its path or as it is called.

    Raises:
        UnreadableError: a directory, too large, binary, not UTF-8, or not readable.
    """
    name = called or str(path)
    try:
        if path.is_dir():
            hint = "name a file in it; `cnncalc check` takes directories"
            raise unreadable(name, "this is a directory, not a spec", hint)
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise unreadable(name, f"cannot be read: {error.strerror}") from None
    return decode(data, name)


def decode(data: bytes, name: str) -> Source:
    """The bytes of a spec as text; raises UnreadableError where they are none."""
    if len(data) > MAX_BYTES:
        raise unreadable(name, f"the file is larger than {MAX_BYTES // 10**6} MB; a spec is a few kilobytes")
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


def unreadable(name: str, message: str, hint: str = "") -> UnreadableError:
    """The error of a text that cannot be had at all."""
    return UnreadableError([Problem("unreadable", message, None, hint)], Source(name, ""))
