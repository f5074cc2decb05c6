"""The guide lists every limit with its value, and no module has a limit that it does not list."""

import ast
from importlib import import_module
from pathlib import Path

import pytest

import cnncalc
from cnncalc.guide import page_path

LIMITS = {
    "spec.files.MAX_BYTES": ("size of a spec, answer file or key", "{:,} bytes"),
    "spec.reader.MAX_NODES": ("values in a YAML file, aliases expanded", "{:,}"),
    "spec.reader.MAX_DEPTH": ("nesting of lists and mappings", "{:,} levels"),
    "spec.builder.MAX_BLOCK_DEPTH": ("blocks inside one another", "{:,}"),
    "problems.MAX_ERRORS": ("errors after which reading stops", "{:,}"),
    "syntax.MAX_LENGTH": ("length of an expression", "{:,} characters"),
    "spec.scope.MAX_EVALUATED": (
        "all expressions longer than 50 characters, counted for each repeat",
        "{:,} characters",
    ),
    "expression.MAX_BITS": ("size of a number, or of both parts of a fraction", "{:,} bits"),
    "shapes.LARGEST": ("largest option, size of an axis or batch", "{:,}"),
    "spec.assembly.MAX_ELEMENTS": ("elements of a tensor", "{:,}"),
    "spec.builder.MAX_LAYERS": ("layers of a network, unless `--max-layers` raises it", "{:,}"),
    "spec.builder.REFERENCES_PER_LAYER": ("tensors named by references, for each allowed layer", "{:,}"),
    "spec.subjects.MAX_COMPARED": (
        "patterns in `expect`, `budget`, `freeze` and `--expect`, times names of layers",
        "{:,}",
    ),
    "spec.ends.MAX_INPUTS": ("inputs of a network", "{:,}"),
    "spec.phrases.tokens.LONGEST": ("length of a typed layer or question", "{:,} characters"),
    "spec.files.PATIENCE": ("wait for a program that writes to a named pipe", "{:,} s"),
    "spec.revisions.PATIENCE": ("wait for git", "{:,} s"),
    "checks.toml.MAX_LENGTH": ("length of a configuration", "{:,} characters"),
    "checks.toml.MAX_PARTS": ("parts of a key in a configuration, and its nesting", "{:,}"),
    "cli.explanations.MOST_LAYERS": ("layers that `explain` prints at once", "{:,}"),
    "analysis.symbolic.MOST_LAYERS": ("layers with `--symbolic`", "{:,}"),
    "analysis.any_size.MOST_BUILDS": ("layers built for sizes left open with `?`", "{:,}"),
    "explore.solve.task.MOST_UNKNOWNS": ("unknowns of `solve`", "{:,}"),
    "cli.commands.compare.MOST_ROWS": ("rows that the lists of `compare --set` give for each spec", "{:,}"),
    "explore.solve.search.MOST_HITS": ("solutions after which `solve` stops", "{:,}"),
    "homework.calc.arrays.MOST_NUMBERS": ("numbers in an array of `calc --values`", "{:,}"),
    "homework.calc.arrays.DEEPEST": ("nesting of such an array", "{:,} levels"),
    "homework.answers.files.MOST_ANSWERS": ("answers of a student", "{:,}"),
    "homework.answers.answer.MAX_LENGTH": ("length of an answer", "{:,} characters"),
    "homework.answers.tables.MAX_LINE": ("length of a line of a printed table", "{:,} characters"),
    "homework.answers.names.MAX_NAME": ("length of the name of a question", "{:,} characters"),
    "homework.answers.forgiving.DEEPEST": ("nesting of an answer file", "{:,} levels"),
    "homework.answers.forgiving.LARGEST_ALIAS": ("values of an alias in an answer file", "{:,}"),
    "homework.answers.files.MOST_NESTED": ("nesting of questions in an answer file", "{:,} levels"),
    "homework.grade.key.MOST_POINTS": ("points of a question", "{:,}"),
    "homework.classroom.submissions.MOST_FILES": ("files of a class", "{:,}"),
    "homework.classroom.roster.MOST_STUDENTS": ("students of a class", "{:,}"),
    "homework.worksheet.series.MOST_SHEETS": ("sheets made by one call", "{:,}"),
    "cli.commands.worksheet.MOST_CHOICES": ("choices of a question in a quiz", "{:,}"),
    "drawing.graph.MOST": ("boxes in the drawing of a network", "{:,}"),
    "drawing.graph.MOST_EDGES": ("connections in the drawing of a network", "{:,}"),
    "page.server.MOST_CONNECTIONS": ("connections to `view` at once", "{:,}"),
    "drawing.png.MOST": ("pixels of a drawing; a larger one is rendered smaller", "{:,}"),
    "executor.io.images.MOST_VALUES": ("pixels × channels of an image", "{:,}"),
    "executor.io.headers.MOST_MEMBERS": ("arrays in a `.npz` file", "{:,}"),
    "executor.io.headers.LONGEST_HEADER": ("header of an array", "{:,} bytes"),
    "executor.top.LONGEST": ("file of labels", "{:,} bytes"),
    "executor.io.safetensors.LONGEST": ("header of a `.safetensors` file", "{:,} bytes"),
    "executor.io.state_dict.LONGEST": ("description of the tensors in a PyTorch file", "{:,} bytes"),
    "executor.dependence.MOST_LAYERS": ("layers of which `verify` measures the receptive fields", "{:,}"),
    "executor.dependence.LONGEST": ("length of an axis for that", "{:,}"),
    "executor.dependence.MOST_BITS": ("size of the tables for that", "{:,} bits"),
}
"""The row of each limit in the guide: what it limits, and how its value is printed."""

