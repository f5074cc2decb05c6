"""Small files that stand for much work: each is refused, or counted, within bounds that a message names.

Each runs in a child process with a limited address space, so that a missing bound fails the test and
harms nothing. The time until a child is ended is generous: machines differ, bounds do not.
"""

import os
import resource
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import mostly_slow

ADDRESS_SPACE = 2 << 30
PATIENCE = 120
"""Seconds until a child is ended."""
HEAD = "cnncalc: 1\ninput: [3, 32, 32]\n"


def child(folder: Path, *arguments: str) -> tuple[int, str]:
    """The exit code of a call, and all that it printed."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))

    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "COLUMNS": "300", "NO_COLOR": "1"}
    script = "import sys; sys.argv[0] = 'cnncalc'; from cnncalc.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        preexec_fn=limit,
    )
    return done.returncode, done.stdout + done.stderr


def listed(item: str, times: int) -> str:
    return HEAD + "layers: [" + ",".join([item] * times) + "]\n"


def numbered(line: str, times: int, head: str = HEAD) -> str:
    return head + "layers:\n" + "".join(f"- {line.format(at)}\n" for at in range(times))


SQUARED = "".join(f"  a{at + 1}: a{at}*a{at}\n" for at in range(16))
MANY = ",".join(f"v{at}: 1" for at in range(5000))
ALIASES = "".join(
    f"{b}: &{b} [{','.join([f'*{a}'] * 10)}]\n" for a, b in zip("abcdefg", "bcdefgh", strict=True)
)
STARS = ", ".join(f'"{"*" * at}conv1.1998"' for at in range(1, 600))
UNIT = "blocks:\n  unit: {layers: [relu]}\n"
SPECS: dict[str, tuple[str, str, str]] = {
    "a fraction squared again and again": (
        "show",
        f"{HEAD}vars:\n  a0: (1/3)**1000\n{SQUARED}layers: [relu]\n",
        "the number has more than 2,048 bits",
    ),
    "unknown blocks": ("show", numbered("use: blokk{}", 3000), "stopped after 100 errors"),
    "unknown kinds": ("check", listed("frob", 20_000), "stopped after 100 errors"),
    "unknown variables among many": (
        "show",
        numbered(
            "{{conv: w{}, kernel: 1}}", 500, f"{HEAD}vars: {{{','.join(f'v{n}: 1' for n in range(5000))}}}\n"
        ),
        "stopped after 100 errors",
    ),
    "long expressions": (
        "show",
        numbered("{{conv: {}" + "+1" * 400 + ", kernel: 1}}", 2000),
        "more than 500,000 characters of long expressions, each repeat counted",
    ),
    "a long expression that is repeated": (
        "show",
        f"{HEAD}layers: [{{conv: i{'+1' * 400}, kernel: 1, repeat: 50000}}]\n",
        "more than 500,000 characters of long expressions, each repeat counted",
    ),
    "references of many names": (
        "show",
        numbered('{{concat: ["s.*.relu1"], name: k{}}}', 200, f"{HEAD}{UNIT}").replace(
            "layers:\n-", "layers:\n- {use: unit, name: s, repeat: 3000}\n-"
        ),
        "the references of the network name more than 200,000 tensors",
    ),
    "patterns": (
        "check",
        f"{HEAD}freeze: [{STARS}]\nlayers: [{{conv: 3, kernel: 3, padding: same, repeat: 1999}}]\n",
        "are too many",
    ),
    "blocks that double": (
        "show",
        HEAD
        + "blocks:\n  b0: {layers: [relu]}\n"
        + "".join(f"  b{n}: {{layers: [{{use: b{n - 1}}}, {{use: b{n - 1}}}]}}\n" for n in range(1, 40))
        + "layers: [{use: b39}]\n",
        "the network exceeds 100,000 layers",
    ),
    "a jump beyond all numbers": (
        "check --verbose",
        f"{HEAD}layers: [{{maxpool: 2, padding: same, repeat: 5000}}]\n",
        "or is larger than 1,000,000,000,000,000,000",
    ),
    "a name of a million letters": (
        "show",
        f"{HEAD}layers: [{{conv: 1, kernel: 1, from: {'x' * 1_000_000}}}]\n",
        "there is no layer 'xxx",
    ),
    "a page of 3,000 layers": (
        "explain",
        f"{HEAD}layers: [{{conv: 3, kernel: 3, padding: same, repeat: 3000}}]\n",
        "at most 1,000 are explained at once",
    ),
    "a polynomial of 5,000 layers": (
        "show --symbolic c",
        f"{HEAD}vars: {{c: 3}}\nlayers: [{{conv: c, kernel: 1, repeat: 5000}}]\n",
        "takes up to 4,000 layers",
    ),
    "fields through 1,500 layers": (
        "verify",
        f"{HEAD}layers: [{{maxpool: 2, padding: same, repeat: 1500}}]\n",
        "receptive fields not measured: the network has more than 1,000 layers",
    ),
    "a worksheet of 5,000 layers": (
        "worksheet",
        f"{HEAD}layers: [{{conv: 3, kernel: 3, padding: same, repeat: 5000}}]\n",
        "conv1.4999",
    ),
}


@pytest.mark.parametrize("bomb", mostly_slow(SPECS, quick=(0, 1, 2)))
def test_a_spec_is_bounded(bomb: str, tmp_path: Path) -> None:
    command, text, said = SPECS[bomb]
    (tmp_path / "bomb.yaml").write_text(text, encoding="utf-8")
    name, *options = command.split()
    code, out = child(tmp_path, name, "bomb.yaml", *options)
    assert said in out, out[-2000:]
    assert code in (0, 1, 2)


LARGE = {
    "unknown kinds by the million": (listed("frob", 1_300_000), "the file has more than 800,000 values"),
    "empty mappings": (listed("{}", 2_000_000), "the file has more than 800,000 values"),
    "empty items": ("-\n" * 3_900_000, "the file has more than 800,000 values"),
    "an alias of aliases": (
        "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
        + "".join(
            f"{b}: &{b} [{','.join([f'*{a}'] * 10)}]\n" for a, b in zip("abcdefg", "bcdefgh", strict=True)
        ),
        "the aliases expand to more than 800,000 values",
    ),
    "keys that are there already": ("{" + ",".join(["a: 1"] * 300_000) + "}", "stopped after 100 errors"),
    "digits": (f"{HEAD}layers: [{{conv: {'9' * 7_000_000}, kernel: 1}}]\n", "longer than 1000 characters"),
}


@pytest.mark.slow
@pytest.mark.parametrize("part", ["expect", "budget"])
def test_a_key_of_many_patterns_is_bounded(part: str, tmp_path: Path) -> None:
    limit = "params: 3" if part == "expect" else "params: {max: 3}"
    names = "".join(f"    '*{at}*': {{{limit}}}\n" for at in range(20_000))
    (tmp_path / "key.yaml").write_text(f"{part}:\n  layers:\n{names}", encoding="utf-8")
    layers = "layers: [{conv: 8, kernel: 3, padding: same, repeat: 1000}]\n"
    (tmp_path / "net.yaml").write_text(f"{HEAD}{layers}", encoding="utf-8")
    code, out = child(tmp_path, "check", "net.yaml", "--expect", "key.yaml")
    assert "at most 499 patterns with a * for a network of this size; they are in key.yaml" in out
    assert code == 2


@pytest.mark.slow
@pytest.mark.parametrize("bomb", LARGE)
def test_a_large_file_is_bounded(bomb: str, tmp_path: Path) -> None:
    text, said = LARGE[bomb]
    (tmp_path / "bomb.yaml").write_text(text, encoding="utf-8")
    code, out = child(tmp_path, "show", "bomb.yaml")
    assert said in out, out[-2000:]
    assert code in (1, 2)


def array(dims: str) -> bytes:
    """The header of an array of the given shape."""
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {dims}}}".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header) + 1) + header + b"\n"


def unpacks_to_4_gigabytes(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("conv1.weight.npy", array("(1000000000,)") + bytes(1_000_000))
    data = path.read_bytes()
    at = data.rindex(b"PK\x01\x02") + 24
    path.write_bytes(data[:at] + struct.pack("<I", 4_000_000_000) + data[at + 4 :])


def many_arrays(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for at in range(20_001):
            archive.writestr(f"a{at}.npy", array("()") + bytes(4))


@pytest.mark.parametrize(
    ("make", "said"),
    mostly_slow([(unpacks_to_4_gigabytes, "it unpacks to 4.0 GB"), (many_arrays, "at most 20,000 are read")]),
)
def test_an_archive_is_bounded(make: Callable[[Path], None], said: str, tmp_path: Path) -> None:
    make(tmp_path / "bomb.npz")
    (tmp_path / "net.yaml").write_text(f"{HEAD}layers: [{{conv: 4, kernel: 3}}]\n", encoding="utf-8")
    for option in ("--weights", "--data"):
        code, out = child(tmp_path, "run", "net.yaml", option, "bomb.npz")
        assert said in out
        assert code == 2


def test_a_search_says_that_it_stopped(tmp_path: Path) -> None:
    layers = ["conv: ?, kernel: 3"] * 5
    code, out = child(
        tmp_path, "solve", *layers, "--input", "32x32x3", "--params", "123457", "--seconds", "0.5"
    )
    assert "stopped before all values were tried" in out
    assert code in (0, 1)


def test_patterns_of_layers_match_in_linear_time() -> None:
    from cnncalc.graph import matches_subtree, naming

    name = "a.aa" * 2000
    assert not naming("**.a*a*" * 12 + "b")(name)
    assert naming("**." * 12 + "aa")(name)
    assert not matches_subtree("*a" * 20 + "b")(name)
    assert matches_subtree("*a" * 20)(name)
