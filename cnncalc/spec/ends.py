"""The ends of a network: its named inputs, its outputs, and the heads that exist in training only."""

from collections.abc import Iterable, Sequence

from msgspec import Struct, structs

from cnncalc.graph import Node as GraphNode
from cnncalc.graph import needed
from cnncalc.problems import Findings, Problem, did_you_mean
from cnncalc.spec.mistakes import bad_name, duplicate_name
from cnncalc.spec.reader import Mapping, Node, Scalar
from cnncalc.spec.reader import Sequence as List
from cnncalc.spec.scope import Scope, Tensor
from cnncalc.spec.statements import LayerList
from cnncalc.spec.values import UnresolvedError
from cnncalc.spec.vocabulary import is_name

ONLY = "input"
"""The name of the input that the section `input` describes."""

MAX_INPUTS = 100
"""The most inputs: every layer has a receptive field on each."""

Inputs = dict[Scalar, Node]
"""The names and shapes of the section `inputs`, as written."""


class Output(Struct, frozen=True):
    """One output as written: its name, and the tensor that it is."""

    name: Scalar
    tensor: Scalar


def inputs_of(node: Node | None, main: Node | None, findings: Findings) -> Inputs:
    """The inputs in an `inputs` section; problems go to `findings`. `main` is the section `input`, if any."""
    if node is None:
        return {}
    if not isinstance(node, Mapping) or not node.entries:
        message = "inputs must be a mapping from names to shapes"
        example = "such as `inputs: {image: [3, 224, 224], mask: [1, 224, 224]}`"
        hint = example if isinstance(node, Mapping) else f"{example}; for a single input write `input: …`"
        findings.add(Problem("bad-input", message, node.place, hint))
        return {}
    if len(node.entries) > MAX_INPUTS:
        message = f"{len(node.entries):,} inputs are too many: expected at most {MAX_INPUTS}"
        findings.add(Problem("bad-input", message, node.place))
    for name, _ in node.entries:
        if name.text == ONLY:
            hint = "give it another name: the section `input` describes the input of that name"
            if main is None:
                hint = "give it another name, or write it as the section `input: …`"
            findings.add(Problem("bad-name", f"'{ONLY}' cannot be a name in `inputs`", name.place, hint))
        elif not is_name(name.text):
            findings.add(bad_name(name))
    return dict(node.entries)


def check_names(inputs: Iterable[Scalar], layers: LayerList, findings: Findings) -> None:
    """Reports layers with the name of an input."""
    lines = {name.text: name.line for name in inputs}
    for statement in layers.statements:
        given = statement.around.get("name")
        if isinstance(given, Scalar) and given.text in lines:
            findings.add(duplicate_name(given, lines[given.text]))


def outputs_of(node: Node | None, section: str, findings: Findings) -> tuple[Output, ...]:
    """The outputs in an `outputs` or `auxiliary` section: a list of tensors, or names with tensors."""
    example = f"such as `{section}: [boxes, classes]`, or `{section}: {{boxes: head.conv3}}`"
    if node is None:
        return ()
    found: tuple[Output, ...] = ()
    if isinstance(node, Mapping):
        for name, _ in node.entries:
            if not is_name(name.text):
                findings.add(bad_name(name))
        pairs = [(name, tensor) for name, tensor in node.entries if isinstance(tensor, Scalar)]
        found = tuple(Output(name, tensor) for name, tensor in pairs if not tensor.is_null)
        complete = len(found) == len(node.entries)
    else:
        items = node.items if isinstance(node, List) else (node,)
        found = tuple(Output(i, i) for i in items if isinstance(i, Scalar) and not i.is_null)
        complete = len(found) == len(items)
        first: dict[str, int] = {}
        for each in found:
            if each.name.text in first:
                message = f"duplicate output '{each.name.text}' (first on line {first[each.name.text]})"
                findings.add(Problem("duplicate-name", message, each.name.place, "remove one of them"))
            first.setdefault(each.name.text, each.name.line)
    if not complete or not found:
        message = f"{section} must be a list of tensors, or a mapping from names to tensors"
        findings.add(Problem("bad-output", message, node.place, example))
    return found


def unknown_outputs(
    sections: Iterable[Node | None], outputs: Sequence[Output], findings: Findings
) -> frozenset[str]:
    """The names under `outputs` of `expect` and `budget` that are no outputs; reports them."""
    names = [each.name.text for each in outputs]
    unknown: set[str] = set()
    entries = [entry for node in sections if isinstance(node, Mapping) for entry in node.entries]
    claimed = (value for key, value in entries if key.text == "outputs" and isinstance(value, Mapping))
    for name in (name for value in claimed for name, _ in value.entries):
        if name.text in names or any("*" in each for each in names):
            continue
        hint = did_you_mean(name.text, names) or "the outputs: " + ", ".join(names)
        if not names:
            hint = "the spec has no `outputs`: write `output: […]` for the only one"
        findings.add(Problem("unknown-output", f"there is no output '{name.text}'", name.place, hint))
        unknown.add(name.text)
    return frozenset(unknown)


