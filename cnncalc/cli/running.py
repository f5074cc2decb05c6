"""What `run` prints and writes."""

from pathlib import Path

from rich.console import RenderableType

from cnncalc.analysis import analyze
from cnncalc.cli.array_files import ARRAY, SavedOutput, Writing
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
"""How many numbers of the output are printed."""


def writings(targets: list[SavedOutput], output: Path | None, weights: Path | None) -> list[Writing]:
    """The files that a run is to write."""
    arrays = [each.path for each in targets] + ([output] if output else [])
    writings = [Writing(path, "an output is", ARRAY) for path in arrays]
    return writings + ([Writing(weights, "weights are")] if weights else [])


def ran(spec: Spec, found: Activations, weights: Weights | None, depth: int | None) -> Ran:
    """What is printed about the run."""
    output = found.output
    return Ran(
        report=analyze(spec, batch=len(output)),
        seen=found.traces,
        depth=depth,
        sizes=output.shape,
        first=tuple(map(float, output.flat[:FIRST])),
        trouble=first_nonfinite(found.traces, len(output), spec.graph, weights),
    )


def outputs(to: Out) -> tuple[Out, Path | None]:
    """Where the table goes, and the file of the output array: one that ends in .npy; raises UsageError."""
    if to.path is None or to.path.suffix.lower() != ".npy":
        if to.format == "npy":
            raise UsageError("--format npy needs a file, as in --output y.npy")
        return to, None
    return Out("text" if to.format == "npy" else to.format, None, to.color), to.path


def rendered(run: Ran, to: Out) -> RenderableType:
    """The table of a run in the format that is asked for."""
    if to.format == "json":
        return to_json(activations_data(run))
    if to.format == "csv":
        return activations_csv(run)
    return activations_markdown(run) if to.format == "markdown" else activations_text(run, to.width)
