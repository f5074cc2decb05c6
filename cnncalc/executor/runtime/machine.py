"""The available memory: of the machine, the container, and within the shell's limit."""

import os
from collections.abc import Iterator
from pathlib import Path

ROOT = Path("/")
"""The root of the system's files."""

INACTIVE = {"memory.max": "inactive_file", "memory.limit_in_bytes": "total_inactive_file"}
"""The name of reclaimable file cache in a group's statistics."""

USED = {"memory.max": "memory.current", "memory.limit_in_bytes": "memory.usage_in_bytes"}
"""A group's usage file for its limit file, in both cgroup versions."""


def available(root: Path = ROOT) -> int | None:
    """Bytes that can be used; None if unknown, as on macOS and Windows."""
    limits = [_free(root), _address_space(root), *map(_left, _groups(root))]
    return min((left for left in limits if left is not None), default=None)


def _free(root: Path) -> int | None:
    """Available memory without swapping on Linux; free pages elsewhere."""
    try:
        for line in (root / "proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # no sysconf on Windows, unknown name on macOS
        return None


def _address_space(root: Path) -> int | None:
    """The remaining address space under `ulimit -v`."""
    try:
        import resource  # not available on Windows

        limit, _ = resource.getrlimit(resource.RLIMIT_AS)
        if limit == resource.RLIM_INFINITY:
            return None
        pages = int((root / "proc/self/statm").read_text(encoding="ascii").split()[0])
        return max(limit - pages * resource.getpagesize(), 0)
    except (ImportError, OSError, ValueError, IndexError):
        return None


def _groups(root: Path) -> Iterator[Path]:
    """The limit files of this process's control groups and their parents.

    The root is always included: a container often sees its own group there, under another name.
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
    """The remaining memory of a group, including reclaimable cache; None without a group or limit."""
    try:
        most = int(limit.read_text(encoding="ascii"))  # "max" means no limit
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