ONLY_PRINTED = {
    "drawing.field.MOST_OUTLINES",
    "drawing.volumes.MOST_REPEATED",
    "homework.classroom.classroom.MOST_NAMED",
    "homework.classroom.enrolled.MOST_NAMED",
    "homework.classroom.fits.MOST_NAMED",
    "homework.answers.cells.MOST_NOTICES",
    "homework.grade.grader.MOST_NAMED",
    "homework.worksheet.quiz.MOST_WRONG",
    "page.figures.MOST_BOXES",
    "page.figures.MOST_IN_FIRST",
    "page.figures.DEEPEST",
    "page.network.LONGEST",
    "spec.MOST_BEFORE",
    "render.grades.MOST_MARKS",
    "render.grades.MOST_UNREADABLE",
    "cli.terminal.PATIENCE",
    "executor.io.matching.MOST_LISTED",
    "interchange.pytorch_source.identifiers.LONGEST",
    "interchange.pytorch_source.identifiers.LONGEST_CLASS",
    "interchange.pytorch_source.source.MOST_NAMED",
    "executor.io.weights.MOST_NAMED",
    "explore.reconcile.finding.MOST_EXTRA_STEPS",
    "explore.reconcile.sums.MOST_EXTRAS",
    "homework.grade.grader.MOST_UNKNOWN",
    "homework.grade.question.MOST_CAUSES",
    "render.difference.MOST_NAMES",
    "render.difference.MOST_READ",
    "render.difference_markdown.MOST_LINES",
    "render.grades.MOST_FOLLOWED",
    "render.grades.MOST_MISTAKES",
    "render.messages.LONGEST_MESSAGE",
    "render.messages.MOST_PROBLEMS",
    "render.solve.MOST_LINES",
    "render.activations.MOST_SAMPLES",
    "render.values.MOST_SUMS",
    "render.verification.MOST",
    "spec.revisions.LONGEST_MESSAGE",
}
"""How much is printed, not how much is read."""

