"""Finds specs by files, folders, glob patterns and bundled names."""

import glob
import os
import re
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from cnncalc.checks.configuration import FILE, SHARED, Configuration, Known, limit_of, nearest
from cnncalc.checks.patterns import base_of, excludes, expanded, leads_out, names
from cnncalc.problems import Source, UnreadableError
from cnncalc.spec.files import find

SKIPPED = ("node_modules", "__pycache__", "venv")
"""Folders that are never searched; hidden folders are not searched either."""
SNIFFED = 65_536
BEFORE = rb"(?:\xef\xbb\xbf)?(?:[ \t]*(?:#[^\n]*)?\r?\n|---[^\n]*\n|%[^\n]*\n)*"
BEGINS = re.compile(BEFORE + rb"""(?:\{\s*)?["']?cnncalc["']?[ \t]*:""")
MARKED = re.compile(rb"""^["']?cnncalc["']?[ \t]*:[ \t]*\d""", re.MULTILINE)
LEADS_OUT = "a link that leads out of the folder; name it to check it"
NOT_A_SPEC = "not a spec (does not start with `cnncalc:`)"


class Candidate(Struct, frozen=True):
    """A file to check: its name, its configuration, and its text if it was already read.

    For `is_model`, the name is that of a PyTorch model, and the text is its spec.
    """

    path: str
    file: Path
    configuration: Configuration
    text: Source | None = None
    is_model: bool = False


class PassedOver(Struct, frozen=True):
    """A file that a search skipped, and the reason."""

    path: str
    reason: str


class NothingFoundError(Exception):
    """A path that matches no spec; the message is the reason."""


class Search:
    """One search; a file that is found several times is kept once.

    With `skip_foreign`, files given by name are treated like files found in a folder: those that are
    not specs or are excluded are skipped. Hooks need this because they pass every changed YAML file. For a
    configuration, which they also pass, all specs of its folder are checked.
    """

    def __init__(self, skip_foreign: bool = False) -> None:
        self.skip_foreign = skip_foreign
        self.candidates: list[Candidate] = []
        self.passed_over: list[PassedOver] = []
        self.closed: list[PassedOver] = []
        """Folders that may contain specs but cannot be read."""
        self.known: Known = {}
        self.is_wide = False
        """Whether folders or patterns were searched, not only files named."""
        self._seen: set[object] = set()

    def add(self, path: str) -> None:
        """Adds all specs that a path means.

        Raises:
            NothingFoundError: there is no such file or bundled spec, or nothing matches a pattern.
            SpecError: a configuration is not valid.
        """
        if not path:
            raise NothingFoundError(
                "expected a path, found an empty one; perhaps a shell variable is not set"
            )
        if os.path.isdir(path):
            self._folder(path)
        elif os.path.lexists(path):
            self._given(path)
        elif glob.has_magic(path):
            self._pattern(path)
        else:
            self._bundled(path)

    def _given(self, path: str) -> None:
        """Adds a file given by name, whatever it contains, unless `skip_foreign` is set."""
        if self.skip_foreign and os.path.basename(path) in (FILE, SHARED):
            self._folder(os.path.dirname(path) or os.curdir)
        elif self.skip_foreign:
            self._found(path, self._configuration(path))
        else:
            self._keep(path, self._configuration(path))

    def has_entered(self, folder: Path) -> bool:
        """Whether all files of a folder were searched."""
        return _identity(folder) in self._seen

    def _pattern(self, path: str) -> None:
        self.is_wide = True
        matches, base = expanded(path), base_of(path)
        if not matches:
            raise NothingFoundError(f"{path}: no file matches")
        for match in matches:
            if leads_out(match, base):
                self.passed_over.append(PassedOver(shown(match), LEADS_OUT))
            elif os.path.isdir(match):
                self._folder(match)
            else:
                self._found(match, self._configuration(match))

    def _bundled(self, path: str) -> None:
        try:
            file = find(path)
        except UnreadableError as error:
            (problem,) = error.problems
            raise NothingFoundError(
                "; ".join(filter(None, (f"{path}: {problem.message}", problem.hint)))
            ) from None
        self._keep(path, Configuration(), file)

    def _configuration(self, path: str) -> Configuration:
        return self.configuration_in(Path(os.path.abspath(path)).parent)

    def configuration_in(self, folder: Path) -> Configuration:
        """The configuration for files in a folder; raises SpecError."""
        return nearest(folder, self.known)

    def _folder(self, path: str) -> None:
        """Adds the specs in a folder and below; skips folders that were already searched."""
        self.is_wide = True
        limit, ahead = limit_of(Path(os.path.abspath(path))), [path]
        while ahead:
            folder = ahead.pop()
            if _identity(folder) in self._seen:
                continue
            self._seen.add(_identity(folder))
            try:
                inside = sorted(os.listdir(folder))
            except OSError as error:
                self.closed.append(PassedOver(shown(folder), f"cannot be read: {error.strerror}"))
                continue
            configuration = nearest(Path(os.path.abspath(folder)), self.known, limit)
            ahead += reversed(list(self._entries(folder, inside, configuration, path)))

    def _entries(
        self, folder: str, inside: list[str], configuration: Configuration, top: str
    ) -> Iterator[str]:
        """Adds the files of a folder; returns the folders to search next, all inside `top`."""
        for name in inside:
            path = os.path.normpath(os.path.join(folder, name))
            relative = configuration.relative(Path(path))
            if excludes(configuration.exclude, relative):
                continue
            if leads_out(path, top):
                self.passed_over.append(PassedOver(shown(path), LEADS_OUT))
            elif os.path.isdir(path):
                if not name.startswith(".") and name not in SKIPPED:
                    yield path
            elif any(names(pattern, relative) for pattern in configuration.include):
                self._found(path, configuration)

    def _found(self, path: str, configuration: Configuration) -> None:
        """Adds a file found in a folder, or records why it is skipped."""
        if excludes(configuration.exclude, configuration.relative(Path(path))):
            self.passed_over.append(PassedOver(shown(path), "excluded by the configuration"))
        elif os.path.exists(path) and not os.path.isfile(path):
            self.passed_over.append(PassedOver(shown(path), "not a regular file"))
        elif is_spec(path):
            self._keep(path, configuration)
        elif self._is_new(path):
            self.passed_over.append(PassedOver(shown(path), NOT_A_SPEC))

    def _keep(self, path: str, configuration: Configuration, file: Path | None = None) -> None:
        if self._is_new(file or path):
            called = path if file else shown(path)
            self.candidates.append(Candidate(called, file or Path(path), configuration))

    def _is_new(self, path: str | Path) -> bool:
        real = os.path.realpath(path)
        if real in self._seen:
            return False
        self._seen.add(real)
        return True


def _identity(folder: str | Path) -> object:
    """What is the same for a folder however it is reached; quicker than its real path."""
    try:
        status = os.stat(folder)
    except OSError:
        return os.path.realpath(folder)
    return status.st_dev, status.st_ino


def shown(path: str) -> str:
    """A path for printing: relative to the current folder, if it is below that."""
    absolute, here = os.path.abspath(path), os.getcwd()
    inside = absolute.startswith(here.rstrip(os.sep) + os.sep)
    return Path(os.path.relpath(absolute) if inside else path).as_posix()


def is_spec(path: str) -> bool:
    """Whether a file looks like a spec; also true if it cannot be read or is not text."""
    try:
        with open(path, "rb") as file:
            data = file.read(SNIFFED)
    except OSError:
        return True
    is_text = b"\0" not in data
    return not is_text or bool(BEGINS.match(data) or MARKED.search(data))
