"""Measures the speed claims of the README, each relative to something in the same run.

    python -m tests.benchmarks [NAME …]

Names: startup, draw, resnet152, chain, json, rows, zoo, many, grade, executor (needs PyTorch). Default: all.
"""

import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from cnncalc import Report, analyze, check_paths, load
from cnncalc.spec.files import bundled_folder
from tests.benchmarks.executor import executor

RUNS = 11

BASELINE = """
import typer
from rich.console import Console
from rich.table import Table
table = Table("layer", "kind", "output", "parameters", "MACs", "receptive field")
for _ in range(174):
    table.add_row("stage1.0.add.residual.conv1", "conv", "64×56×56", "36,864", "115,605,504", "427×427")
Console().print(table)
"""
SHOW = "import sys; from cnncalc.cli import main; sys.argv = ['cnncalc', 'show', 'resnet50']; main()"
DRAW = "import sys; from cnncalc.cli import main; sys.argv = ['cnncalc', 'draw', 'densenet169']; main()"
CHECK = "import sys; from cnncalc.cli import main; sys.argv = ['cnncalc', 'check', 'specs']; main()"
MANY = 1000

CHAIN_HEAD = "cnncalc: 1\ninput: [8, 32, 32]\nlayers:\n"
CHAIN_LINE = "  - {conv: 8, kernel: 3, padding: same}\n"

ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""Processes keep their bytecode, as an installed package does."""


def seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def processor_seconds(call: Callable[[], object]) -> float:
    start = time.process_time()
    call()
    return time.process_time() - start


def process(code: str) -> None:
    """A whole Python process."""
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL, env=ENVIRONMENT)


def startup() -> None:
    """The whole process of `cnncalc show resnet50` against typer, rich and a table of the same length."""
    process(SHOW)
    show, baseline = partial(process, SHOW), partial(process, BASELINE)
    pairs = [(seconds(show), seconds(baseline)) for _ in range(RUNS)]
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    print(
        f"startup    show resnet50 {ours:.3f} s, typer + rich alone {theirs:.3f} s, ratio {ratio:.2f} (≤ 1.2)"
    )


def draw() -> None:
    """The whole process of `cnncalc draw densenet169`."""
    process(DRAW)
    ours = statistics.median(seconds(partial(process, DRAW)) for _ in range(RUNS))
    print(f"draw       densenet169 {ours:.3f} s (≤ 0.5)")


def resnet152() -> None:
    """load + analyze in process, for the bundled ResNet-50 with the deeper network's repeats."""
    text = (bundled_folder() / "resnet50.yaml").read_text(encoding="utf-8").partition("\nexpect:")[0]
    text = text.replace("repeat: 4", "repeat: 8").replace("repeat: 6", "repeat: 36") + "\n"
    report = analyze(load(text))
    assert report.totals.params.total == 60_192_808
    median = statistics.median(seconds(lambda: analyze(load(text))) for _ in range(RUNS))
    print(f"resnet152  load + analyze {median * 1000:.1f} ms for {len(report.layers)} layers (≤ 25 ms)")


def chain() -> None:
    """A chain with one layer per line; ten times the layers take ten times as long, in processor time."""
    few, many = (partial(_analyzed, CHAIN_HEAD + CHAIN_LINE * layers) for layers in (10_000, 100_000))
    few()  # what the first call imports and caches
    short, long = (min(processor_seconds(call) for _ in range(3)) for call in (few, many))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"chain      100,000 layers {long:.1f} s (≤ 10 s), peak {peak:.2f} GB (≤ 1 GB)")
    print(f"           {long / short:.1f} × the time of 10,000 layers (≤ 11)")


def _analyzed(text: str) -> Report:
    return analyze(load(text))


CHILD = "import sys; from cnncalc.cli import main; sys.argv = ['cnncalc', *sys.argv[1:]]; main()"
PLAIN = """
import json, sys
rows = json.load(open(sys.argv[1]))
with open(sys.argv[2], "w") as file:
    json.dump(rows, file, indent=2, ensure_ascii=False)
"""
"""Python's own way to read and write the same data."""