def resolved(
    outputs: Sequence[Output], section: str, scope: Scope, findings: Findings, most: int
) -> dict[Output, dict[str, int]]:
    """The tensors of each output by name, several with `*`; problems go to `findings`.

    From here on the outputs have these names like layers. They may name `most` tensors. Outputs that a
    condition leaves out are not there, but one of the section `outputs` has to be.
    """
    found: dict[Output, dict[str, int]] = {}
    absent: list[Problem] = []
    for each in outputs:
        if scope.all.looked_at > most:
            message = f"{section}: the references of the network name more than {most:,} tensors"
            findings.add(Problem("too-many-references", message, each.tensor.place))
            break
        try:
            pairs = _named(each, scope)
        except UnresolvedError as unresolved:
            if unresolved.problem and unresolved.problem.code == "left-out":
                absent.append(unresolved.problem)
                scope.all.left_out.add(each.name.text)
            elif unresolved.problem:
                message = f"{section}: {unresolved.problem.message}"
                findings.add(structs.replace(unresolved.problem, message=message))
            continue
        found[each] = {name: at for name, at in pairs if at is not None and at >= 0}
        for name, at in found[each].items():
            if scope.all.by_name.setdefault(name, at) != at:
                message = f"{section}: '{name}' is another layer than '{each.tensor.text}'"
                hint = "give the output a name that no layer has"
                findings.add(Problem("duplicate-name", message, each.name.place, hint))
    if section == "outputs" and len(absent) == len(outputs):
        hint = "name an output that no condition leaves out"
        for problem in absent:
            findings.add(structs.replace(problem, message=f"{section}: {problem.message}", hint=hint))
    return found


def _named(each: Output, scope: Scope) -> Iterable[tuple[str, Tensor]]:
    """The tensors of an output and their names; raises UnresolvedError."""
    if "*" not in each.tensor.text:
        return [(each.name.text, scope.tensor(each.tensor))]
    tensors, names = scope.starred(each.tensor), scope.names_of(each.tensor)
    if each.name is not each.tensor:
        chosen = each.name.text
        names = [f"{chosen}.{number}" for number in range(len(tensors))] if len(tensors) > 1 else [chosen]
    return zip(names, tensors, strict=True)


def check_heads(
    nodes: Sequence[GraphNode], ends: Iterable[int], heads: dict[Output, dict[str, int]], findings: Findings
) -> None:
    """Reports auxiliary heads that outputs depend on, or that own weights which the network uses."""
    read = needed(nodes, ends)
    for head, tensors in heads.items():
        for at in tensors.values():
            if at in read:
                name = head.tensor.text
                message = f"auxiliary: the outputs depend on '{name}', so it is no auxiliary head"
                hint = "remove it here, or name the network's outputs: `outputs: [layer, …]`"
                findings.add(Problem("bad-auxiliary", message, head.tensor.place, hint))
    training_only = heads_of(nodes, read, (at for tensors in heads.values() for at in tensors.values()))
    for at, node in enumerate(nodes):
        if node.shares is not None and node.shares in training_only and at not in training_only:
            owner = nodes[node.shares].name
            message = f"share: '{owner}' is part of an auxiliary head, which exists in training only"
            hint = "define the weights in the network, and let the head share them"
            findings.add(Problem("share", message, node.place, hint, layer=node.name))


def heads_of(nodes: Sequence[GraphNode], read: frozenset[int], heads: Iterable[int]) -> frozenset[int]:
    """The nodes that exist for auxiliary heads only: no output depends on them."""
    found = set(needed(nodes, heads) - read)
    found -= {at for at in found if not nodes[at].inputs}
    for at, node in enumerate(nodes):
        if at not in read and not found.isdisjoint(node.inputs):
            found.add(at)
    return frozenset(found)


def unread(nodes: Sequence[GraphNode], entries: int, ends: Iterable[int]) -> Iterable[GraphNode]:
    """The inputs that no end depends on."""
    read = needed(nodes, ends)
    return (node for at, node in enumerate(nodes[:entries]) if at not in read)


def unknown_input(name: str, names: Sequence[str]) -> Problem:
    """`--input` for an input that there is not."""
    hint = did_you_mean(name, list(names)) or "the inputs: " + ", ".join(names)
    return Problem("bad-input", f"--input: there is no input '{name}'", None, hint)
