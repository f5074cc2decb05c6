"""Reads layers as code calls them: `nn.Conv2d(3, 64, 3, stride=2, padding=1)`."""

import ast
import re
import warnings
from collections.abc import Iterator

from msgspec import Struct

from cnncalc.layers import BY_NAME, Layer, find_kind, options_of
from cnncalc.problems import did_you_mean
from cnncalc.spec.phrases.item import PhraseLayer, is_arithmetic, sizes_text
from cnncalc.spec.phrases.signatures import (
    CONTAINERS,
    IGNORED,
    INPUT_ARGUMENTS,
    INPUTS,
    SIGNATURES,
    Signature,
)
from cnncalc.spec.phrases.tokens import PhraseError
from cnncalc.spec.vocabulary import AROUND, canonical, elsewhere

ASSIGNED = re.compile(r"\s*[\w.]+\s*=(?!=)\s*")
OPENING = re.compile(r"(?:[A-Za-z_]\w*\.)*(?P<name>[A-Za-z_]\w*)\(")
CODE = re.compile(r"[A-Z]\w*[a-z]\w*[A-Z0-9]\w*")
"""A class such as MyBlock: a word with capitals inside."""

UNKNOWN = "_"
"""A name in place of `?`, so that Python can parse it and columns stay the same."""

FEWEST = {"filters": "the number of filters", "kernel": "the kernel size", "units": "the number of units"}
WORDS = {"True": "true", "False": "false"}


class Called(Struct, frozen=True):
    """The layers of a call, and the shape of the input if it says one."""

    items: tuple[PhraseLayer, ...]
    input: str = ""


def is_call(text: str) -> bool:
    """Whether a text is code that calls a layer of a known library.

    >>> is_call("x = nn.Conv2d(3, 64, 3)"), is_call("3x3 conv (same)")
    (True, False)
    """
    found = OPENING.match(_code(text)[0])
    if not found:
        return False
    name = found["name"]
    known = name in CONTAINERS or name in INPUTS or _signature(found[0][:-1]) is not None
    return known or bool(find_kind(name) or elsewhere(name) or CODE.fullmatch(name))


def read_call(text: str, offset: int = 0) -> Called:
    """The layers of a call; `offset` is its place in the whole text.

    Raises:
        PhraseError: it is not a call, or an argument is not understood.

    >>> [item.line for item in read_call("nn.Conv2d(3, 64, 3, stride=2)").items]
    ['conv: 64, kernel: 3, stride: 2, in: 3']
    """
    code, skipped = _code(text)
    code = code.rstrip().rstrip(",;").replace("?", UNKNOWN)
    try:
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse(code, mode="eval").body
    except SyntaxError as error:
        at = min(max((error.offset or 1) - 1, 0), max(len(code) - 1, 0))
        closed = code.count("(") == code.count(")")
        message = "not a call as Python reads it" if closed else "a bracket is not closed"
        raise PhraseError(message, offset + skipped + at, 1) from None
    except (ValueError, RecursionError, MemoryError):
        raise PhraseError("not a call as Python reads it", offset + skipped, len(code)) from None
    return CallReader(code, offset + skipped).read(tree)


def _code(text: str) -> tuple[str, int]:
    """A text without the name that it assigns to, and how much was removed."""
    found = ASSIGNED.match(text)
    start = found.end() if found else len(text) - len(text.lstrip())
    return text[start:], start


def _signature(dotted: str) -> Signature | None:
    """The signature of a name such as `nn.Conv2d`: the longest match first."""
    words = dotted.split(".")
    return next(
        (SIGNATURES[name] for size in (3, 2, 1) if (name := ".".join(words[-size:])) in SIGNATURES), None
    )


