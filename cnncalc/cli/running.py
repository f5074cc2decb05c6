"""Output of `run`: the table and the files."""

from pathlib import Path

from rich.console import RenderableType

from cnncalc.analysis import analyze
from cnncalc.cli.array_files import ARRAY, OutputFile, SavedOutput
from cnncalc.cli.output import Out
from cnncalc.cli.reading import UsageError
from cnncalc.executor.io.weights import Weights
from cnncalc.executor.nonfinite import first_nonfinite
from cnncalc.executor.trace import Activations
from cnncalc.render.activations import (
    Ran,
    activations_csv,
    activations_data,
    activations_markdown,
    activations_text,
)
from cnncalc.render.data import to_json
from cnncalc.spec import Spec

FIRST = 6
"""Number of output values to print."""


def output_files(targets: list[SavedOutput], output: Path | None, weights: Path | None) -> list[OutputFile]:
    """The files that a run writes."""
    arrays = [each.path for each in targets] + ([output] if output else [])
    output_files = [OutputFile(path, "an output is", ARRAY) for path in arrays]
    return output_files + ([OutputFile(weights, "weights are")] if weights else [])


def ran(spec: Spec, found: Activations, weights: Weights | None, depth: int | None) -> Ran:
    """The results to print."""
    output = found.output
    return Ran(
        report=analyze(spec, batch=len(output)),
        traces=found.traces,
        depth=depth,
        sizes=output.shape,
        first=tuple(map(float, output.flat[:FIRST])),
        nonfinite=first_nonfinite(found.traces, len(output), spec.graph, weights),
    )


def outputs(to: Out) -> tuple[Out, Path | None]:
    """Where the table goes, and the `.npy` file for the output array; raises UsageError."""
    if to.path is None or to.path.suffix.lower() != ".npy":
        if to.format == "npy":
            raise UsageError("--format npy requires a file, as in --output y.npy")
        return to, None
    return Out("text" if to.format == "npy" else to.format, None, to.color), to.path


def rendered(run: Ran, to: Out) -> RenderableType:
    """The table of a run in the chosen format."""
    if to.format == "json":
        return to_json(activations_data(run))
    if to.format == "csv":
        return activations_csv(run)
    return activations_markdown(run) if to.format == "markdown" else activations_text(run, to.width)
