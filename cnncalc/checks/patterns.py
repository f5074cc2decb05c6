"""Patterns of file names: `mobile*.yaml`, `nets/**/small_*`, a folder's name.

A pattern is matched one folder after the other, with the set of places in the pattern that may come next.
The time grows with the length of the path, whatever the pattern: a regular expression with several `**`
can take forever.
"""

import fnmatch
import glob
import os
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import takewhile
from pathlib import PurePosixPath

ANY_DEPTH = "**"

Parts = tuple[str, ...]
"""A pattern or a path, split at `/`."""


@lru_cache(maxsize=1024)
def _part(pattern: str) -> re.Pattern[str]:
    """One part of a pattern: `*`, `?` and `[a-z]` match within a name."""
    return re.compile(fnmatch.translate(pattern))


def _next(pattern: Parts, places: Iterable[int]) -> set[int]:
    """The places with those that `**` also allows, as it matches no folder at all."""
    found = set()
    for place in places:
        found.add(place)
        while place < len(pattern) and pattern[place] == ANY_DEPTH:
            place += 1
            found.add(place)
    return found


def _after(pattern: Parts, places: set[int], name: str, by_any_depth: bool = True) -> set[int]:
    """The places that may come next once a name is matched, by `**` too or only by the other parts."""
    stay = {
        place for place in places if by_any_depth and place < len(pattern) and pattern[place] == ANY_DEPTH
    }
    go = {
        place + 1
        for place in places
        if place < len(pattern) and pattern[place] != ANY_DEPTH and _part(pattern[place]).match(name)
    }
    return _next(pattern, stay | go)


def _matched(pattern: str, path: Parts) -> Iterator[bool]:
    """For each beginning of a path, whether the pattern matches all of it."""
    parts = tuple(pattern.split("/"))
    places = _next(parts, {0})
    for name in path:
        places = _after(parts, places, name)
        yield len(parts) in places


def names(pattern: str, path: str) -> bool:
    """Whether a pattern matches this file; `path` is relative to the folder of the pattern.

    A pattern without `/` is matched with the file's name, with and without its ending; one with `/` with
    the path.
    """
    plain = pattern.removeprefix("./")
    if "/" in plain:
        return [False, *_matched(plain, tuple(path.split("/")))][-1]
    file = PurePosixPath(path)
    if not glob.has_magic(plain):  # a file of expected values may name thousands of specs
        return plain in (file.name, file.stem)
    return any(_part(plain).match(name) for name in (file.name, file.stem))


def excludes(patterns: Iterable[str], path: str) -> bool:
    """Whether patterns exclude this file or folder, or a folder that it is in."""
    parts = PurePosixPath(path).parts
    for pattern in patterns:
        plain = pattern.removeprefix("./").rstrip("/")
        found = _matched(plain, parts) if "/" in plain else (_part(plain).match(part) for part in parts)
        if any(found):
            return True
    return False


def expanded(pattern: str) -> list[str]:
    """The files and folders that a pattern matches, sorted.

    As in a shell, hidden names need a pattern that starts with a dot, and `**` follows no links. Links
    that lead out of the folder where the pattern starts are not followed either.
    """
    base, parts = _split(pattern)
    found = []
    ahead = [(base, _next(parts, {0}))]
    while ahead:
        folder, places = ahead.pop()
        for name, is_folder, is_link in _entries(folder):
            path = os.path.join(folder, name)
            after = _after(parts, _visible(parts, places, name), name)
            if len(parts) in after:
                found.append(path)
            if is_link:
                after = _after(parts, places, name, by_any_depth=False)
            if is_link and leads_out(path, base):
                continue
            if is_folder and any(place < len(parts) for place in after):
                ahead.append((path, after))
    return sorted(found)


def _split(pattern: str) -> tuple[str, Parts]:
    """The folder where a pattern starts, and the parts from the first wildcard on."""
    words = [part for part in pattern.split("/") if part not in ("", ".")]
    plain = list(takewhile(lambda part: not glob.has_magic(part), words))
    return os.path.join("/" if pattern.startswith("/") else "", *plain), tuple(words[len(plain) :])


def base_of(pattern: str) -> str:
    """The folder where a pattern starts: `nets` of `nets/**/*.yaml`."""
    return _split(pattern)[0]


def leads_out(path: str, top: str) -> bool:
    """Whether a path is a link to something outside of a folder."""
    if not os.path.islink(path):
        return False
    real = os.path.realpath(top)
    return os.path.commonpath((os.path.realpath(path), real)) != real


def _visible(pattern: Parts, places: set[int], name: str) -> set[int]:
    """The places that may match a name: hidden ones need a dot in the pattern."""
    if not name.startswith("."):
        return places
    return {place for place in places if place < len(pattern) and pattern[place].startswith(".")}


def _entries(folder: str) -> list[tuple[str, bool, bool]]:
    """The names in a folder, whether each is a folder and whether a link; nothing if it cannot be read."""
    try:
        with os.scandir(folder or ".") as entries:
            return [(entry.name, _is_folder(entry), entry.is_symlink()) for entry in entries]
    except OSError:
        return []


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
