"""The README and the guide: every code block is run, every link is followed, every command is documented.

How a block is tested depends on its language:

- `console`: each `$ cnncalc …` is run, and must print what is shown. `pytest --refresh` rewrites it.
- `python`: run by pytest as a doctest.
- `yaml`: a spec must be valid and meet its claims; a list of layers must be valid after `INPUT`.
- `bash`: each `cnncalc …` is run, without an error message; other commands are checked for syntax only.
- `toml` and `json` are parsed.

The README's commands run in the root of the repository. Those of a page of the guide run in an empty folder,
to which each block with a title, such as ```yaml title="net.yaml", is written first.
"""

import json
import re
import shlex
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from cnncalc import analyze, check, load
from cnncalc.cli.commands import MODULES
from cnncalc.guide import TOPICS, page_path, summary, topic_of
from cnncalc.quantities import QUANTITIES, Quantity
from tests.cli.conftest import Run, cnncalc  # noqa: F401 - the fixture
from tests.conftest import assert_same

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
GUIDE = [page_path(topic) for topic in TOPICS]
PAGES = [README, *GUIDE]

BLOCK = re.compile(r'^```(\w*)(?: title="([^"\n]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
SECONDS = re.compile(r"\d+\.\d s$", re.MULTILINE)
"""How long something took, which differs from run to run."""

INPUT = "cnncalc: 1\ninput: [64, 56, 56]\nlayers:\n"
"""What a list of layers is tested after."""

each_page = pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
each_topic = pytest.mark.parametrize("topic", TOPICS)


def blocks(text: str, language: str) -> list[str]:
    """The blocks of a language."""
    return [block[3] for block in BLOCK.finditer(text) if block[1] == language]


def prose(text: str) -> str:
    """A page without its blocks."""
    return BLOCK.sub("", text)


def names_of(word: str) -> list[str]:
    """A word as a shell expands it: `specs/*.yaml` are files."""
    return sorted(map(str, Path().glob(word))) or [word] if "*" in word else [word]


def arguments_of(line: str) -> list[str]:
    """The words after `cnncalc`."""
    return [name for word in shlex.split(line)[1:] for name in names_of(word)]


def console(block: str, run: Run) -> str:
    """The block as it must be: each command, and below it what it prints."""
    parts = []
    for line in block.splitlines():
        if line.startswith("$ "):
            assert line.startswith("$ cnncalc "), f"only cnncalc is run: {line}"
            done = run(*arguments_of(line.removeprefix("$ ")))
            gap = "\n" if parts else ""
            parts.append(f"{gap}{line}\n{SECONDS.sub('0.0 s', done.out or done.err)}")
    return "".join(parts)


def try_yaml(block: str, title: str | None) -> None:
    """A spec, a list of layers, or what another program reads."""
    if block.startswith("cnncalc:"):
        spec = load(block)
        assert all(verdict.holds for verdict in check(analyze(spec), spec))
    elif block.startswith("- ") and not title:
        load(INPUT + "".join(f"  {line}\n" for line in block.splitlines()))
    else:
        yaml.safe_load(block)


def try_bash(block: str, run: Run) -> None:
    """Commands without what they print."""
    subprocess.run(["bash", "-n"], input=block, text=True, check=True)
    for line in block.splitlines():
        if line.startswith("cnncalc "):
            done = run(*arguments_of(line))
            assert done.code <= 1, line
            assert not done.err, line


def try_block(language: str, title: str | None, block: str, run: Run) -> str:
    """Tests a block as its language asks; gives the block as it must be."""
    if title:
        Path(title).write_text(block, encoding="utf-8")
    match language:
        case "console":
            return console(block, run)
        case "python":
            assert block.startswith(">>> "), "pytest runs no other Python"
        case "yaml":
            try_yaml(block, title)
        case "bash":
            try_bash(block, run)
        case "toml":
            tomllib.loads(block)
        case "json":
            json.loads(block)
        case "sh":
            pass  # .ci/run runs the commands of the README
        case _:
            assert title, f"no test for blocks of '{language}' without a title"
    return block


@each_page
def test_every_block_works(
    path: Path,
    cnncalc: Run,  # noqa: F811
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT if path == README else tmp_path)

    def tried(block: re.Match[str]) -> str:
        opening = block[0].partition("\n")[0]
        return f"{opening}\n{try_block(block[1], block[2], block[3], cnncalc)}```"

    text = path.read_text(encoding="utf-8")
    real = BLOCK.sub(tried, text)
    if request.config.getoption("--refresh"):
        path.write_text(real, encoding="utf-8")
    else:
        assert_same(real, text, f"{path.name} shows other output; --refresh rewrites it")


WHERE = {"spec": "expect, budget", "column": "columns", "data": "JSON", "answer": "answers"}
"""What the guide calls the uses of a quantity."""


def row_of(quantity: Quantity) -> str:
    """The line of a quantity in the table of the guide."""
    where = ", ".join(WHERE[use] for use in quantity.uses)
    return f"| `{quantity.name}` | {quantity.meaning} | {where} |"


def test_the_guide_lists_all_quantities(request: pytest.FixtureRequest) -> None:
    rows = ["| name | meaning | where |", "| :-- | :-- | :-- |", *map(row_of, QUANTITIES)]
    path = page_path("numbers")
    text = path.read_text(encoding="utf-8")
    real = text.partition("| name |")[0].rstrip() + "\n\n" + "\n".join(rows) + "\n"
    if request.config.getoption("--refresh"):
        path.write_text(real, encoding="utf-8")
    else:
        assert text == real


def anchors(text: str) -> set[str]:
    """The headings of a page as GitHub links to them."""
    headings = re.findall(r"^#+ (.+)$", BLOCK.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@each_page
def test_every_link_leads_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)]+)\)", prose(text)):
        if link.startswith("https://"):
            continue
        name, _, anchor = link.partition("#")
        target = path.parent / name if name else path
        assert target.exists(), f"{path.name}: {link}"
        assert not anchor or anchor in anchors(target.read_text(encoding="utf-8")), f"{path.name}: {link}"


