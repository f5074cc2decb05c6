"""Shapes, parameters, FLOPs, memory and receptive fields of convolutional networks.

>>> import cnncalc
>>> report = cnncalc.analyze(cnncalc.load("vgg16"))
>>> report.totals.params.total, report.totals.macs
(138357544, 15470264320)

Names are imported on first use, so `import cnncalc` is fast.
"""

TYPE_CHECKING = False  # `typing` would take half of the time of `import cnncalc`
if TYPE_CHECKING:
    from cnncalc.analysis.counts import Totals
    from cnncalc.analysis.field import Field
    from cnncalc.analysis.report import Report, Row
    from cnncalc.checks import Verdict, check
    from cnncalc.checks.dialects import Dialects, dialects
    from cnncalc.checks.difference import Difference, LayerDifference, diff
    from cnncalc.checks.paths import Results, check_paths
    from cnncalc.checks.single import Checked
    from cnncalc.drawing import Drawing, draw
    from cnncalc.executor.gradients import Gradients, gradients
    from cnncalc.executor.network import init_weights, run
    from cnncalc.executor.trace import Activations
    from cnncalc.executor.values import convolve, pool
    from cnncalc.executor.verify import Verification, verify
    from cnncalc.executor.visualize.effective_field import influence
    from cnncalc.executor.visualize.equivariance import equivariance
    from cnncalc.executor.visualize.gradient_flow import flow
    from cnncalc.executor.visualize.occlusion import occlusion
    from cnncalc.executor.visualize.top_patches import patches
    from cnncalc.executor.weight_files import load_weights
    from cnncalc.explore.reconcile import reconcile
    from cnncalc.explore.solve import Solved, solve
    from cnncalc.graph import Graph, Node
    from cnncalc.homework.calc import calc
    from cnncalc.homework.classroom import Grades, grade
    from cnncalc.homework.explain import Explained, explain
    from cnncalc.homework.grade import Graded
    from cnncalc.homework.worksheet import Worksheet, worksheet
    from cnncalc.interchange.models import analyze, from_torch
    from cnncalc.interchange.pytorch_source import to_pytorch
    from cnncalc.page import ReportPage, report
    from cnncalc.problems import Problem, SpecError, UnreadableError
    from cnncalc.render.schema import schema
    from cnncalc.shapes import Shape
    from cnncalc.spec import Spec, load

__version__ = "0.1.0"

_HOMES = {
    "load": "cnncalc.spec",
    "from_torch": "cnncalc.interchange.models",
    "Spec": "cnncalc.spec",
    "Graph": "cnncalc.graph",
    "Node": "cnncalc.graph",
    "Shape": "cnncalc.shapes",
    "analyze": "cnncalc.interchange.models",
    "Report": "cnncalc.analysis.report",
    "Row": "cnncalc.analysis.report",
    "Totals": "cnncalc.analysis.counts",
    "Field": "cnncalc.analysis.field",
    "check": "cnncalc.checks",
    "Verdict": "cnncalc.checks",
    "check_paths": "cnncalc.checks.paths",
    "Results": "cnncalc.checks.paths",
    "Checked": "cnncalc.checks.single",
    "run": "cnncalc.executor.network",
    "init_weights": "cnncalc.executor.network",
    "load_weights": "cnncalc.executor.weight_files",
    "gradients": "cnncalc.executor.gradients",
    "Gradients": "cnncalc.executor.gradients",
    "flow": "cnncalc.executor.visualize.gradient_flow",
    "influence": "cnncalc.executor.visualize.effective_field",
    "occlusion": "cnncalc.executor.visualize.occlusion",
    "patches": "cnncalc.executor.visualize.top_patches",
    "equivariance": "cnncalc.executor.visualize.equivariance",
    "convolve": "cnncalc.executor.values",
    "pool": "cnncalc.executor.values",
    "Activations": "cnncalc.executor.trace",
    "verify": "cnncalc.executor.verify",
    "Verification": "cnncalc.executor.verify",
    "dialects": "cnncalc.checks.dialects",
    "Dialects": "cnncalc.checks.dialects",
    "diff": "cnncalc.checks.difference",
    "Difference": "cnncalc.checks.difference",
    "LayerDifference": "cnncalc.checks.difference",
    "schema": "cnncalc.render.schema",
    "draw": "cnncalc.drawing",
    "Drawing": "cnncalc.drawing",
    "to_pytorch": "cnncalc.interchange.pytorch_source",
    "report": "cnncalc.page",
    "ReportPage": "cnncalc.page",
    "explain": "cnncalc.homework.explain",
    "Explained": "cnncalc.homework.explain",
    "calc": "cnncalc.homework.calc",
    "reconcile": "cnncalc.explore.reconcile",
    "solve": "cnncalc.explore.solve",
    "Solved": "cnncalc.explore.solve",
    "grade": "cnncalc.homework.classroom",
    "Graded": "cnncalc.homework.grade",
    "Grades": "cnncalc.homework.classroom",
    "worksheet": "cnncalc.homework.worksheet",
    "Worksheet": "cnncalc.homework.worksheet",
    "Problem": "cnncalc.problems",
    "SpecError": "cnncalc.problems",
    "UnreadableError": "cnncalc.problems",
}

__all__ = [
    "Activations",
    "Checked",
    "Dialects",
    "Difference",
    "Drawing",
    "Explained",
    "Field",
    "Graded",
    "Grades",
    "Gradients",
    "Graph",
    "LayerDifference",
    "Node",
    "Problem",
    "Report",
    "ReportPage",
    "Results",
    "Row",
    "Shape",
    "Solved",
    "Spec",
    "SpecError",
    "Totals",
    "UnreadableError",
    "Verdict",
    "Verification",
    "Worksheet",
    "__version__",
    "analyze",
    "calc",
    "check",
    "check_paths",
    "convolve",
    "dialects",
    "diff",
    "draw",
    "equivariance",
    "explain",
    "flow",
    "from_torch",
    "grade",
    "gradients",
    "influence",
    "init_weights",
    "load",
    "load_weights",
    "occlusion",
    "patches",
    "pool",
    "reconcile",
    "report",
    "run",
    "schema",
    "solve",
    "to_pytorch",
    "verify",
    "worksheet",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'cnncalc' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
