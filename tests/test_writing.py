"""Files are written completely or not at all, and nothing else on the disk changes."""

import os
import signal
import stat
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest

from cnncalc import writing
from cnncalc.cli import signals_as_exits
from cnncalc.writing import UnwritableError, would_replace, write_text, write_whole


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_file_has_the_usual_mode(folder: Path) -> None:
    write_text(folder / "new.txt", ["a", "b"])
    (folder / "other.txt").write_text("x")
    assert (folder / "new.txt").read_text() == "ab"
    assert mode(folder / "new.txt") == mode(folder / "other.txt")
    assert names(folder) == ["new.txt", "other.txt"]


@pytest.mark.parametrize("kept", [0o600, 0o640, 0o666, 0o755])
def test_a_replaced_file_keeps_its_mode(kept: int, folder: Path) -> None:
    path = folder / "old.txt"
    path.write_text("old")
    path.chmod(kept)
    write_text(path, ["new"])
    assert (path.read_text(), mode(path)) == ("new", kept)


def failing(error: BaseException) -> Callable[[IO[bytes]], object]:
    def save(file: IO[bytes]) -> None:
        file.write(b"half" * 10_000)
        raise error

    return save


@pytest.mark.parametrize(
    "error",
    [OSError(28, "No space left on device"), OSError("125 requested and 4 written"), KeyboardInterrupt(),
     MemoryError(), UnicodeEncodeError("utf-8", "a", 0, 1, "no"), SystemExit(143)],
    ids=lambda error: type(error).__name__,
)  # fmt: skip
def test_after_an_error_the_old_file_is_whole_and_nothing_is_left(error: BaseException, folder: Path) -> None:
    path = folder / "old.txt"
    path.write_text("old")
    with pytest.raises(UnwritableError if isinstance(error, OSError) else type(error)) as caught:
        write_whole(path, failing(error))
    assert path.read_text() == "old"
    assert names(folder) == ["old.txt"]
    if isinstance(caught.value, UnwritableError):
        assert (caught.value.filename, bool(caught.value.strerror)) == (str(path), True)


def test_a_reader_sees_the_old_file_until_the_new_one_is_whole(folder: Path) -> None:
    path = folder / "old.txt"
    path.write_text("old")
    seen = []

    def save(file: IO[bytes]) -> None:
        for part in (b"a" * 100_000, b"b"):
            file.write(part)
            seen.append(path.read_text())

    write_whole(path, save)
    assert seen == ["old", "old"]
    assert path.stat().st_size == 100_001


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_no_temporary_file(number: signal.Signals, folder: Path) -> None:
    def save(file: IO[bytes]) -> None:
        file.write(b"half")
        os.kill(os.getpid(), number)

    before = signal.signal(number, signal.SIG_DFL)  # a shell may start the tests with it ignored
    try:
        with pytest.raises(SystemExit) as caught, signals_as_exits():
            write_whole(folder / "w.npz", save)
        assert signal.getsignal(number) == signal.SIG_DFL
    finally:
        signal.signal(number, before)
    assert caught.value.code == 128 + number
    assert names(folder) == []


def test_a_planted_link_is_not_followed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing.os, "urandom", bytes)  # as if the name could be guessed
    (folder / "precious").write_text("precious")
    (folder / f".cnncalc-{'00' * 8}.tmp").symlink_to("precious")
    with pytest.raises(UnwritableError, match="File exists"):
        write_text(folder / "x.txt", ["new"])
    assert (folder / "precious").read_text() == "precious"


def test_names_of_temporary_files_cannot_be_guessed(folder: Path) -> None:
    seen = set()
    for at in range(3):
        write_whole(folder / f"{at}.txt", lambda file: seen.update(names(folder)))
    assert len({name for name in seen if name.startswith(".cnncalc-")}) == 3


def test_a_read_only_file_is_not_replaced(folder: Path) -> None:
    path = folder / "old.txt"
    path.write_text("old")
    path.chmod(0o444)
    with pytest.raises(UnwritableError, match="there is no permission to write to it"):
        write_text(path, ["new"])
    assert path.read_text() == "old"


def test_a_link_is_written_through(folder: Path) -> None:
    (folder / "real").mkdir()
    (folder / "real" / "old.txt").write_text("old")
    for name, to in (("link.txt", "real/old.txt"), ("new.txt", "real/new.txt")):
        (folder / name).symlink_to(to)
        write_text(folder / name, ["new"])
        assert (folder / name).is_symlink()
        assert (folder / to).read_text() == "new"
    assert names(folder / "real") == ["new.txt", "old.txt"]


def test_devices_and_folders(folder: Path) -> None:
    write_text(Path(os.devnull), ["x"])
    assert not Path(os.devnull).is_file()
    with pytest.raises(UnwritableError, match="it is a folder"):
        write_text(folder, ["x"])
    (folder / "loop").symlink_to("loop")
    with pytest.raises(UnwritableError):
        write_text(folder / "loop", ["x"])


def test_a_file_that_is_to_be_new_replaces_none(folder: Path) -> None:
    write_text(folder / "a.txt", ["a"], is_new=True)
    for name in ("a.txt", "link.txt"):
        if name == "link.txt":
            (folder / name).symlink_to("nowhere")
        with pytest.raises(UnwritableError, match="File exists"):
            write_text(folder / name, ["b"], is_new=True)
    assert (folder / "a.txt").read_text() == "a"
    assert names(folder) == ["a.txt", "link.txt"]


def test_two_names_of_a_file_are_known(folder: Path) -> None:
    (folder / "a").write_text("a")
    (folder / "b").symlink_to("a")
    os.link(folder / "a", folder / "c")
    (folder / "d").write_text("a")
    assert [name for name in "bcd" if would_replace(folder / name, [folder / "a"])] == ["b", "c"]
    assert not would_replace(folder / "none", [folder / "none"])
    assert not would_replace(Path(os.devnull), [os.devnull])


def test_surrogates_are_written_as_question_marks(folder: Path) -> None:
    write_text(folder / "a.txt", ["bad\udcff"])
    assert (folder / "a.txt").read_bytes() == b"bad?"
