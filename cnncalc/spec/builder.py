"""Expands a document into the graph: blocks, repeats, branches, names, shapes.

A layer with an error yields the tensor None. Layers that depend on it are still checked as far as
possible: all problems of a file are reported at once, without follow-up errors.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from cnncalc.graph import Graph
from cnncalc.layers import Layer, Merge, TensorSource
from cnncalc.layers.dialects import named_by
from cnncalc.problems import Findings, Place, Problem, did_you_mean
from cnncalc.shapes import Shape
from cnncalc.spec.arguments import (
    block_scope,
    condition,
    share_target,
    tensor_of,
    tensors_of,
    value_of,
)
from cnncalc.spec.assembly import Assembly
from cnncalc.spec.builtin import builtin_blocks
from cnncalc.spec.claims import Claim, Limit, claims, limits
from cnncalc.spec.dialect_names import other_meaning
from cnncalc.spec.document import Block, Document
from cnncalc.spec.ends import ONLY, check_heads, resolved, unread
from cnncalc.spec.opening import input_values
from cnncalc.spec.plan import Plan, Planner
from cnncalc.spec.reader import Node as YamlNode
from cnncalc.spec.reader import Scalar
from cnncalc.spec.scope import SEVERAL, UNDECIDED, Scope, Tensor
from cnncalc.spec.statements import Branch, LayerList, Statement
from cnncalc.spec.subjects import check_subjects, too_many_patterns
from cnncalc.spec.trunk import is_aside, is_dropped

MAX_LAYERS = 100_000
MAX_BLOCK_DEPTH = 60
REFERENCES_PER_LAYER = 2
STEPS_AFTER_ERRORS = 20_000
RAISE_LIMIT = "raise the limit with --max-layers"


class TooLargeError(Exception):
    """The network exceeds a size limit; building stops, with all problems so far reported."""


class Builder:
    """Builds one network. `root` holds the file's variables; problems go to `findings`.

    `as_written` means that nothing was overridden, so that names in `expect` and `budget` must exist.
    """

    def __init__(
        self, document: Document, root: Scope, findings: Findings, max_layers: int, as_written: bool
    ) -> None:
        self.document = document
        self.root = root
        self.findings = findings
        self.max_layers = max_layers
        self.as_written = as_written
        self.tensors = root.all
        self.planner = Planner(document, findings)
        self.assembly = Assembly(self.tensors, document.layout, findings)
        self.claims: list[Claim] = list(claims(document.expect, "", findings, root))
        self.limits: list[Limit] = list(document.budget)
        self.stack: list[str] = []
        self.steps = 0
        self.is_complete = True

    def build(self, shapes: dict[str, Shape | None]) -> Graph | None:
        """The graph, or None if there are errors. `shapes` are those of the inputs."""
        scope = self._opened(shapes)
        output: Tensor = None
        try:
            output = self._run(self.document.layers, scope)
        except TooLargeError:
            self._incomplete()
        except RecursionError:
            self._report("too-deep", "blocks and branches are nested too deeply", Place(1, 1))
        self._check_patterns()
        outputs, auxiliary = self._ends(scope, output)
        if self.is_complete and self.as_written and self.document.layers.statements:
            unknown = self.document.unknown_outputs  # reported before
            claimed = [claim for claim in self.claims if claim.layer not in unknown]
            limited = [limit for limit in self.limits if limit.layer not in unknown]
            check_subjects(claimed, limited, self.document.freeze, scope, self.findings)
        if not outputs or self.findings.has_errors:
            return None
        for pattern in self.document.freeze:
            self.assembly.freeze(pattern.text)
        return self.assembly.graph(outputs, auxiliary)

    def _opened(self, shapes: dict[str, Shape | None]) -> Scope:
        """The scope of the network's layers, with its inputs.

        The first layer reads the section `input`, or the only input. With several it has to name one.
        """
        places = {name.text: name.place for name in self.document.inputs}
        values = input_values(self.document, self.root, self.findings)
        tensors: dict[str, Tensor] = {
            name: self.assembly.enter(name, shape, places.get(name, Place(0, 0)), values.get(name, 0))
            if shape
            else None
            for name, shape in shapes.items()
        }
        self.tensors.inputs = tuple(tensors)
        entry = next(iter(tensors.values()), None)
        if len(tensors) > 1 and ONLY not in tensors:
            entry = UNDECIDED
        scope = Scope(self.tensors, self.root, "", entry)
        for name in places:
            scope.local[name] = name
            self.tensors.put(name, tensors.get(name))
        return scope

    def _ends(self, scope: Scope, last: Tensor) -> tuple[dict[str, int], dict[str, int]]:
        """The outputs and the auxiliary heads by name, with findings; no outputs if there are errors."""
        if not self.is_complete:
            return {}, {}
        document, findings = self.document, self.findings
        most = REFERENCES_PER_LAYER * self.max_layers
        found = resolved(document.outputs, "outputs", scope, findings, most)
        heads = resolved(document.auxiliary, "auxiliary", scope, findings, most)
        outputs = {name: at for each in found.values() for name, at in each.items()}
        if not document.outputs and last is not None:
            if last == UNDECIDED:
                self._several_inputs(Place(1, 1))
                return {}, {}
            if last == SEVERAL:
                self._several_parts(Place(1, 1), hint="name the outputs: `outputs: [name.0, …]`")
                return {}, {}
            named = (name for name in reversed(scope.local) if self.tensors.by_name.get(name) == last)
            outputs = {next(named, self.assembly.nodes[last].name): last}
        if findings.has_errors:
            return {}, {}
        nodes, auxiliary = self.assembly.nodes, {n: at for each in heads.values() for n, at in each.items()}
        check_heads(nodes, outputs.values(), heads, findings)
        for node in unread(nodes, self.assembly.entries, (*outputs.values(), *auxiliary.values())):
            if node.place.line:
                message = f"no output depends on the input '{node.name}'"
                hint = f"read it with `from: {node.name}`, or remove it"
                findings.add(Problem("unused-input", message, node.place, hint, level="warning"))
        return outputs, auxiliary

    def _several_inputs(self, place: Place, name: str = "") -> Tensor:
        """Reports a layer that has to say which of several inputs it reads."""
        names = ", ".join(self.tensors.inputs)
        message = f"the network has several inputs ({names}): the first layer has to say which it reads"
        hint = f"add `from: {self.tensors.inputs[0]}`, or join them in a merge"
        self._report("which-input", message, place, hint, layer=name)
        return None

    def _several_parts(
        self, place: Place, name: str = "", hint: str = "name one of them, such as `from: name.0`"
    ) -> Tensor:
        """Reports a layer that has to say which part of a split it reads."""
        self._report("which-part", "the tensor before is split into several", place, hint, layer=name)
        return None

    def _check_patterns(self) -> None:
        """Every pattern is compared with every name: both together are bounded."""
        named = [(claim.layer, claim.place) for claim in self.claims]
        named += [(limit.layer, limit.place) for limit in self.limits]
        named += [(each.text, each.place) for each in self.document.freeze]
        problem = too_many_patterns(named, len(self.tensors.by_name))
        if problem:
            self.findings.add(problem)
            self.is_complete = False

    def _report(self, code: str, message: str, place: Place, hint: str = "", layer: str = "") -> None:
        self.findings.add(Problem(code, message, place, hint, layer=layer))

    def _run(self, layers: LayerList, scope: Scope) -> Tensor:
        """Builds the statements of a list in order; returns the last tensor."""
        scope.later = frozenset(layers.names)
        for statement, name in zip(layers.statements, layers.names, strict=True):
            scope.prev = self._place(statement, name, scope)
        return scope.prev

    def _place(self, statement: Statement, name: str, scope: Scope) -> Tensor:
        """Builds one statement with its repeats; returns what the next one reads."""
        full = scope.prefix + name
        inner = Scope(self.tensors, scope, scope.prefix, scope.entry)
        absent = self._enter(statement, scope, inner)
        repeat = statement.around.get("repeat")
        if repeat is None:
            is_kept = self._instance(statement, inner, full)
        else:
            is_kept = self._repeated(statement, inner, full, repeat)
        scope.local[name] = full
        if is_kept and absent:
            self.findings.add(absent)
        if not is_kept:
            scope.left_out.add(name)
            if absent or is_dropped(statement):
                self.tensors.left_out.add(full)
                return scope.prev
        if "." in name:
            self.tensors.dotted.add(full)
        if not self.tensors.put(full, inner.prev):
            self._report_clash(full, statement.place)
        return scope.prev if is_aside(statement) else inner.prev

    def _report_clash(self, full: str, place: Place) -> None:
        """Reports a name with dots that is also the path of a layer inside a block, repeat or branch."""
        message = f"'{full}' is the name of one layer and the path of another"
        self._report("duplicate-name", message, place, "rename one of them")

    def _enter(self, statement: Statement, scope: Scope, inner: Scope) -> Problem | None:
        """Sets what the statement reads; returns the problem if that is left out, unless this one is, too."""
        reference = statement.around.get("from")
        if reference is None:
            inner.prev = scope.prev
            return None
        found = Findings()
        inner.prev = tensor_of(reference, "from", scope, found)
        for problem in found.sorted():
            if problem.code == "left-out":
                return problem
            self.findings.add(problem)
        return None

    def _count(self, node: YamlNode, scope: Scope) -> int | None:
        """The number of repeats; None, with a finding, if it is not valid."""
        count = value_of(node, scope, self.findings)
        if count is None:
            return None
        if type(count) is not int or count < 0:
            self._report(
                "bad-repeat", f"repeat must be a whole number of at least 0; found {count}", node.place
            )
            return None
        if count > self.max_layers:
            message = f"repeat: {count:,} exceeds the limit of {self.max_layers:,} layers"
            self._report("too-many-layers", message, node.place, RAISE_LIMIT)
            return None
        return count

    def _repeated(self, statement: Statement, scope: Scope, full: str, repeat: YamlNode) -> bool:
        """Builds all repeats of a statement one after the other; returns whether there are any."""
        count = self._count(repeat, scope)
        if count is None:
            scope.prev = self._incomplete()
            return True
        is_kept = False
        for i in range(count):
            scope.values = {"i": i, "first": i == 0, "last": i == count - 1}
            is_kept |= self._instance(statement, scope, f"{full}.{i}")
            if not self.tensors.put(f"{full}.{i}", scope.prev):
                self._report_clash(f"{full}.{i}", statement.place)
        self.assembly.groups[full] = f"{statement.word} ×{count}"
        return is_kept

    def _instance(self, statement: Statement, scope: Scope, full: str) -> bool:
        """Builds one repeat of a statement, with its options such as `when`, `norm` and `expect`.

        Its output becomes `scope.prev`. Returns whether it is there: `when` may leave it out.
        """
        self._step(statement.place)
        around = statement.around
        when = condition(around.get("when"), scope, self.findings, default=True)
        if when is None:
            scope.prev = None
        if not when:
            return when is None
        self._check_channels(statement, scope)
        with self._around(statement, scope, full):
            tensor = self._operation(statement, scope, full)
            scope.prev = self._companions(statement, scope, full, tensor)
        if "expect" in around:
            self.claims += claims(around["expect"], full, self.findings, scope)
        if "budget" in around:
            self.limits += limits(around["budget"], full, self.findings)
        return True

    def _step(self, place: Place) -> None:
        self.steps += 1
        layers = len(self.assembly.nodes)
        if layers > self.max_layers or self.steps - layers > self.max_layers:
            message = f"the network exceeds {self.max_layers:,} layers here"
            self._report("too-many-layers", message, place, RAISE_LIMIT)
            raise TooLargeError
        if self.steps > STEPS_AFTER_ERRORS and self.findings.has_errors:
            raise TooLargeError

    def _check_references(self, place: Place) -> None:
        """References are bounded with the layers: a thousand lines can name a million tensors."""
        most = REFERENCES_PER_LAYER * self.max_layers
        if self.tensors.looked_at > most:
            message = f"the references of the network name more than {most:,} tensors here"
            self._report("too-many-references", message, place, RAISE_LIMIT)
            raise TooLargeError

    def _check_channels(self, statement: Statement, scope: Scope) -> None:
        """Checks `in: 64`, the expected number of input channels."""
        node = statement.around.get("in")
        if node is None or scope.prev is None or scope.prev < 0:
            return
        claimed = value_of(node, scope, self.findings)
        channels = self.tensors.shapes[scope.prev].channels
        if claimed is not None and claimed != channels:
            if self.tensors.shapes[scope.prev].rank:
                what, hint = "input channels", "a filter is as deep as its input"
            else:
                what, hint = "inputs", f"write `in: {channels}`, or leave it out"
            message = f"expected {claimed} {what} (`in`), found {channels}"
            self._report("channels-asserted", message, node.place, hint)

    @contextmanager
    def _around(self, statement: Statement, scope: Scope, full: str) -> Iterator[None]:
        """Applies `freeze`, `share` and `note` to everything inside the statement."""
        assembly = self.assembly
        before = assembly.frozen, assembly.sharing, assembly.shares_inside, assembly.note
        note = statement.around.get("note")
        self.assembly.note = note.text if isinstance(note, Scalar) else self.assembly.note
        freeze = condition(statement.around.get("freeze"), scope, self.findings, default=False)
        self.assembly.frozen |= bool(freeze)
        share = statement.around.get("share")
        target = share_target(share, scope, self.findings) if share is not None else None
        if target is not None:
            whole = full.rpartition(".")[0] if "repeat" in statement.around else full
            self.assembly.sharing = (whole, full, target)
            self.assembly.shares_inside = any(isinstance(join, Branch) for join in statement.joins)
        try:
            yield
        finally:
            assembly.frozen, assembly.sharing, assembly.shares_inside, assembly.note = before

    def _operation(self, statement: Statement, scope: Scope, full: str) -> Tensor:
        if statement.kind is None:
            return self._use(statement, scope, full)
        layer, plan = self.planner.layer(statement, scope)
        inputs: tuple[Tensor, ...] = (scope.prev,)
        if issubclass(statement.kind, Merge):
            inputs = self._joined(statement, scope, full)
        elif issubclass(statement.kind, TensorSource):
            inputs = ()
            if reference := statement.around.get("from"):
                message = f"{statement.kind.kind} reads no tensor, so `from` has no effect"
                self._report("bad-reference", message, reference.place, "remove it", layer=full)
        if UNDECIDED in inputs:
            return self._several_inputs(statement.place, full)
        if SEVERAL in inputs:
            return self._several_parts(statement.place, full)
        if layer is None or None in inputs or statement.flawed:
            return None
        self._check_rank(statement, inputs)
        layers = self.assembly.separate(layer, inputs, full, plan)
        if len(layers) > 1:
            return self._separate(layers, inputs, full, plan)
        tensor = self.assembly.add(layers[0], inputs, full, plan) if layers else None
        if tensor is not None:
            self._check_name(statement, tensor)
        return tensor

    def _separate(
        self, layers: tuple[Layer, ...], inputs: tuple[Tensor, ...], full: str, plan: Plan
    ) -> Tensor:
        """Adds a layer for each output of a kind with several, named by their numbers."""
        for number, layer in enumerate(layers):
            self._step(plan.place)
            self.tensors.put(f"{full}.{number}", self.assembly.add(layer, inputs, f"{full}.{number}", plan))
        self.assembly.groups[full] = plan.kind.kind
        return SEVERAL

    def _check_name(self, statement: Statement, tensor: int) -> None:
        """Reports a library's own name, such as Conv2DTranspose, for what that library computes otherwise."""
        library = named_by(statement.spelling)
        if library and library != self.document.dialect:
            node = self.assembly.nodes[tensor]
            if found := other_meaning(statement.spelling, library, self.document, node):
                self.findings.add(found)

    def _check_rank(self, statement: Statement, inputs: tuple[Tensor, ...]) -> None:
        """Reports a kind such as Conv2d on an input with another number of axes."""
        shape = self.tensors.shapes[inputs[0] or 0] if inputs else Shape(1)
        if statement.rank and shape.rank and shape.rank != statement.rank:
            text = shape.text(self.document.layout)
            axes = " and ".join(shape.axes)
            message = f"a {statement.rank}-d layer does not fit its input {text}, which has only {axes}"
            hint = "omit 1d, 2d or 3d from the name: the input determines the number of axes"
            self._report("wrong-rank", message, statement.place, hint)

    def _use(self, statement: Statement, scope: Scope, full: str) -> Tensor:
        word = statement.block
        if word is None:
            return self._incomplete()
        block = self._block(statement)
        if block is None:
            hint = did_you_mean(word.text, [*self.document.blocks, *builtin_blocks()])
            self._report("unknown-block", f"there is no block '{word.text}'", word.place, hint)
            return self._incomplete()
        if word.text in self.stack or len(self.stack) >= MAX_BLOCK_DEPTH:
            path = " → ".join([*self.stack, word.text])
            self._report("block-recursion", f"a block cannot use itself: {path}", word.place)
            return self._incomplete()
        builtin = word.text not in self.document.blocks
        with self._placed(statement.place if builtin else None):
            inner = block_scope(block, statement, scope, self.root, full, self.findings)
            self.assembly.groups.setdefault(full, word.text)
            self.stack.append(word.text)
            tensor = self._run(block.layers, inner)
            self.stack.pop()
        return tensor

    def _block(self, statement: Statement) -> Block | None:
        """The block that a statement uses, defined in the spec or built in."""
        if statement.block is None:
            return None
        name = statement.block.text
        return self.document.blocks.get(name) or builtin_blocks().get(name)

    @contextmanager
    def _placed(self, place: Place | None) -> Iterator[None]:
        """Layers and problems inside a built-in block get the place where the block is used."""
        before = self.findings.at
        self.findings.at = self.assembly.at = place or before
        try:
            yield
        finally:
            self.findings.at = self.assembly.at = before

    def _incomplete(self) -> Tensor:
        """Returns None and records that some names may be missing, because something was not expanded."""
        self.is_complete = False
        return None

    def _joined(self, statement: Statement, scope: Scope, full: str) -> tuple[Tensor, ...]:
        """Builds the branches of a merge; returns all its inputs."""
        inputs: list[Tensor] = []
        scope.branches = {}
        for join in statement.joins:
            if not isinstance(join, Scalar):
                branch = Scope(self.tensors, scope, f"{full}.{join.name}.", scope.prev)
                inputs.append(self._run(join.layers, branch))
                scope.branches[join.name] = f"{full}.{join.name}"
                if not self.tensors.put(f"{full}.{join.name}", inputs[-1]):
                    self._report_clash(f"{full}.{join.name}", statement.place)
            else:
                inputs += tensors_of(join, scope, self.findings)
            self._check_references(statement.place)
        if not inputs:
            kind = statement.kind.kind if statement.kind else ""
            self._report(
                "bad-merge", f"{kind} has no inputs", statement.place, f"such as `{kind}: [input, prev]`"
            )
            return (None,)
        return tuple(inputs)

    def _companions(self, statement: Statement, scope: Scope, full: str, tensor: Tensor) -> Tensor:
        """Adds the layers of `norm:` and `act:` after the statement's layer."""
        for role, layer, plan in self.planner.companions(statement, scope, self._block(statement)):
            if layer is None or tensor is None:
                return None
            if tensor == SEVERAL:
                return self._several_parts(plan.place, full, "write it as a layer that reads one of them")
            name = f"{full}.{role}"
            while name in self.tensors.by_name:  # a block may have a layer with that name
                name += "2"
            tensor = self.assembly.add(layer, (tensor,), name, plan)
            self.tensors.put(name, tensor)
            self.assembly.groups.setdefault(full, "")
        return tensor
