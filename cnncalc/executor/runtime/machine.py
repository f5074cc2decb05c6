"""How much memory is available: of the machine, of the container, under the shell's limit."""

import os
from collections.abc import Iterator
from pathlib import Path

ROOT = Path("/")
"""Under which the system's files stand."""

INACTIVE = {"memory.max": "inactive_file", "memory.limit_in_bytes": "total_inactive_file"}
"""What a group's statistics call the files that it has read and that give way."""

USED = {"memory.max": "memory.current", "memory.limit_in_bytes": "memory.usage_in_bytes"}
"""The file of a group that says what it uses, by the file of its limit, in either version."""


def available(root: Path = ROOT) -> int | None:
    """Bytes that can still be used; None where the system does not say, as macOS and Windows do not."""
    limits = [_free(root), _address_space(root), *map(_left, _groups(root))]
    return min((left for left in limits if left is not None), default=None)


def _free(root: Path) -> int | None:
    """What Linux can give without swapping; elsewhere the pages that are free."""
    try:
        for line in (root / "proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf, macOS not this name
        return None


def _address_space(root: Path) -> int | None:
    """What `ulimit -v` leaves."""
    try:
        import resource  # there is none on Windows

        limit, _ = resource.getrlimit(resource.RLIMIT_AS)
        if limit == resource.RLIM_INFINITY:
            return None
        pages = int((root / "proc/self/statm").read_text(encoding="ascii").split()[0])
        return max(limit - pages * resource.getpagesize(), 0)
    except (ImportError, OSError, ValueError, IndexError):
        return None


def _groups(root: Path) -> Iterator[Path]:
    """The limits of the control groups that this process stands in, and of those above them.

    A container often shows its own group as the topmost, under another name: that one is always asked.
    """
    try:
        lines = (root / "proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        number, _, rest = line.partition(":")
        controllers, _, name = rest.partition(":")
        if number == "0":
            mount, limit = root / "sys/fs/cgroup", "memory.max"
        elif "memory" in controllers.split(","):
            mount, limit = root / "sys/fs/cgroup/memory", "memory.limit_in_bytes"
        else:
            continue
        folder = Path(name.lstrip("/"))
        for inner in (folder, *folder.parents):
            yield mount / inner / limit


def _left(limit: Path) -> int | None:
    """What a group may still use: files that it has read give way. None without such a group or limit."""
    try:
        most = int(limit.read_text(encoding="ascii"))  # "max" is none
        used = int(limit.with_name(USED[limit.name]).read_text(encoding="ascii"))
        return max(most - used + _reclaimable(limit), 0)
    except (OSError, ValueError):
        return None


def _reclaimable(limit: Path) -> int:
    try:
        lines = limit.with_name("memory.stat").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.split()[0] == INACTIVE[limit.name])
    except (OSError, ValueError, IndexError, StopIteration):
        return 0