INTERNAL = {
    "executor.io.pairing.MOST_WORDS",
    "analysis.any_size.MOST_DIVISOR",
    "analysis.outline.MOST_LEVELS",
    "page.network.LARGEST",
    "page.server.LONGEST_WAIT",
    "cli.announcing.LONGEST",
    "drawing.field.LARGEST",
    "drawing.folding.MOST_DETAILS",
    "homework.answers.columns.MOST_TITLES",
    "homework.answers.commas.MOST_CELLS",
    "homework.mistakes.layers.MOST_KEPT",
    "homework.quantities.LONGEST",
    "spec.commas.MOST_PARTS",
    "spec.phrases.words.LONGEST",
    "spec.typed.MOST_ADDED",
    "drawing.pdf.MOST_MAPPED",
    "spec.naming.MOST_DIGITS",
    "spec.scope.LONGEST_PATH",
    "spec.scope.MOST_COMPARED",
    "structure.MOST_NESTED",
    "window.MOST_PLACED",
    "writing.LONGEST_NAME",
    "analysis.box.MOST",
    "analysis.box.MOST_REGIONS",
    "analysis.field.MAX_UNITS",
    "checks.difference_alignment.MAX_CELLS",
    "checks.processes.LARGEST_CHUNK",
    "checks.rules.opinions.MOST",
    "executor.dependence.MOST_AT_ONCE",
    "executor.dependence.MOST_PATHS",
    "interchange.conversion.MOST_NAMED",
    "interchange.pytorch.unused.MOST_NAMED",
    "interchange.models.MOST_SIZES",
    "interchange.pytorch.lowering.MOST_AXES",
    "interchange.pytorch.views.MOST_PARTS",
    "interchange.writer.blocks.MOST_ALIGNED",
    "interchange.writer.lists.LONGEST_BRANCH",
    "interchange.writer.lists.LONGEST_RESIDUAL",
    "interchange.writer.runs.LONGEST",
    "explore.reconcile.calls.MOST_CALLS",
    "explore.reconcile.claims.LONGEST",
    "explore.reconcile.changes.MOST_PLACES",
    "explore.reconcile.trying.MOST_COMBINED",
    "explore.solve.measuring.MOST_KEPT",
    "explore.solve.narrowing.LARGEST_UNIT",
    "explore.solve.search.MOST_COMBINED",
    "graph.MOST_KNOWN",
    "interchange.pytorch_source.tree.MOST_PARTS",
    "homework.explain.field.MOST_PHASES",
    "homework.grade.carried.LARGEST",
    "homework.grade.carried.MOST_KEPT",
    "homework.grade.grader.MOST_KEPT",
    "homework.mistakes.reference.MOST_LAYERS",
    "spec.files.MOST_FILES",
    "spec.plan.MAX_DIGITS",
    "spec.values.MAX_DIGITS",
}
"""Sizes of caches, and limits beyond which another way is taken or a hint left out."""

WORDS = ("MAX", "MOST", "LONGEST", "LARGEST", "DEEPEST", "PATIENCE", "REFERENCES")


def named_like_limits() -> set[str]:
    """Every number in a module whose name begins like that of a limit."""
    package = Path(cnncalc.__file__).parent
    found = set()
    for path in package.rglob("*.py"):
        module = ".".join(path.relative_to(package).with_suffix("").parts).removesuffix(".__init__")
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            names = [each.id for each in getattr(node, "targets", ()) if isinstance(each, ast.Name)]
            found |= {f"{module}.{name}" for name in names if name.split("_")[0] in WORDS}
    return found


def test_every_limit_is_listed() -> None:
    difference = named_like_limits() ^ (LIMITS.keys() | ONLY_PRINTED | INTERNAL)
    assert not difference, (
        "add to (or remove from) LIMITS and the guide, ONLY_PRINTED or INTERNAL in this file"
    )


@pytest.mark.parametrize("limit", LIMITS)
def test_the_guide_names_a_limit(limit: str) -> None:
    what, form = LIMITS[limit]
    module, _, name = limit.rpartition(".")
    value = getattr(import_module(f"cnncalc.{module}"), name)
    assert f"| {what} | {form.format(value)} |" in page_path("spec").read_text(encoding="utf-8").splitlines()
