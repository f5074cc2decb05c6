"""A check stays in the folder that it is given, and takes no configuration of strangers."""

from pathlib import Path

import pytest

from cnncalc.checks.configuration import limit_of
from cnncalc.checks.discovery import LEADS_OUT, Search

SPEC = "cnncalc: 1\ninput: [1, 4, 4]\nlayers: [relu]\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of one spec with links into itself and out of it, and a neighbour with a broken setting."""
    for name in ("project/in/a.yaml", "stranger/b.yaml"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(SPEC)
    (tmp_path / "stranger" / "cnncalc.toml").write_text("broken = [")
    links = {"out": "../stranger", "file.yaml": "../stranger/b.yaml", "inside": "in", "processes": "/proc"}
    for name, to in links.items():
        (tmp_path / "project" / name).symlink_to(to)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(*paths: str) -> tuple[list[str], list[str]]:
    """The specs that are found, and the links that are not followed."""
    search = Search()
    for path in paths:
        search.add(path)
    links = [each.path for each in search.passed_over if each.reason == LEADS_OUT]
    return [each.path for each in search.candidates], sorted(links)


OUT = ["project/file.yaml", "project/out", "project/processes"]


@pytest.mark.parametrize(
    ("path", "specs", "links"),
    [
        ("project", ["project/in/a.yaml"], OUT),
        ("project/", ["project/in/a.yaml"], OUT),
        ("./project/../project", ["project/in/a.yaml"], OUT),
        ("project/*", ["project/in/a.yaml"], OUT),
        ("project/**/*.yaml", ["project/in/a.yaml"], ["project/file.yaml"]),
        ("project/file.yaml", ["project/file.yaml"], []),
        ("project/in/*.yaml", ["project/in/a.yaml"], []),
        ("project/inside", ["project/inside/a.yaml"], []),
    ],
)
def test_links_out_of_the_folder_are_not_followed(
    path: str, specs: list[str], links: list[str], project: Path
) -> None:
    assert project.is_dir()
    assert found(path) == (specs, links)


def test_a_link_that_is_named_is_followed(project: Path) -> None:
    (project / "stranger" / "cnncalc.toml").unlink()
    assert found("project/out") == (["project/out/b.yaml"], [])
    assert found("project/out/*.yaml") == (["project/out/b.yaml"], [])


@pytest.mark.parametrize(
    ("folder", "here", "repository", "limit"),
    [
        ("a/b", "other", None, "a/b"),
        ("a/b", "a", None, "a"),
        ("a/b", "a/b", None, "a/b"),
        ("a/b", "other", "a", "a"),
        ("a/b/c", "a/b/c", "a", "a"),
        ("a/b", ".", "a/b", "a/b"),
    ],
)
def test_configurations_are_taken_up_to_the_top_of_the_repository(
    folder: str,
    here: str,
    repository: str | None,
    limit: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in (folder, here):
        (tmp_path / name).mkdir(parents=True, exist_ok=True)
    if repository:
        (tmp_path / repository / ".git").mkdir()
    monkeypatch.chdir(tmp_path / here)
    assert limit_of(tmp_path / folder) == tmp_path / limit


def test_a_configuration_above_the_project_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "a.yaml").write_text(SPEC)
    (tmp_path / "cnncalc.toml").write_text("broken = [")
    monkeypatch.chdir(tmp_path / "project")
    assert found(".") == (["a.yaml"], [])
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    search = Search()
    search.add(str(tmp_path / "project"))
    assert len(search.candidates) == 1


def test_the_configuration_of_the_current_folder_is_not_that_of_its_neighbour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
    (tmp_path / "there" / "a.yaml").write_text(SPEC)
    (tmp_path / "here" / "cnncalc.toml").write_text("broken = [")
    monkeypatch.chdir(tmp_path / "here")
    assert found("../there") == (["../there/a.yaml"], [])
