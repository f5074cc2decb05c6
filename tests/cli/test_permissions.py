"""Files and folders without read or write permission."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import TINY, as_ordinary_user
from tests.conftest import mostly_slow

TREE = ("a.yaml", "unread.yaml", "shut/b.yaml", "entered_only/c.yaml", "listed_only/d.yaml")
MODES = {"unread.yaml": 0, "shut": 0, "entered_only": 0o111, "listed_only": 0o444, "read_only": 0o555}
HINT = "add it to `exclude` in cnncalc.toml to skip it"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project in which most files are unreadable or read-only."""
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


def test_each_unreadable_file_is_reported_once(tree: Path) -> None:
    done = as_ordinary_user("check", "--format", "concise", str(tree))
    assert (done.code, done.err) == (2, "")
    assert done.out.splitlines() == [
        "unread.yaml: error: cannot be read: Permission denied [unreadable]",
        "listed_only/d.yaml: error: cannot be read: Permission denied [unreadable]",
        f"entered_only: error: cannot be read: Permission denied; {HINT} [unreadable]",
        f"shut: error: cannot be read: Permission denied; {HINT} [unreadable]",
    ]


def test_excluded_folders_are_not_opened(tree: Path) -> None:
    (tree / "cnncalc.toml").write_text('exclude = ["shut", "*_only", "unread.yaml"]\n', encoding="utf-8")
    done = as_ordinary_user("check")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("1 spec checked")


@pytest.mark.parametrize(
    ("arguments", "said"),
    mostly_slow(
        [
            (("check", "unread.yaml"), "cannot be read: Permission denied\n --> unread.yaml"),
            (("check", "shut"), "cannot be read: Permission denied\n --> shut"),
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
def test_missing_permission_is_2_with_the_path(arguments: tuple[str, ...], said: str, tree: Path) -> None:
    assert tree.is_dir()
    done = as_ordinary_user(*arguments)
    assert done.code == 2
    assert said in done.out + done.err
    assert "Traceback" not in done.err


def test_a_file_is_checked_from_an_unreadable_folder(tree: Path) -> None:
    assert as_ordinary_user("check", str(tree / "entered_only" / "c.yaml")).code == 0


def test_an_unreadable_configuration_is_an_error(tree: Path) -> None:
    (tree / "cnncalc.toml").write_text("strict = true\n", encoding="utf-8")
    (tree / "cnncalc.toml").chmod(0)
    done = as_ordinary_user("check", "a.yaml")
    assert (done.code, done.out) == (2, "")
    assert done.err == "error[unreadable]: cannot be read: Permission denied\n --> cnncalc.toml\n"
