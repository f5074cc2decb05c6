"""The statements of `forward`: calls of modules, loops over repeats, expressions, and what is returned."""

from collections.abc import Mapping, Sequence

from cnncalc.graph import Graph
from cnncalc.interchange.pytorch_source.forward import ForwardStep, Variables
from cnncalc.interchange.pytorch_source.identifiers import unique
from cnncalc.interchange.pytorch_source.layer_calls import LayerCalls
from cnncalc.interchange.pytorch_source.loops import Loop, loop_of, merged_list
from cnncalc.interchange.pytorch_source.rules import LackingError, merged, split
from cnncalc.interchange.pytorch_source.text import INDENT, WIDTH, Bracket, sum_of, written
from cnncalc.interchange.pytorch_source.tree import ModuleItem, Tree
from cnncalc.layers import Merge
from cnncalc.layers.rearranging import Split

OUTPUT = "output"
"""What a loop puts into its list if its modules give one tensor each."""
NOTHING = "_"
UNUSED = "  # no output depends on it"

Called = Mapping[tuple[int, ...], str]
"""What is called for the nodes of each item: `conv1`, `stack[0]`."""


class Statements:
    """Writes the lines of `forward` of one class after another.

    Attributes:
        called: functions that lines call.
    """

    def __init__(self, graph: Graph, calls: LayerCalls, tree: Tree) -> None:
        self.graph = graph
        self.calls = calls
        self.tree = tree
        self.called: set[str] = set()
        self.names = [[node.name] for node in graph.nodes]
        for name, at in graph.names.items():
            self.names[at].append(name)

    def lines(
        self,
        items: Sequence[ModuleItem],
        repeats: Sequence[Sequence[ModuleItem]],
        names: Called,
        inputs: Mapping[int, str],
        outputs: Sequence[int],
        heads: Sequence[int] = (),
        training_only: frozenset[int] = frozenset(),
    ) -> list[str]:
        """The lines that run items, of which `repeats` are lists of modules, and return some tensors.

        Args:
            inputs: the names of the arguments of `forward`.
            heads: what is returned in training, too.
            training_only: the nodes that run in training only, after the others.
        """
        loops = self._loops(repeats, items)
        in_loops = {nodes for nodes, loop in loops.items() if loop is None}
        run = [item for item in items if item.nodes not in in_loops and not self._is_idle(item)]
        steps = [self._step(item, loops) for item in run]
        lists = {loop.listed[0]: loop for loop in loops.values() if loop and loop.listed}
        variables = Variables(dict(inputs), steps, [*outputs, *heads], lists)
        lines: list[str] = []
        is_training = False
        batch = next(iter(inputs.values()))
        for number, item in enumerate(run):
            if item.nodes[0] in training_only and not is_training:
                is_training = True
                lines.append("if self.training:")
            loop = loops.get(item.nodes)
            if loop:
                line = self._loop(loop, names[item.nodes], variables, number, 2 + is_training)
            else:
                line = self._line(item, names, variables, number, 2 + is_training, batch)
            if line:
                lines.append(INDENT * is_training + line)
        if heads:
            lines += [] if is_training else ["if self.training:"]
            lines.append(INDENT + _returning(", ".join(variables.names([*outputs, *heads])), 3))
        returned = ", ".join(variables.names(outputs))
        if lines and not is_training and lines[-1].startswith(f"{returned} = ") and "\n" not in lines[-1]:
            last = lines.pop().removeprefix(f"{returned} = ")
            if len(last) + len("return ") + 2 * len(INDENT) <= WIDTH:
                returned = last
            else:
                lines.append(f"{returned} = {last}")
        return [*lines, _returning(returned, 2)]

    def name_of(self, at: int) -> str:
        """The shortest name of a tensor."""
        return min(self.names[at], key=len)

    def _is_idle(self, item: ModuleItem) -> bool:
        """Whether an item computes nothing, and nothing reads it."""
        return self.calls.is_source(item) and not self._readers(item.nodes[0])

    def _loops(
        self, lists: Sequence[Sequence[ModuleItem]], called: Sequence[ModuleItem]
    ) -> dict[tuple[int, ...], Loop | None]:
        """The loops by the nodes of their first module; for the others in a loop, None."""
        merges = {item.nodes[0] for item in called if self.calls.is_merge(item)}
        found: dict[tuple[int, ...], Loop | None] = {}
        for parts in lists:
            loop = loop_of(parts, self.graph.nodes, self._readers)
            if loop and (not loop.listed or loop.merge in merges):
                found |= {part.nodes: None for part in parts}
                found[parts[0].nodes] = loop
        return found

    def _readers(self, at: int) -> list[int]:
        """The nodes that read a tensor, and -1 for an output of the network."""
        return self.tree.readers[at] + [-1] * (at in self.tree.ends)

    def _step(self, item: ModuleItem, loops: Mapping[tuple[int, ...], Loop | None]) -> ForwardStep:
        """What a line reads and gives; a list stands for all tensors in it."""
        loop = loops.get(item.nodes)
        if loop is None:
            inside = {at for each in loops.values() if each for at in each.listed[1:]}
            inputs = tuple(at for at in item.inputs if at not in inside)
            return ForwardStep(self._results(item), inputs, item.outputs)
        listed, end = loop.listed[:1], -1 - item.nodes[0] if loop.end is None else loop.end
        own = self._results(item) if len(item.outputs) > 1 else [OUTPUT]
        names = [name for name, at in zip(own, item.outputs, strict=True) if at in listed]
        plural = [f"{name.removeprefix(f'{item.name}_')}s" for name in names]
        return ForwardStep((*plural, item.name), item.inputs, (*listed, end))

    def _loop(self, loop: Loop, name: str, variables: Variables, number: int, indent: int) -> str:
        """The lines of a loop."""
        container = name.rpartition("[")[0]
        (read,) = variables.names(loop.parts[0].inputs)
        *names, passed = variables.assign(number)
        layer = unique("layer", variables.taken)
        lines = [f"{passed} = {read}"] * (passed != read) + [f"{each} = []" for each in names]
        lines.append(f"for {layer} in self.{container}:")
        given = [passed]
        if len(loop.parts[0].outputs) > 1:
            given.insert(1 - loop.passed, unique(names[0].removesuffix("s"), variables.taken))
        lines.append(f"{INDENT}{', '.join(given)} = {layer}({passed})")
        for each in names:
            lines.append(f"{INDENT}{each}.append({given[1 - loop.passed] if len(given) > 1 else passed})")
        return f"\n{INDENT * indent}".join(lines)

    def _results(self, item: ModuleItem) -> tuple[str, ...]:
        """The names of what an item gives: its own, or with several results the shortest ones inside it."""
        if len(item.outputs) == 1:
            return (item.name,)
        before = f"{'.'.join(item.path)}."
        found = []
        for at in item.outputs:
            names = (name for name in self.names[at] if name.startswith(before))
            inside = min(names, key=len, default=self.graph.nodes[at].layer.kind)
            found.append("_".join((item.name, *inside.removeprefix(before).split("."))))
        return tuple(found)

    def _line(
        self,
        item: ModuleItem,
        names: Called,
        variables: Variables,
        number: int,
        indent: int,
        batch: str,
    ) -> str:
        """A line of `forward`; `batch` is a variable with the size of the batch."""
        inputs = variables.steps[number].inputs
        read = variables.names(inputs)
        if not item.items:
            node = self.graph.nodes[item.nodes[0]]
            held = dict(zip(inputs, read, strict=True))
            held |= {at: f"*{held[at]}" for at in inputs if at in variables.lists}
            read = [held[each] for each in node.inputs if each in held]
        assigned = zip(item.outputs, variables.assign(number), strict=True)
        targets = [name if variables.is_read(at) else NOTHING for at, name in assigned]
        if self.calls.is_merge(item):
            return self._merge(item.nodes[0], read, targets[0], indent)
        if self.calls.is_source(item):
            axes = ", -1" * len(node.shape.dims())
            return f"{targets[0]} = self.{names[item.nodes]}.expand({batch}.shape[0]{axes})"
        if not item.items and self.calls.of(item.nodes[0]).flattens:
            read = [f"{name}.flatten(1)" for name in read]
        if self.calls.is_split(item):
            node = self.graph.nodes[item.nodes[0]]
            assert isinstance(node.layer, Split)
            call = Bracket(f"{read[0]}.", (split(node.layer, *node.reads),), "")
        else:
            call = Bracket(f"self.{names[item.nodes]}(", tuple(read))
        if {*targets} <= {NOTHING}:
            return written(call, indent, after=UNUSED)
        before = f"{', '.join(targets)} = "
        if len(targets) > 1 and len(INDENT) * indent + len(before + call.start) > WIDTH:
            unpacked = written(Bracket("(", tuple(targets)), indent, after=" = results")
            return f"{written(call, indent, 'results = ')}\n{INDENT * indent}{unpacked}"
        return written(call, indent, before)

    def _merge(self, at: int, terms: list[str], target: str, indent: int) -> str:
        node = self.graph.nodes[at]
        name = next((term[1:] for term in terms if term.startswith("*")), "")
        if name:
            return f"{target} = {merged_list(node, terms, name)}"
        try:
            text = merged(node.layer, node.reads, terms) if isinstance(node.layer, Merge) else ""
        except LackingError as error:
            self.calls.lacking(at, str(error))
            return ""
        if "cropped(" in text:
            self.called.add("cropped")
        if text == target:
            return ""
        if text == " + ".join(terms):
            return sum_of(terms, indent, f"{target} = ")
        if text.startswith("torch.cat(["):
            listed_terms = Bracket("[", tuple(terms), "]")
            return written(
                Bracket("torch.cat(", (listed_terms, text.rpartition(", ")[2][:-1])), indent, f"{target} = "
            )
        return f"{target} = {text}"


def _returning(text: str, indent: int) -> str:
    """A line that returns one or several values."""
    if len(INDENT) * indent + len(f"return {text}") <= WIDTH:
        return f"return {text}"
    return written(Bracket("(", tuple(text.split(", "))), indent, "return ")
