"""A project with one small spec, and its findings."""

from pathlib import Path

import pytest

import cnncalc

NET = "cnncalc: 1\nname: net\ninput: [3, 8, 8]\nlayers:\n  - {conv: 4, kernel: 3, name: stem}\n"
"""112 parameters, 3,888 MACs, a receptive field of 3."""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a spec; `.git` stops the search in folders above."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    (tmp_path / "net.yaml").write_text(NET, encoding="utf-8")
    return tmp_path


def messages(*paths: str, **options: object) -> list[str]:
    """The findings in some specs, one line each."""
    results = cnncalc.check_paths(paths or ("net.yaml",), **options)  # type: ignore[arg-type]
    return [f"{problem.level}: {problem.message}" for file in results.files for problem in file.findings]
