"""Whether a network fits in the memory of this machine, asked before it is run."""

import os
from pathlib import Path

from cnncalc.analysis import Report, analyze
from cnncalc.problems import SpecError
from cnncalc.shapes import Shape
from cnncalc.spec import Spec, rebuilt

MEMINFO = Path("/proc/meminfo")
CGROUPS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
)
"""Where a container's limit and what it uses stand, in the second and the first version."""

WORKSPACE = 16 << 20
"""Bytes for windows written side by side, and for what Python itself takes on."""

BYTES = {"float32": 4, "float64": 8}


class TooLargeError(MemoryError):
    """A network that would not fit in memory; the message says what would."""


def available() -> int | None:
    """Bytes that can still be used; None where the system does not say."""
    free = [left for left in (_free(), *(_left(*files) for files in CGROUPS)) if left is not None]
    return min(free, default=None)


def _free() -> int | None:
    try:
        for line in MEMINFO.read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def _left(limit: str, used: str) -> int | None:
    try:
        return max(int(Path(limit).read_text()) - int(Path(used).read_text()), 0)
    except (OSError, ValueError):  # there is no such group, or no limit ("max")
        return None


def needed(report: Report, data_type: str = "float32") -> int:
    """Bytes that running a batch takes: weights, as they are and prepared, the peak of the activations, and
    the largest input once more, with its border."""
    size = BYTES[data_type]
    weights = report.totals.params.total + report.totals.buffers
    peak = max(row.alive for row in (report.entry, *report.layers)) // 4
    largest = max(
        shape.size for row in (report.entry, *report.layers) for shape in row.reads or (row.output,)
    )
    return size * (2 * weights + peak + 2 * largest * report.batch) + WORKSPACE


def refuse(spec: Spec, batch: int = 1, data_type: str = "float32", room: int | None = None) -> None:
    """Raises TooLargeError where running a batch takes more than the memory that is free (or `room`)."""
    free = available() if room is None else room
    if free is None:
        return
    need = needed(analyze(spec, batch=batch), data_type)
    if need > free:
        message = f"running {_what(spec, batch)} takes about {_text(need)}, and {_text(free)} are free"
        raise TooLargeError(f"{message}; {_would_fit(spec, batch, data_type, free)}")


def _what(spec: Spec, batch: int) -> str:
    shape = spec.graph.nodes[0].shape.text(spec.layout)
    return f"a batch of {batch} of {shape}" if batch > 1 else shape


def _text(count: int) -> str:
    for unit, size in (("GB", 10**9), ("MB", 10**6)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count / 1000:.0f} KB"


def _would_fit(spec: Spec, batch: int, data_type: str, free: int) -> str:
    """The largest batch, or else the largest smaller input, that fits."""
    fitting = batch // 2
    while fitting and needed(analyze(spec, batch=fitting), data_type) > free:
        fitting //= 2
    if fitting:
        return f"--batch {fitting} would fit"
    shape = spec.graph.nodes[0].shape
    for half in (2, 4, 8, 16):
        smaller = Shape(shape.channels, tuple(-(-n // half) for n in shape.spatial))
        try:
            other = rebuilt(spec, {}, smaller.text(spec.layout).replace("×", "x"))
        except SpecError:
            continue
        if needed(analyze(other), data_type) <= free:
            return f"--input {smaller.text(spec.layout).replace('×', 'x')} --batch 1 would fit"
    return "its weights alone are too many"
