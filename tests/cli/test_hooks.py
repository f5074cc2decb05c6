"""The pre-commit hook and the GitHub Action: their structure, and their steps run with bash."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.cli.conftest import Run, git, without_git

ROOT = Path(__file__).parent.parent.parent
ACTION = yaml.safe_load((ROOT / ".github" / "actions" / "check" / "action.yml").read_text(encoding="utf-8"))
STEPS = {step["id"]: step for step in ACTION["runs"]["steps"]}
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))

SPEC = "cnncalc: 1\nname: net\ninput: [3, 32, 32]\nlayers: [{conv: 8, kernel: 3}, relu]\n"

SHEBANG = f"""#!/bin/sh
'''exec' "{sys.executable}" "$0" "$@"
' '''
"""
"""Starts this Python even if its path has spaces, which `#!` does not allow; Python reads it as a string."""

RECORDER = f"""{SHEBANG}import sys
with open(sys.argv[0] + ".calls", "a") as calls:
    print(sys.argv[1:], file=calls)
print("a line of output")
sys.exit(1 if "--fail" in sys.argv else 0)
"""
CNNCALC = f"""{SHEBANG}import sys
sys.path.insert(0, {str(ROOT)!r})
from cnncalc.cli import main
main()
"""


def test_the_hook_has_the_keys_that_pre_commit_requires() -> None:
    (hook,) = HOOKS
    text = {"id": "cnncalc-check", "language": "python", "entry": "cnncalc check --skip-foreign"}
    assert text.items() <= hook.items()
    assert hook["types_or"] == ["yaml", "toml"]
    assert hook["require_serial"] is True  # each process would check the whole folder of a configuration
    assert set(hook) == {*text, "name", "description", "types_or", "files", "require_serial"}


@pytest.mark.parametrize(
    ("file", "is_passed"),
    [
        ("net.yaml", True),
        ("specs/net.yml", True),
        ("cnncalc.toml", True),
        ("models/pyproject.toml", True),
        ("other.toml", False),
        ("mycnncalc.toml", False),
        ("net.yaml.txt", False),
    ],
)
def test_the_hook_gets_specs_and_configurations(file: str, is_passed: bool) -> None:
    assert bool(re.search(HOOKS[0]["files"], file)) == is_passed


def test_the_action_is_a_composite_of_known_keys() -> None:
    assert set(ACTION) == {"name", "description", "inputs", "outputs", "runs"}
    assert ACTION["runs"]["using"] == "composite"
    for given in ACTION["inputs"].values():
        assert set(given) == {"description", "default"}
        assert isinstance(given["default"], str)
    for output in ACTION["outputs"].values():
        assert set(output) == {"description", "value"}
    for step in ACTION["runs"]["steps"]:
        assert set(step) <= {"id", "name", "if", "uses", "with", "run", "shell", "env"}
        assert ("uses" in step) != ("run" in step)
        assert step.get("shell", "bash") == "bash"
        assert "run" not in step or "shell" in step


def test_the_action_refers_to_existing_inputs_and_steps() -> None:
    text = (ROOT / ".github" / "actions" / "check" / "action.yml").read_text(encoding="utf-8")
    assert set(re.findall(r"inputs\.([\w-]+)", text)) == set(ACTION["inputs"])
    assert set(re.findall(r"steps\.(\w+)\.", text)) <= set(STEPS)
    for step, output in re.findall(r"steps\.(\w+)\.outputs\.([\w-]+)", text):
        assert "uses" in STEPS[step] or f'echo "{output}=' in STEPS[step]["run"]


@pytest.mark.parametrize("name", [name for name, step in STEPS.items() if "run" in step])
def test_user_input_reaches_the_shell_only_as_variables(name: str) -> None:
    step = STEPS[name]
    assert "${{" not in step["run"]
    assert set(step["env"]) <= set(re.findall(r"\$\{?([A-Z_]+)", step["run"]))


class Runner:
    """Runs a step like GitHub, in a folder with files for outputs and the summary."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tool = folder / "cnncalc"
        self.summary = folder / "summary.md"
        self.outputs = folder / "outputs"
        self.summary.touch()
        self.outputs.touch()

    def install(self, script: str) -> None:
        self.tool.write_text(script, encoding="utf-8")
        self.tool.chmod(0o755)

    def run(self, step: str, at: Path, **variables: str) -> subprocess.CompletedProcess[str]:
        script = self.folder / f"{step}.sh"
        script.write_text(STEPS[step]["run"], encoding="utf-8")
        ours = {
            "RUNNER_TEMP": str(self.folder),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "GITHUB_OUTPUT": str(self.outputs),
            "CNNCALC": str(self.tool),
        }
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]
        environment = {**os.environ, **ours, **variables}
        return subprocess.run(
            command, cwd=at, env=environment, capture_output=True, text=True, timeout=120, check=False
        )

    @property
    def calls(self) -> list[list[str]]:
        text = Path(f"{self.tool}.calls").read_text(encoding="utf-8")
        return [yaml.safe_load(line) for line in text.splitlines()]


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    folder = tmp_path / "runner"
    folder.mkdir()
    return Runner(folder)


