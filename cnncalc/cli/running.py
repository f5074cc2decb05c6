"""Output of `run`: the table and the files."""

from pathlib import Path

from rich.console import RenderableType

from cnncalc.analysis import analyze
from cnncalc.cli.array_files import ARRAY, OutputFile, SavedOutput
from cnncalc.cli.output import Out
from cnncalc.cli.reading import UsageError
from cnncalc.executor.io.arrays import write
from cnncalc.executor.io.weights import Weights, write_weights
from cnncalc.executor.nonfinite import first_nonfinite
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.top import TopClasses
from cnncalc.executor.trace import Activations
from cnncalc.graph import Graph
from cnncalc.render.activations import (
    FirstValues,
    Ran,
    activations_csv,
    activations_data,
    activations_markdown,
    activations_text,
)
from cnncalc.render.data import to_json
from cnncalc.spec import Spec

OUTPUTS = (".npy", ".npz")
"""Endings of files for the outputs."""

FIRST = 6
"""Number of output values to print."""


def output_files(targets: list[SavedOutput], output: Path | None, weights: Path | None) -> list[OutputFile]:
    """The files that a run writes."""
    files = [OutputFile(each.path, "an output is", ARRAY) for each in targets]
    files += [OutputFile(output, "outputs are", OUTPUTS)] if output else []
    return files + ([OutputFile(weights, "weights are")] if weights else [])


def check_outputs(graph: Graph, file: Path | None) -> None:
    """Raises UsageError if a network has several outputs and the file holds a single array."""
    if file and file.suffix.lower() == ".npy" and len(graph.outputs) > 1:
        has = f"the network has {len(graph.outputs)} outputs: {', '.join(graph.outputs)}"
        hint = f"write {file.with_suffix('.npz').name}, or one of them with --save"
        raise UsageError(f"{file}: a .npy file holds one array, and {has}; {hint}")


def write_outputs(file: Path, outputs: dict[str, Array]) -> None:
    """Writes the only output, or all by name. Raises OSError."""
    if file.suffix.lower() == ".npz":
        write_weights(file, outputs)
    else:
        write(file, next(iter(outputs.values())))


def ran(
    spec: Spec,
    found: Activations,
    weights: Weights | None,
    depth: int | None,
    top: tuple[TopClasses, ...] = (),
) -> Ran:
    """The results to print."""
    batch = len(found.output)
    return Ran(
        report=analyze(spec, batch=batch),
        traces=found.traces,
        depth=depth,
        outputs=tuple(
            FirstValues(name, output.shape, tuple(map(float, output.flat[:FIRST])))
            for name, output in found.outputs.items()
        ),
        nonfinite=first_nonfinite(found.traces, batch, spec.graph, weights),
        top=top,
    )


def outputs(to: Out) -> tuple[Out, Path | None]:
    """Where the table goes, and the `.npy` or `.npz` file for the outputs; raises UsageError."""
    if to.path is None or to.path.suffix.lower() not in OUTPUTS:
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
