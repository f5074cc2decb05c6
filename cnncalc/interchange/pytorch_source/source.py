"""A network as PyTorch source: a class for each block, the names of the spec, no dependency on cnncalc."""

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from cnncalc import __version__
from cnncalc.graph import Graph
from cnncalc.interchange.pytorch_source.building import ClassBuilder
from cnncalc.interchange.pytorch_source.classes import Classes, whole
from cnncalc.interchange.pytorch_source.helpers import HELPERS, texts_of
from cnncalc.interchange.pytorch_source.identifiers import title, unique
from cnncalc.interchange.pytorch_source.printing import Printer
from cnncalc.interchange.pytorch_source.text import INDENT, WIDTH
from cnncalc.interchange.pytorch_source.tree import ModuleItem
from cnncalc.problems import Source, SpecError
from cnncalc.shapes import listed
from cnncalc.spec import SpecLike, as_spec

NOWHERE = Source("", "")

MOST_NAMED = 20
"""The most layers to report that cannot be exported."""


def to_pytorch(spec: SpecLike) -> str:
    """The source of a module with the layers, the weights and the outputs of a network.

    It has a class for each block, the names of the spec, and imports only PyTorch. Inputs are channels
    first. With several outputs, `forward` returns a tuple in the order of the spec; auxiliary heads follow
    in training.

    Raises:
        SpecError: layers that cannot be written; the exception lists them with their places.

    >>> to_pytorch("lenet5").splitlines()[-1]
    '        return self.fc2(x)'
    """
    spec = as_spec(spec)
    blocks = {name: block.inputs for name, block in spec.document.blocks.items()}
    return ModuleSource(spec.graph, spec.name, spec.origin, spec.source, blocks).text()


class ModuleSource:
    """Writes the source of one network.

    Args:
        origin: where the network is from.
        source: what problems point into.
        blocks: the names of the inputs of each block of the spec, beside the first.
    """

    def __init__(
        self,
        graph: Graph,
        name: str,
        origin: str = "",
        source: Source = NOWHERE,
        blocks: Mapping[str, Sequence[str]] = MappingProxyType({}),
    ) -> None:
        self.graph = graph
        self.about = name, origin
        self.source = source
        self.said = dict(re.findall(r"^  ([\w-]+):[ ]+#[ ]*(\w.*)$", source.text, re.MULTILINE))
        self.name = unique(title(name), HELPERS, "V")
        self.builder = ClassBuilder(graph, Classes({*HELPERS, "OrderedDict", self.name}), blocks)

    def text(self) -> str:
        """The whole file; raises SpecError."""
        builder = self.builder
        body = builder.network()
        if builder.calls.problems:
            raise SpecError(builder.calls.problems[:MOST_NAMED], self.source)
        builder.classes.settle()
        network = whole(self.name, body.attributes, body.inputs, body.lines)
        printer = Printer(builder.classes)
        classes = [printer.class_text(each, self._said(each.words)) for each in builder.classes.found]
        classes.append(printer.class_text(network, self._about(), self._freezing(builder.items)))
        helpers = texts_of({*printer.called, *builder.statements.called})
        return "\n\n".join([self._head("".join(classes + helpers)), *helpers, *classes])

    def _head(self, body: str) -> str:
        lines = [f'"""{self.name} in PyTorch, written by cnncalc {__version__}."""', ""]
        code = re.sub(r'"""[^"]*"""', "", body)
        standard = ["import math"] * ("math." in code)
        standard += ["from collections import OrderedDict"] * ("OrderedDict(" in code)
        lines += [*standard, *[""] * bool(standard)]
        if re.search(r"\btorch[.,]", code):
            lines.append("import torch")
        lines.append("from torch import nn")
        if "functional." in code:
            lines.append("from torch.nn import functional")
        return "\n".join([*lines, ""])

    def _about(self) -> list[str]:
        """The docstring of the network."""
        shapes = listed({node.name: node.shape for node in self.graph.inputs}, "chw")
        name, origin = self.about
        about = f"{name}{f' ({origin})' if origin else ''}, input {shapes}."
        return docstring(about)

    def _said(self, block: str) -> list[str]:
        """The docstring of a block: what a comment behind its name says."""
        said = self.said.get(block, "") if block in self.builder.blocks else ""
        return docstring(said[0].upper() + said[1:].rstrip(". ") + ".") if said else []

    def _freezing(self, items: Sequence[ModuleItem]) -> list[str]:
        """The lines that freeze what the spec freezes: whole modules where possible."""
        lines = []
        for item in self._frozen(items):
            path = [self.builder.attributes[item.path[:depth]] for depth in range(1, len(item.path) + 1)
                    if item.path[:depth] in self.builder.attributes]  # fmt: skip
            what = "parameter" if self.builder.calls.is_source(item) else "submodule"
            module = f"self.{path[0]}" if len(path) == 1 else f'self.get_{what}("{".".join(path)}")'
            lines.append(f"{module}.requires_grad_(False)")
        return lines

    def _frozen(self, items: Sequence[ModuleItem]) -> Iterator[ModuleItem]:
        nodes = self.graph.nodes
        for item in items:
            learned = [at for at in item.nodes if nodes[at].layer.weights(*nodes[at].reads)]
            own = [at for at in learned if nodes[at].shares is None]
            if own and all(nodes[at].frozen for at in own):
                yield item
            elif item.items:
                yield from self._frozen(item.items)


def docstring(text: str) -> list[str]:
    """The lines of the docstring of a class with a text, which cannot end it."""
    plain = "".join(sign for sign in text if sign.isprintable()).replace("\\", "/").replace('"', "'")
    lines = textwrap.wrap(plain, WIDTH - 2 * len(INDENT), break_on_hyphens=False)
    if len(lines) == 1 and len(lines[0]) + 10 <= WIDTH:
        return [f'"""{lines[0]}"""']
    return [f'"""{lines[0]}', *lines[1:], '"""']
