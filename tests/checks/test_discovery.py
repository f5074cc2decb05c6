"""Which files a check finds in folders with files of many types."""

import os
from pathlib import Path

import pytest

import cnncalc
from cnncalc import Results
from cnncalc.checks.discovery import NOT_A_SPEC, NothingFoundError, Search, is_spec

NET = b"cnncalc: 1\ninput: [3, 8, 8]\nlayers: [relu]\n"
COMPOSE = b"services:\n  cnncalc:\n    image: x\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    return tmp_path


def write(folder: Path, *paths: str, data: bytes = NET) -> None:
    for path in paths:
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)


def checked(results: Results) -> list[str]:
    return [file.path for file in results.files]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (NET, True),
        (b"\xef\xbb\xbf" + NET, True),
        (b"# a comment\n\n   # another\n" + NET, True),
        (b"# a comment\r\n\r\n" + NET.replace(b"\n", b"\r\n"), True),
        (b"%YAML 1.2\n---\n" + NET, True),
        (b'"cnncalc": 1\n', True),
        (b"{cnncalc: 1, input: [3]}", True),
        (b"cnncalc:\n", True),
        (b"name: the mark on another line\n" + NET, True),
        (COMPOSE, False),
        (b"name: x\ncnncalc:\n  strict: true\n", False),
        (b"cnncalculate: 1\n", False),
        (b"# cnncalc: 1\n", False),
        (b"", False),
        (b"key: \0\x01", True),
    ],
)
def test_which_files_look_like_specs(data: bytes, expected: bool, folder: Path) -> None:
    write(folder, "a.yaml", data=data)
    assert is_spec("a.yaml") is expected


def test_folders_are_searched_in_order_and_some_are_skipped(folder: Path) -> None:
    write(folder, "b.yaml", "a.yml", "nets/z.yaml", "nets/deep/a.yaml", "c.txt", "d.json")
    write(folder, ".hidden/a.yaml", ".venv/a.yaml", "node_modules/a.yaml", "nets/__pycache__/a.yaml")
    assert checked(cnncalc.check_paths()) == ["a.yml", "b.yaml", "nets/z.yaml", "nets/deep/a.yaml"]
    assert checked(cnncalc.check_paths([folder / "nets"])) == ["nets/z.yaml", "nets/deep/a.yaml"]


def test_files_found_twice_are_checked_once(folder: Path) -> None:
    write(folder, "nets/a.yaml")
    (folder / "again.yaml").symlink_to("nets/a.yaml")
    (folder / "linked").symlink_to("nets")
    (folder / "nets" / "loop").symlink_to("..")
    (folder / "nets" / "self").symlink_to(".")
    paths = [".", "nets", "nets/a.yaml", "nets/*.yaml", "./nets/../nets/a.yaml", str(folder / "nets")]
    assert checked(cnncalc.check_paths(paths)) == ["again.yaml"]
    assert checked(cnncalc.check_paths(["nets/a.yaml", "."])) == ["nets/a.yaml"]


def test_patterns(folder: Path) -> None:
    write(folder, "nets/a.yaml", "nets/deep/b.yaml", "nets/deep/c.txt", "other/a.yaml")
    assert checked(cnncalc.check_paths(["nets/**/*.yaml"])) == ["nets/a.yaml", "nets/deep/b.yaml"]
    assert checked(cnncalc.check_paths(["*/a.yaml"])) == ["nets/a.yaml", "other/a.yaml"]
    assert checked(cnncalc.check_paths(["ne*"])) == ["nets/a.yaml", "nets/deep/b.yaml"]
    with pytest.raises(NothingFoundError, match="no file matches"):
        cnncalc.check_paths(["nothing*.yaml"])


def test_a_file_whose_name_looks_like_a_pattern(folder: Path) -> None:
    write(folder, "net[1].yaml")
    assert checked(cnncalc.check_paths(["net[1].yaml"])) == ["net[1].yaml"]


def test_unusual_files_are_each_reported_once(folder: Path) -> None:
    write(folder, "good.yaml")
    write(folder, "docker-compose.yaml", data=COMPOSE)
    write(folder, "broken.yaml", data=b"cnncalc: 1\ninput: [3\n")
    write(folder, "binary.yaml", data=b"\x89PNG\0\0")
    write(folder, "latin.yaml", data=NET + b"name: caf\xe9\n")
    write(folder, "utf16.yaml", data=NET.decode().encode("utf-16"))
    write(folder, "foreign_latin.yaml", data=b"name: caf\xe9\n")
    (folder / "dangling.yaml").symlink_to("nowhere.yaml")
    (folder / "dir.yaml").mkdir()
    os.mkfifo(folder / "pipe.yaml")
    results = cnncalc.check_paths(["."])
    found = [
        (file.path, problem.code, problem.message) for file in results.files for problem in file.findings
    ]
    assert found == [
        ("binary.yaml", "unreadable", "the file is binary, not text"),
        ("broken.yaml", "yaml", "unclosed `[` (noticed on line 3)"),
        ("dangling.yaml", "unreadable", "cannot be read: No such file or directory"),
        ("latin.yaml", "unreadable", "byte 53 is not UTF-8"),
        ("utf16.yaml", "unreadable", "the file is UTF-16"),
    ]
    assert [file.is_usable for file in results.files] == [False, True, False, True, False, False]
    assert [(each.path, each.reason) for each in results.passed_over] == [
        ("docker-compose.yaml", NOT_A_SPEC),
        ("foreign_latin.yaml", NOT_A_SPEC),
        ("pipe.yaml", "not a regular file"),
    ]


def test_a_file_given_by_name_is_always_checked(folder: Path) -> None:
    write(folder, "compose.yaml", data=COMPOSE)
    write(folder, "net.txt")
    results = cnncalc.check_paths(["compose.yaml", "net.txt"])
    assert "no-version" in {problem.code for problem in results.files[0].findings}
    assert results.files[1].holds
    search = Search(skip_foreign=True)
    search.add("compose.yaml")
    search.add("net.txt")
    assert [candidate.path for candidate in search.candidates] == ["net.txt"]


def test_include_and_exclude(folder: Path) -> None:
    write(folder, "a.yaml", "b.spec", "old/c.yaml", "nets/d.draft.yaml", "nets/e.yaml")
    (folder / "cnncalc.toml").write_text(
        'include = ["*.yaml", "*.spec"]\nexclude = ["old", "*.draft.yaml"]\n'
    )
    assert checked(cnncalc.check_paths()) == ["a.yaml", "b.spec", "nets/e.yaml"]
    assert checked(cnncalc.check_paths(["old/c.yaml"])) == ["old/c.yaml"], (
        "a file given by name is always checked"
    )
    search = Search(skip_foreign=True)
    search.add("old/c.yaml")
    assert not search.candidates


def test_bundled_names_and_unknown_names(folder: Path) -> None:
    assert checked(cnncalc.check_paths(["lenet5", "lenet5"])) == ["lenet5"]
    with pytest.raises(NothingFoundError, match="did you mean 'resnet50'"):
        cnncalc.check_paths(["resnet5O"])
    with pytest.raises(NothingFoundError):
        cnncalc.check_paths(["x" * 300])


def test_several_processes_give_the_same_results_in_the_same_order(folder: Path) -> None:
    for number in range(12):
        data = NET.replace(b"relu", b"{conv: %d, kernel: 3}" % (number + 1)) + b"budget: {params: 200}\n"
        write(folder, f"{number:02}.yaml", data=data)
    alone, together = (cnncalc.check_paths(jobs=jobs) for jobs in (1, 3))
    assert len(alone.files) == 12
    assert not alone.holds
    assert alone == together