def test_check_writes_the_report_the_summary_and_the_log(runner: Runner, tmp_path: Path) -> None:
    runner.install(RECORDER)
    done = runner.run(
        "check", tmp_path, PATHS="specs\n*.yaml  more/", ARGUMENTS="--strict\n\n--max=params=5M\n"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "a line of output\na line of output\n", "")
    given = ["check", "specs", "*.yaml", "more/", "--strict", "--max=params=5M"]
    findings = str(runner.folder / "cnncalc-findings.json")
    assert runner.calls == [
        [*given, "--format", "json", "--output", findings],
        [*given, "--format", "markdown"],
        [*given, "--format", "github"],
    ]
    assert runner.summary.read_text(encoding="utf-8") == "a line of output\n"
    assert runner.outputs.read_text(encoding="utf-8") == f"findings={findings}\n"


def test_findings_fail_the_step_after_all_reports(runner: Runner, tmp_path: Path) -> None:
    runner.install(RECORDER)
    done = runner.run("check", tmp_path, PATHS=".", ARGUMENTS="--fail")
    assert done.returncode == 1
    assert len(runner.calls) == 3
    assert runner.summary.read_text(encoding="utf-8") == "a line of output\n"


def test_files_written_by_the_real_check(runner: Runner, tmp_path: Path) -> None:
    runner.install(CNNCALC)
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "net.yaml").write_text(SPEC + "expect: {params: 3}\n", encoding="utf-8")
    (folder / "other.yaml").write_text("a: 1\n", encoding="utf-8")
    done = runner.run("check", folder, PATHS=".", ARGUMENTS="")
    assert done.returncode == 1
    assert done.stdout.startswith("::error file=net.yaml,line=5,")
    assert "params of the network: expected 3, found 224" in runner.summary.read_text(encoding="utf-8")
    findings = json.loads((runner.folder / "cnncalc-findings.json").read_text(encoding="utf-8"))
    assert findings["counts"]["error"] == 1


def test_the_hook_skips_files_that_are_not_specs(tmp_path: Path, cnncalc: Run) -> None:
    (tmp_path / "net.yaml").write_text(SPEC, encoding="utf-8")
    (tmp_path / "other.yaml").write_text("a: 1\n", encoding="utf-8")
    entry = HOOKS[0]["entry"].split()[1:]
    done = cnncalc(*entry, str(tmp_path / "net.yaml"), str(tmp_path / "other.yaml"))
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("1 spec checked")


@pytest.mark.parametrize("configuration", ["cnncalc.toml", "pyproject.toml"])
def test_a_changed_configuration_checks_all_specs_of_its_folder(
    configuration: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cnncalc: Run
) -> None:
    monkeypatch.chdir(tmp_path)
    inner = tmp_path / "models" / "more"
    inner.mkdir(parents=True)
    (inner / "net.yaml").write_text(SPEC, encoding="utf-8")
    (tmp_path / "models" / "old.yaml").write_text(SPEC, encoding="utf-8")
    (tmp_path / "outside.yaml").write_text(SPEC.replace("kernel: 3", "kernel: 99"), encoding="utf-8")
    table = "tool.cnncalc." if configuration == "pyproject.toml" else ""
    exclude = "[tool.cnncalc]\n" if table else ""
    text = f'{exclude}exclude = ["old*"]\n[[{table}budgets]]\nparams = 100\n'
    (tmp_path / "models" / configuration).write_text(text, encoding="utf-8")
    done = cnncalc(*HOOKS[0]["entry"].split()[1:], f"models/{configuration}", "models/more/net.yaml")
    assert done.code == 1
    assert " --> models/more/net.yaml\n" in done.out
    assert "1 spec checked: 0 of 1 budget" in done.out