@each_page
def test_every_topic_and_command_that_a_page_names_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert set(re.findall(r"cnncalc guide ([a-z]\S*?)[`\s]", text)) <= {*TOPICS}
    assert set(re.findall(r"`cnncalc ([a-z]+)[ `]", prose(text))) <= {*MODULES, "help"}


@pytest.mark.parametrize("command", MODULES)
def test_a_command_stands_on_the_page_that_its_help_names(command: str) -> None:
    assert f"cnncalc {command}" in page_path(topic_of(command)).read_text(encoding="utf-8")


@each_topic
def test_a_page_begins_with_a_title_and_a_line_about_it(topic: str) -> None:
    title, blank, about, after = page_path(topic).read_text(encoding="utf-8").splitlines()[:4]
    assert title.startswith("# ")
    assert about == summary(topic)
    assert about.endswith(".")
    assert len(about) <= 80
    assert not blank
    assert not after


def test_every_page_is_a_topic_and_every_topic_is_in_the_readme() -> None:
    assert {path.stem for path in page_path("spec").parent.glob("*.md")} == {*TOPICS}
    for topic in TOPICS:
        assert f"](cnncalc/guide/{topic}.md)" in README.read_text(encoding="utf-8")


def test_ci_runs_the_two_commands_of_the_readme() -> None:
    text = README.read_text(encoding="utf-8")
    commands = [block.strip() for block in blocks(text, "sh")]
    assert len(commands) == 2
    assert commands[0].endswith(".venv/bin/cnncalc specs/resnet50.yaml")
    assert commands[1].endswith(".venv/bin/pytest -n auto")
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "readme_command 1" in ci
    assert "readme_command 2" in ci


def test_the_readme_is_short() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 250


@each_page
def test_one_word_is_left_to_replace(path: Path) -> None:
    """Addresses of the project are `github.com/OWNER/cnncalc`, and the page says so."""
    text = path.read_text(encoding="utf-8")
    assert "pip install cnncalc" not in text
    if "OWNER" in text:
        assert "Replace `OWNER`" in text
