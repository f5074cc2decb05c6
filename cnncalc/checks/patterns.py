"""Patterns of file names: `mobile*.yaml`, `nets/**/small_*`, a folder's name."""

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import PurePosixPath

SIGNS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


@lru_cache(maxsize=256)
def _regex(pattern: str) -> re.Pattern[str]:
    parts = re.findall(r"\*\*/|\*\*|\*|\?|\[[^\]]+\]|[^*?\[]+|\[", pattern)
    return re.compile("".join(_translated(part) for part in parts), re.DOTALL)


def _translated(part: str) -> str:
    if part.startswith("[") and part.endswith("]") and len(part) > 2:
        return (
            f"[{'^' if part[1] == '!' else ''}{re.escape(part[1:].lstrip('!')).replace(chr(92) + '-', '-')}]"
        )
    return SIGNS.get(part) or re.escape(part)


def names(pattern: str, path: str) -> bool:
    """Whether a pattern means this file; `path` is relative to where the pattern stands.

    One without `/` is about the file's name, with its ending or without; one with `/` about the path.
    """
    plain = pattern.removeprefix("./")
    if "/" in plain:
        return _regex(plain).fullmatch(path) is not None
    file = PurePosixPath(path)
    return any(_regex(plain).fullmatch(name) for name in (file.name, file.stem))


def excludes(patterns: Iterable[str], path: str) -> bool:
    """Whether patterns leave this file or folder out, or a folder that it is in."""
    parts = PurePosixPath(path).parts
    wholes = ["/".join(parts[:number]) for number in range(1, len(parts) + 1)]
    for pattern in patterns:
        plain = pattern.removeprefix("./").rstrip("/")
        regex = _regex(plain)
        if any(regex.fullmatch(each) for each in (wholes if "/" in plain else parts)):
            return True
    return False
