"""A spec with one line per layer, under the name of its module in quotes."""

from collections import Counter
from collections.abc import Iterator, Mapping

from cnncalc.interchange.network import ModelGraph, ModelStep
from cnncalc.interchange.writer.heads import SpecText, ends_written, head
from cnncalc.interchange.writer.items import Option
from cnncalc.interchange.writer.options import options_written
from cnncalc.interchange.writer.text import Quoted, flow
from cnncalc.layers import Merge
from cnncalc.shapes import Shape, shape_of
from cnncalc.spec.vocabulary import is_name, is_path_name


def flat_text(network: ModelGraph) -> SpecText:
    """The spec, with each layer under the name of its module."""
    names = _names(network)
    lines = [*head(network), "", "layers:", *_lines(network, names)]
    if network.auxiliary or [*network.outputs.values()] != [len(names) - 1]:
        lines += ["", *ends_written(network, dict(enumerate(names)))]
    entries = len(network.inputs)
    return SpecText("\n".join(lines) + "\n", network, tuple(range(entries, entries + len(network.steps))))


def _names(network: ModelGraph) -> list[str]:
    """A name for each node: that of its module, with its kind where a module has several layers."""
    names = [*network.inputs] if len(network.inputs) > 1 else ["input"]
    taken = Counter(names)
    times = Counter(step.path for step in network.steps)
    for step in network.steps:
        own = step.path if times[step.path] == 1 else f"{step.path}.{step.layer.kind}".lstrip(".")
        own = own if is_name(own) or is_path_name(own) else f"{step.layer.kind}"
        name, number = own, 2
        while taken[name]:
            name, number = f"{own}_{number}", number + 1
        taken[name] += 1
        names.append(name)
    return names


def _lines(network: ModelGraph, names: list[str]) -> Iterator[str]:
    entries = len(network.inputs)
    for at, step in enumerate(network.steps):
        yield f"  - {flow(_entries(network, step, entries + at, names))}"


def _entries(network: ModelGraph, step: ModelStep, node: int, names: list[str]) -> Mapping[str, Option]:
    options = options_written(step.layer, _read(network, step))
    if options.get("padding") == "half" and getattr(step.layer, "padding", 0) == 0:
        del options["padding"]
    main = type(step.layer).main
    found: dict[str, Option] = {step.layer.kind: options.pop(main, None), **options}
    if isinstance(step.layer, Merge):
        found[step.layer.kind] = tuple(Quoted(names[read]) for read in step.inputs)
    elif step.inputs and (step.inputs[0] != node - 1 or (node == len(network.inputs) > 1)):
        found["from"] = Quoted(names[step.inputs[0]])
    if step.shares is not None:
        found["share"] = Quoted(names[step.shares])
    if step.frozen:
        found["freeze"] = True
    if step.note:
        found["note"] = step.note
    return {**found, "name": Quoted(names[node])}


def _read(network: ModelGraph, step: ModelStep) -> Shape:
    """The shape of the first tensor that a step reads."""
    if not step.inputs:
        return Shape(1)
    first = network.step(step.inputs[0])
    return shape_of(first.output if first else [*network.inputs.values()][step.inputs[0]])