def test_an_argument_is_never_run(runner: Runner, tmp_path: Path) -> None:
    runner.install(RECORDER)
    nasty = "$(touch gone) `touch gone`; touch gone"
    runner.run("check", tmp_path, PATHS="$(touch${IFS}gone)", ARGUMENTS=nasty)
    assert runner.calls[-1] == ["check", "$(touch${IFS}gone)", nasty, "--format", "github"]
    assert not (tmp_path / "gone").exists()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A branch that changes one spec, adds one, and changes another file."""
    without_git(monkeypatch)
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "a net.yaml").write_text(SPEC, encoding="utf-8")
    (folder / "same.yaml").write_text(SPEC, encoding="utf-8")
    (folder / "other.yaml").write_text("a: 1\n", encoding="utf-8")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    git(folder, "checkout", "-q", "-b", "wider")
    (folder / "a net.yaml").write_text(SPEC.replace("conv: 8", "conv: 16"), encoding="utf-8")
    (folder / "new.yaml").write_text(SPEC, encoding="utf-8")
    (folder / "other.yaml").write_text("a: 2\n", encoding="utf-8")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "wider")
    return folder


def test_every_changed_spec_is_compared_with_the_base(runner: Runner, repository: Path) -> None:
    runner.install(CNNCALC)
    done = runner.run("compare", repository, BASE="main", MAX_INCREASE="")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    posted = runner.summary.read_text(encoding="utf-8")
    assert posted.startswith("\n`a net.yaml`\n\n### net (")
    assert posted.count("###") == 1
    assert "**parameters ▲ +100.0%, MACs ▲ +100.0%, peak activations ▲ +100.0%**" in posted


def test_growth_above_the_limit_fails_the_step(runner: Runner, repository: Path) -> None:
    runner.install(CNNCALC)
    done = runner.run("compare", repository, BASE="main", MAX_INCREASE="params=300%\nmacs=5%\n")
    assert done.returncode == 1
    assert "macs grows by 194,400 (+100.0%), from 194,400 to 388,800; at most 5% is allowed" in done.stderr
    assert "❌ macs grows" in runner.summary.read_text(encoding="utf-8")


def test_a_missing_base_fails_the_step(runner: Runner, repository: Path) -> None:
    runner.install(CNNCALC)
    done = runner.run("compare", repository, BASE="no_such", MAX_INCREASE="")
    assert done.returncode != 0
    assert "no_such" in done.stderr


def test_cnncalc_is_installed_in_its_own_environment(runner: Runner, tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text(
        f"{SHEBANG}import os, sys\n"
        "if sys.argv[1:3] == ['-m', 'venv']:\n"
        "    os.makedirs(sys.argv[3] + '/bin')\n"
        "    os.symlink(__file__, sys.argv[3] + '/bin/python')\n"
        "print(sys.argv[1:])\n",
        encoding="utf-8",
    )
    python.chmod(0o755)
    for install, wanted in (("", "/action/.github/actions/check/../../.."), ("cnncalc==1.0", "cnncalc==1.0")):
        folder = tmp_path / f"runner{len(install)}"
        folder.mkdir()
        apart = Runner(folder)
        done = apart.run(
            "install",
            tmp_path,
            INSTALL=install,
            PYTHON=str(python),
            ACTION_PATH="/action/.github/actions/check",
        )
        assert done.returncode == 0, done.stderr
        calls = [yaml.safe_load(line) for line in done.stdout.splitlines()]
        assert calls[1] == ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", wanted]
        assert apart.outputs.read_text(encoding="utf-8") == f"cnncalc={folder}/cnncalc/bin/cnncalc\n"