class CallReader:
    """Reads one parsed call; `offset` is the place of its code."""

    def __init__(self, code: str, offset: int) -> None:
        self.code = code
        self.bytes = code.encode()
        self.offset = offset
        self.input = ""

    def read(self, tree: ast.expr) -> Called:
        return Called(tuple(self._layers(tree)), self.input)

    def _layers(self, node: ast.expr) -> Iterator[PhraseLayer]:
        """The layers of a call, of a list of calls, or of a call that is called again."""
        if isinstance(node, ast.List | ast.Tuple):
            for each in node.elts:
                yield from self._layers(each)
            return
        if not isinstance(node, ast.Call):
            raise self._error(node, "expected a call such as Conv2d(3, 64, 3)")
        if isinstance(node.func, ast.Call):  # Keras: Conv2D(8, 3)(x)
            yield from self._before(node)
            yield from self._layers(node.func)
            return
        dotted = self._text(node.func)
        name = dotted.rpartition(".")[2]
        if name in CONTAINERS:
            for each in node.args:
                yield from self._layers(each)
        elif name in INPUTS:
            self._shape(node)
        else:
            if (found := _signature(dotted)) and found.parameters[:1] == ("-",):
                yield from self._before(node)
            yield self._layer(node, dotted)

    def _before(self, node: ast.Call) -> Iterator[PhraseLayer]:
        """The layers inside a call's first argument: `F.max_pool2d(F.relu(x), 2)`."""
        if node.args and isinstance(node.args[0], ast.Call):
            yield from self._layers(node.args[0])

    def _shape(self, node: ast.Call) -> None:
        for value in [*node.args[:1], *(word.value for word in node.keywords if word.arg in INPUT_ARGUMENTS)]:
            self.input = self._text(value)

    def _layer(self, node: ast.Call, dotted: str) -> PhraseLayer:
        signature = _signature(dotted)
        name = dotted.rpartition(".")[2]
        if signature is None:
            kind = find_kind(name)
            if kind is None:
                raise self._error(node.func, f"unknown layer '{dotted}'", _other(name))
            signature = Signature("", kind.kind, (kind.main or "-",), "chw")
        found = find_kind(signature.kind) or self._named_kind(node, name)
        options = dict(self._options(node, signature, found, name))
        missing = [
            each
            for each in FEWEST
            if each in _required(found) and each not in {*options, *signature.defaults}
        ]
        if missing:
            raise self._error(node, f"{name} lacks {FEWEST[missing[0]]}", _usage(name, signature))
        notes = []
        for option, value in signature.defaults.items():
            if option not in options:
                options[option] = value
                notes.append(f"{option} {value} is the default of {name} in {signature.library}")
        rank = re.search(r"([123])[dD](?=$|T|_)", name)
        if found.main and options.get("act") and found.family == "activation":
            options.pop("act")
        return PhraseLayer(
            found.kind,
            options,
            tuple(notes),
            self._at(node),
            len(self._text(node)),
            library=signature.layout if signature.library else "",
            rank=int(rank[1]) if rank else 0,
        )

    def _named_kind(self, node: ast.Call, name: str) -> type[Layer]:
        """The kind of `Activation("relu")`, or of a layer that is called like its kind: `ReLU()`."""
        kind = find_kind(name)
        if kind is None and node.args:
            word = self._value(node.args[0], "act")
            kind = find_kind(word)
            if kind is None:
                raise self._error(node.args[0], f"unknown activation '{word}'")
        if kind is None:
            raise self._error(node, f"{name} lacks the name of an activation")
        return kind

    def _options(
        self, node: ast.Call, signature: Signature, kind: type[Layer], name: str
    ) -> Iterator[tuple[str, str]]:
        """The options in the arguments, by position and by name."""
        known = {*options_of(kind), *AROUND}
        if len(node.args) > len(signature.parameters):
            extra = node.args[len(signature.parameters)]
            most = len(signature.parameters)
            what = f"{name} takes at most {most} argument{'s' * (most != 1)} without a name"
            raise self._error(extra, what, _usage(name, signature))
        given = set()
        for option, value in zip(signature.parameters, node.args, strict=False):
            if option in known and (signature.kind or option != "act"):
                given.add(option)
                yield from self._option(option, value)
        for word in node.keywords:
            argument = word.arg or ""
            option = signature.renamed.get(argument) or (
                argument if argument in known else canonical(argument)
            )
            if argument in INPUT_ARGUMENTS and option not in known:
                self.input = self._text(word.value)
            elif option in given:
                raise self._error(word.value, f"{argument} of {name} is given twice")
            elif option in known:
                given.add(option)
                yield from self._option(option, word.value)
            elif argument not in IGNORED:
                hint = did_you_mean(argument, sorted(known))
                raise self._error(word.value, f"unknown argument '{argument}' of {name}", hint)

    def _option(self, option: str, node: ast.expr) -> Iterator[tuple[str, str]]:
        value = self._value(node, option)
        if value and value not in ("None", "linear"):
            yield option, value

    def _value(self, node: ast.expr, option: str) -> str:
        """An argument as specs write it."""
        text = self._text(node)
        match node:
            case ast.Constant(value=str() as word):
                return word.strip().lower() if option in ("padding", "act", "mode") else word.strip()
            case ast.Constant() | ast.Name(id="True" | "False" | "None") if not text.startswith("."):
                word = WORDS.get(text, text)
                return {"true": "ceil", "false": "floor"}.get(word, word) if option == "fit" else word
            case ast.Tuple(elts=[_, *_]) | ast.List(elts=[_, *_]):
                inner = [self._value(each, option) for each in node.elts]
                if option in ("kernel", "stride") and len(inner) == 4 and inner[0] == inner[-1] == "1":
                    inner = inner[1:-1]  # TensorFlow 1: batch and channels
                return sizes_text(tuple(inner))
            case ast.Call() if option in ("act", "norm"):
                item = next(self._layers(node))
                return item.kind if not item.options else item.written
            case ast.Name(id="_"):
                return "?"
            case ast.Attribute() | ast.Name() if option == "act":
                return text.rpartition(".")[2].lower()
        if is_arithmetic(text):
            return text
        raise self._error(node, f"expected a number for {option}, found '{text}'", "write the number itself")

    def _text(self, node: ast.AST) -> str:
        return ast.get_source_segment(self.code, node) or ""

    def _at(self, node: ast.AST) -> int:
        """The place of a node in characters."""
        column = getattr(node, "col_offset", 0)
        lines = self.code.splitlines(keepends=True)[: getattr(node, "lineno", 1) - 1]
        return (
            self.offset
            + sum(map(len, lines))
            + len(self.code.splitlines(keepends=True)[len(lines)].encode()[:column].decode())
        )

    def _error(self, node: ast.AST, message: str, hint: str = "") -> PhraseError:
        return PhraseError(message, self._at(node), max(len(self._text(node)), 1), hint)


def _other(name: str) -> str:
    """What to write for a layer that is not known: a similar one, or why there is none."""
    similar = did_you_mean(name, [each for each in SIGNATURES if "." not in each])
    return elsewhere(name) or (similar if similar.startswith("did") else "`cnncalc kinds` lists all kinds")


def _required(kind: type[Layer]) -> set[str]:
    return {name for name, option in options_of(kind).items() if option.required}


def _usage(name: str, signature: Signature) -> str:
    """How the library's own reference writes the arguments."""
    if not signature.library:
        main = BY_NAME[signature.kind].main if signature.kind else ""
        return f"name the arguments, such as {name}({main}=…)" if main else ""
    shown = ", ".join(each for each in signature.parameters if each != "-")
    return f"{signature.library} reads {name}({shown})"
