"""Available memory, from the files of various systems."""

from pathlib import Path

import pytest

from cnncalc.executor.runtime import machine
from cnncalc.executor.runtime.machine import available

GB = 10**9
FREE = "MemTotal:       24000000 kB\nMemAvailable:   20000000 kB\n"

SYSTEMS: dict[str, tuple[dict[str, str], int]] = {
    "a machine of its own": ({"proc/meminfo": FREE}, 20_000_000 * 1024),
    "a second-version group, seen as the topmost": (
        {
            "proc/meminfo": FREE,
            "proc/self/cgroup": "0::/\n",
            "sys/fs/cgroup/memory.max": "2000000000\n",
            "sys/fs/cgroup/memory.current": "500000000\n",
        },
        1_500_000_000,
    ),
    "files that were read give way": (
        {
            "proc/meminfo": FREE,
            "proc/self/cgroup": "0::/\n",
            "sys/fs/cgroup/memory.max": "2000000000\n",
            "sys/fs/cgroup/memory.current": "1900000000\n",
            "sys/fs/cgroup/memory.stat": "anon 200000000\ninactive_file 1600000000\n",
        },
        1_700_000_000,
    ),
    "a group inside one with less": (
        {
            "proc/meminfo": FREE,
            "proc/self/cgroup": "0::/jobs/one\n",
            "sys/fs/cgroup/jobs/one/memory.max": "max\n",
            "sys/fs/cgroup/jobs/one/memory.current": "0\n",
            "sys/fs/cgroup/jobs/memory.max": "3000000000\n",
            "sys/fs/cgroup/jobs/memory.current": "1000000000\n",
        },
        2 * GB,
    ),
    "a first-version group": (
        {
            "proc/meminfo": FREE,
            "proc/self/cgroup": "5:cpu:/\n4:memory:/docker/abc\n0::/\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "4000000000\n",
            "sys/fs/cgroup/memory/memory.usage_in_bytes": "3500000000\n",
            "sys/fs/cgroup/memory/memory.stat": "inactive_file 1\ntotal_inactive_file 500000000\n",
        },
        GB,
    ),
    "a group without a limit": (
        {
            "proc/meminfo": FREE,
            "proc/self/cgroup": "4:memory:/\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
            "sys/fs/cgroup/memory/memory.usage_in_bytes": "3500000000\n",
        },
        20_000_000 * 1024,
    ),
    "a group that uses more than it may": (
        {
            "proc/meminfo": FREE,
            "proc/self/cgroup": "0::/\n",
            "sys/fs/cgroup/memory.max": "1000\n",
            "sys/fs/cgroup/memory.current": "2000\n",
        },
        0,
    ),
    "damaged files": (
        {
            "proc/meminfo": FREE,
            "proc/self/cgroup": "rubbish\n0::/\n",
            "sys/fs/cgroup/memory.max": "",
            "sys/fs/cgroup/memory.current": "x",
        },
        20_000_000 * 1024,
    ),
}


@pytest.mark.parametrize("system", SYSTEMS)
def test_what_is_left_is_the_least_of_all_limits(system: str, tmp_path: Path) -> None:
    files, expected = SYSTEMS[system]
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert available(tmp_path) == expected


def test_the_address_space_that_a_shell_allows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import resource

    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/meminfo").write_text(FREE)
    (tmp_path / "proc/self/statm").write_text("1000 500 300 1 0 400 0\n")
    monkeypatch.setattr(resource, "getrlimit", lambda _: (GB, GB))
    assert available(tmp_path) == GB - 1000 * resource.getpagesize()


def test_an_unknown_system_gives_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(_: str) -> int:
        raise ValueError("unrecognized configuration name")

    monkeypatch.setattr(machine.os, "sysconf", unknown)
    assert available(tmp_path) is None


def test_this_machine_has_some() -> None:
    found = available()
    assert found is None or 0 < found < 2**50