def child(code: str, *arguments: str) -> tuple[float, float]:
    """Seconds of the processor and peak memory in MB that a process takes."""
    probe = (
        f"{code}\nimport resource, sys\nused = resource.getrusage(resource.RUSAGE_SELF)\n"
        "print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1000, file=sys.stderr)"
    )
    probe = probe.replace("main()\n", "\ntry: main()\nexcept SystemExit: pass\n")
    done = subprocess.run(
        [sys.executable, "-c", probe, *arguments], capture_output=True, text=True, check=True, env=ENVIRONMENT
    )
    taken, peak = done.stderr.split()[-2:]
    return float(taken), float(peak)


def json_of_a_chain() -> None:
    """`show --output x.json` of 100,000 lines against json.load and json.dump of what it writes."""
    with tempfile.TemporaryDirectory() as folder:
        spec, report, copy = (f"{folder}/{name}" for name in ("chain.yaml", "x.json", "copy.json"))
        Path(spec).write_text(CHAIN_HEAD + CHAIN_LINE * 100_000)
        took, peak = child(CHILD, "show", spec, "--output", report)
        plain, plain_peak = child(PLAIN, report, copy)
    print(f"json       100,000 layers to JSON {took:.1f} s (≤ 8 s), peak {peak:.0f} MB (≤ 600 MB)")
    ratio = f"{took / plain:.1f} × json.load and json.dump of the same"
    print(f"           {ratio} ({plain:.1f} s, {plain_peak:.0f} MB)")


def rows() -> None:
    """`show` of 1,400 layers, the whole process, above one that only starts."""
    with tempfile.TemporaryDirectory() as folder:
        spec = Path(folder, "chain.yaml")
        spec.write_text(CHAIN_HEAD + CHAIN_LINE * 1400)
        shown, started = (
            statistics.median(child(CHILD, "show", name)[0] for _ in range(RUNS))
            for name in (str(spec), "lenet5")
        )
    print(
        f"rows       show of 1,400 layers {shown:.2f} s (≤ 0.3 s), of 12 layers {started:.2f} s; "
        f"{(shown - started) / 1388 * 1e6:.0f} µs a row"
    )


def zoo() -> None:
    """The whole process of `cnncalc check specs`: every bundled spec with its `expect` and all rules."""
    process(CHECK)
    median = statistics.median(seconds(partial(process, CHECK)) for _ in range(RUNS))
    print(f"zoo        check specs {median:.2f} s (≤ 3 s)")


