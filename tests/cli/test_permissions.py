"""Files and folders that may not be read or written, for somebody whom permissions bind."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import TINY, as_anybody
from tests.conftest import mostly_slow

TREE = ("a.yaml", "unread.yaml", "shut/b.yaml", "entered_only/c.yaml", "listed_only/d.yaml")
MODES = {"unread.yaml": 0, "shut": 0, "entered_only": 0o111, "listed_only": 0o444, "read_only": 0o555}
HINT = "`exclude` in cnncalc.toml leaves it out"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project in which most may not be touched."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    for name in TREE:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(TINY, encoding="utf-8")
    (tmp_path / "read_only").mkdir()
    for name, mode in MODES.items():
        (tmp_path / name).chmod(mode)
    yield tmp_path
    for name in MODES:
        (tmp_path / name).chmod(0o755)


def test_what_may_not_be_read_is_each_said_once(tree: Path) -> None:
    done = as_anybody("check", "--format", "concise", str(tree))
    assert (done.code, done.err) == (2, "")
    assert done.out.splitlines() == [
        "unread.yaml: error: cannot be read: Permission denied [unreadable]",
        "listed_only/d.yaml: error: cannot be read: Permission denied [unreadable]",
        f"entered_only: error: cannot be entered: Permission denied; {HINT} [unreadable]",
        f"shut: error: cannot be entered: Permission denied; {HINT} [unreadable]",
    ]


def test_what_is_left_out_may_stay_shut(tree: Path) -> None:
    (tree / "cnncalc.toml").write_text('exclude = ["shut", "*_only", "unread.yaml"]\n', encoding="utf-8")
    done = as_anybody("check")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("1 spec checked")


@pytest.mark.parametrize(
    ("arguments", "said"),
    mostly_slow(
        [
            (("check", "unread.yaml"), "cannot be read: Permission denied\n --> unread.yaml"),
            (("check", "shut"), "cannot be entered: Permission denied\n --> shut"),
            (("check", "shut/b.yaml"), "cnncalc: shut/b.yaml: cannot be read: Permission denied\n"),
            (("check", "listed_only/d.yaml"), "listed_only/d.yaml: cannot be read: Permission denied\n"),
            (("check", "a.yaml", "--expect", "unread.yaml"), "Permission denied\n --> unread.yaml"),
            (
                ("check", "a.yaml", "--output", "read_only/x.json"),
                "read_only/x.json cannot be written: there is no permission",
            ),
            (("diff", "a.yaml", "unread.yaml"), "cannot be read: Permission denied\n --> unread.yaml"),
            (("unread.yaml",), "cannot be read: Permission denied\n --> unread.yaml"),
            (("init", "read_only/net.yaml"), "read_only/net.yaml cannot be written: there is no permission"),
            (("init", "unread.yaml", "--force"), "unread.yaml cannot be written: there is no permission"),
        ],
        (1, 5, 7),
    ),
)
def test_what_may_not_be_touched_is_2_and_names_it(arguments: tuple[str, ...], said: str, tree: Path) -> None:
    assert tree.is_dir()
    done = as_anybody(*arguments)
    assert done.code == 2
    assert said in done.out + done.err
    assert "Traceback" not in done.err


def test_from_a_folder_that_may_only_be_entered_a_file_is_checked(tree: Path) -> None:
    assert as_anybody("check", str(tree / "entered_only" / "c.yaml")).code == 0


def test_a_configuration_that_may_not_be_read_is_not_passed_over(tree: Path) -> None:
    (tree / "cnncalc.toml").write_text("strict = true\n", encoding="utf-8")
    (tree / "cnncalc.toml").chmod(0)
    done = as_anybody("check", "a.yaml")
    assert (done.code, done.out) == (2, "")
    assert done.err == "error[unreadable]: cannot be read: Permission denied\n --> cnncalc.toml\n"
