"""The text of classes and of the statements that construct modules."""

import re
from collections.abc import Iterator, Sequence
from keyword import iskeyword

from cnncalc.interchange.pytorch_source.classes import Attribute, Classes, Slot, SourceClass, literal
from cnncalc.interchange.pytorch_source.expressions import (
    BlockUse,
    Branches,
    Chain,
    LayerCall,
    Module,
    OptionalModule,
)
from cnncalc.interchange.pytorch_source.identifiers import MODULE_DICT, MODULE_LIST, is_numbered
from cnncalc.interchange.pytorch_source.rules.sources import BUFFER, PARAMETER
from cnncalc.interchange.pytorch_source.text import INDENT, Bracket, Piece, one_line, prefixed, written


class Printer:
    """Writes classes, and notes in `called` which classes and functions their constructors call."""

    def __init__(self, classes: Classes) -> None:
        self.classes = classes
        self.called: dict[str, None] = {}

    def class_text(self, made: SourceClass, about: Sequence[str] = (), frozen: Sequence[str] = ()) -> str:
        slots = iter(made.slots)
        parameters = tuple(
            each.name if not each.has_default else f"{each.name}={one_line(literal(each.default))}"
            for each in made.parameters
        )
        lines = [f"class {made.name}(nn.Module):"]
        lines += [f"{INDENT}{line}" for line in about] + [""] * bool(about)
        init = Bracket("def __init__(", ("self", *parameters), "):")
        lines += [INDENT + written(init, 1), f"{INDENT * 2}super().__init__()"]
        for each in made.attributes:
            lines.append(INDENT * 2 + self._attribute(each, slots))
        lines += [f"{INDENT * 2}{line}" for line in frozen]
        call = Bracket("def forward(", ("self", *made.inputs), "):")
        lines += ["", INDENT + written(call, 1)]
        lines += [f"{INDENT * 2}{line}" for line in made.lines]
        return "\n".join([*lines, ""])

    def _attribute(self, made: Attribute, slots: Iterator[Slot]) -> str:
        """The statement that makes a module, a parameter or a buffer."""
        piece = self._piece(made.module, slots)
        callee = made.module.callee if isinstance(made.module, LayerCall) else ""
        if callee not in (PARAMETER, BUFFER) or isinstance(piece, str):
            return written(piece, 2, f"self.{made.name} = ")
        shape, *value = piece.items
        sizes = shape.items if isinstance(shape, Bracket) else (shape,)
        if callee == PARAMETER:
            return written(Bracket("nn.Parameter(torch.zeros(", sizes, "))"), 2, f"self.{made.name} = ")
        tensor = Bracket("torch.full(", (shape, *value)) if value else Bracket("torch.zeros(", sizes)
        return written(Bracket("self.register_buffer(", (f'"{made.name}"', tensor)), 2)

    def _piece(self, module: Module, slots: Iterator[Slot]) -> Piece:
        if isinstance(module, OptionalModule):
            return next(slots).piece
        if isinstance(module, Chain):
            return self._sequence(module, slots)
        if isinstance(module, Branches):
            self.called[module.callee] = None
            items = (prefixed(f'"{name}": ', self._piece(inner, slots)) for name, inner in module.items)
            return Bracket(f"{module.callee}(", (Bracket("{", tuple(items), "}"),))
        if isinstance(module, BlockUse):
            callee = self.classes.found[module.number].name
        else:
            callee = module.callee
            self.called[callee] = None
        texts: list[Piece] = []
        is_first = True
        for argument in module.arguments:
            if argument.is_option:
                is_first = False
                if argument.module is not None:
                    texts.append(prefixed(f"{argument.name}=", self._piece(argument.module, slots)))
                continue
            slot = next(slots)
            if slot.is_left_out:
                continue
            is_first = is_first and argument.is_first
            texts.append(slot.piece if is_first else prefixed(f"{argument.name}=", slot.piece))
        return Bracket(f"{callee}(", tuple(texts))

    def _sequence(self, chain: Chain, slots: Iterator[Slot]) -> Piece:
        names = [name for name, _ in chain.items]
        pieces = [self._piece(inner, slots) for _, inner in chain.items]
        if chain.callee == MODULE_DICT:
            items = tuple(prefixed(f'"{name}": ', each) for name, each in zip(names, pieces, strict=True))
            return Bracket(f"{MODULE_DICT}(", (Bracket("{", items, "}"),))
        if chain.callee == MODULE_LIST:
            first, *others = _repeated(pieces)
            if not others and isinstance(first, str) and first.startswith("*("):
                return f"{MODULE_LIST}{first[1:]}"
            return Bracket(f"{MODULE_LIST}(", (Bracket("[", (first, *others), "]"),))
        if is_numbered(names):
            return Bracket("nn.Sequential(", _repeated(pieces))
        if all(name.isidentifier() and not iskeyword(name) for name in names):
            items = tuple(prefixed(f"{name}=", each) for name, each in zip(names, pieces, strict=True))
            return Bracket("nn.Sequential(", (Bracket("OrderedDict(", items),))
        pairs = tuple(prefixed(f'"{name}": ', each) for name, each in zip(names, pieces, strict=True))
        return Bracket("nn.Sequential(", (Bracket("OrderedDict(", (Bracket("{", pairs, "}"),)),))


FEWEST_REPEATED = 3
"""Equal modules that a generator is written for."""
FEWEST_GROWING = 4
"""Modules that grow by equal steps that a generator is written for."""
WIDEST = 70
"""Columns of such a generator, which is not broken into lines."""


def _repeated(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """The pieces, with a generator for equal ones that follow each other, or grow by equal steps."""
    texts = [*map(one_line, pieces)]
    found: list[Piece] = []
    at = 0
    while at < len(texts):
        stop = next((n for n in range(at, len(texts)) if texts[n] != texts[at]), len(texts))
        count = stop - at
        short = f"*({texts[at]} for _ in range({count}))"
        if count < FEWEST_REPEATED:
            count, short = _growing(texts, at)
        if count > 1 and len(short) <= WIDEST:
            found.append(short)
            at += count
        else:
            found.append(pieces[at])
            at += 1
    return tuple(found)


def _growing(texts: Sequence[str], at: int) -> tuple[int, str]:
    """How many texts from one on differ in a number that grows by equal steps, and the generator of them."""
    words, numbers = _numbers(texts[at])
    count, step, first = 1, 0, 0
    for place in range(at + 1, len(texts)):
        others, grown = _numbers(texts[place])
        changes = {(old, new) for old, new in zip(numbers, grown, strict=False) if old != new}
        if others != words or len(changes) != 1:
            break
        ((old, new),) = changes
        if count == 1:
            first, step = old, new - old
        if (old, new) != (first, first + count * step) or step < 1:
            break
        count += 1
    if count < FEWEST_GROWING or any(re.search(r"\bn\b", word) for word in words):
        return 1, ""
    written_ = "".join(
        f"{word}{'n' if number == first else number}" for word, number in zip(words, numbers, strict=False)
    )
    return count, f"*({written_}{words[-1]} for n in range({first}, {first + count * step}, {step}))"


def _numbers(text: str) -> tuple[list[str], list[int]]:
    """The whole numbers in a text, and what is around them."""
    parts = re.split(r"(?<![\w.\"-])([0-9]+)(?![\w.\"])", text)
    return parts[::2], [*map(int, parts[1::2])]