def many() -> None:
    """`cnncalc check` on generated specs, each a ResNet-50 with its `expect`; linear in their number."""
    text = (bundled_folder() / "resnet50.yaml").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        for number in range(MANY):
            inner = Path(folder, "few" if number < MANY // 10 else "more")
            inner.mkdir(exist_ok=True)
            (inner / f"{number}.yaml").write_text(text, encoding="utf-8")
        few, all_of_them = (
            seconds(partial(check_paths, [path], jobs=None)) for path in (f"{folder}/few", folder)
        )
    print(f"many       check {MANY:,} specs {all_of_them:.1f} s (≤ 60 s)")
    print(
        f"           {all_of_them / few:.1f} × the time of {MANY // 10} (10 is linear, less with processes)"
    )


SHEETS, WRONG = 10_000, 0.3
GRADED = ("conv1", "pool1", "conv2", "pool2", "conv3", "conv4", "conv5")


def grade() -> None:
    """The files of a large class: 20 answers each about AlexNet, three of ten wrong, all different."""
    from cnncalc.homework.classroom import Classroom, submissions
    from cnncalc.homework.worksheet import worksheet

    spec = load("alexnet")
    asked = ("output", "params", "macs")
    lines = [line for line in worksheet(spec, asked).lines if line.layer in GRADED]
    rights = [
        (f"{line.layer}.{name}", answer)
        for line in lines
        for name, answer in zip(asked, line.answers, strict=True)
    ]
    with tempfile.TemporaryDirectory() as folder:
        draw = random.Random(1)
        for number in range(SHEETS):
            answers = [f"{key}: {_perhaps_wrong(answer, draw)}\n" for key, answer in rights[:20]]
            Path(folder, f"{number}.yaml").write_text("".join(answers), encoding="utf-8")
        took = seconds(lambda: Classroom(spec).grade([*submissions(Path(folder))]))
    print(f"grade      {SHEETS:,} sheets of 20 answers {took:.1f} s (≤ 20 s), one process")


VARIANTS, KNOWN, UNKNOWN, BLANKS = 300, 0.12, 0.04, 0.03


def variants() -> None:
    """A class in which each student has a variant of their own: 26 answers, 4 of them wrong on average."""
    from msgspec.structs import replace

    from cnncalc.homework.classroom import Classroom, submissions
    from cnncalc.homework.worksheet.quiz import quiz
    from cnncalc.render.feedback import feedback_page
    from cnncalc.render.grades import grades_text
    from cnncalc.render.worksheet import worksheet_text
    from cnncalc.writing import write_folder

    spec, draw = load("lenet5"), random.Random(1)

    def answered(answer: str, wrong: list[object]) -> str:
        kinds = ("known", "unknown", "blank", "right")
        kind = draw.choices(kinds, (KNOWN, UNKNOWN, BLANKS, 1 - KNOWN - UNKNOWN - BLANKS))[0]
        if kind == "known" and wrong:
            value = wrong[min(int(draw.expovariate(0.4)), len(wrong) - 1)]
            return "×".join(map(str, value)) if isinstance(value, tuple) else f"{value:,}"
        if kind == "unknown":
            return (
                f"{draw.randint(2, 60)}×{draw.randint(2, 60)}×2"
                if "×" in answer
                else str(draw.randrange(99999))
            )
        return "" if kind == "blank" else answer

    def grade_all(folder: Path) -> None:
        grades = Classroom(spec).grade([*submissions(folder / "sheets")])
        pages = ((f"{at}.html", feedback_page(graded, "LeNet-5")) for at, graded in enumerate(grades))
        write_folder(folder / "pages", pages)
        grades_text(grades, "LeNet-5", details=False)

    with tempfile.TemporaryDirectory() as name:
        sheets = []
        for seed in range(1, VARIANTS + 1):
            asked = quiz(spec, ("output", "params", "macs"), seed=seed)
            wrong = {each.key: [mistake.value for mistake in each.wrong] for each in asked.questions}
            lines = [
                replace(
                    line,
                    answers=tuple(
                        answer if answer == "–" else answered(answer, wrong[f"{line.layer}.{quantity}"])
                        for quantity, answer in zip(asked.sheet.quantities, line.answers, strict=True)
                    ),
                )
                for line in asked.sheet.lines
            ]
            sheet = replace(asked.sheet, lines=tuple(lines))
            sheets.append((f"{seed}.md", worksheet_text(sheet, "markdown", is_key=True)))
        write_folder(Path(name, "sheets"), sheets)
        took = processor_seconds(lambda: grade_all(Path(name)))
    print(f"variants   {VARIANTS} sheets of {VARIANTS} variants, with pages {took:.1f} s (≤ 20 s), one core")


def _perhaps_wrong(answer: str, draw: random.Random) -> str:
    if draw.random() > WRONG:
        return answer
    if "×" in answer:
        return "×".join(str(int(size) - 1) for size in answer.split("×"))
    return str(abs(int(answer.replace(",", "")) - draw.randrange(1, 5000)))


BENCHMARKS = {
    "startup": startup,
    "draw": draw,
    "resnet152": resnet152,
    "chain": chain,
    "json": json_of_a_chain,
    "rows": rows,
    "zoo": zoo,
    "many": many,
    "grade": grade,
    "variants": variants,
    "executor": executor,
}

if __name__ == "__main__":
    for name in sys.argv[1:] or BENCHMARKS:
        BENCHMARKS[name]()
