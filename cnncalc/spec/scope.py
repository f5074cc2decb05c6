"""Resolves names in a spec: variables, parameters, tensors, and paths into blocks."""

from cnncalc.expression import Value
from cnncalc.problems import Problem, did_you_mean
from cnncalc.shapes import AXES, Layout, Shape
from cnncalc.spec.reader import Scalar
from cnncalc.spec.values import UnresolvedError
from cnncalc.syntax import ExpressionError

Tensor = int | None
"""The index of a node in the graph; None for the output of a layer with an error."""

UNDECIDED = -1
"""The tensor `prev` at the start of a network with several inputs: a layer has to say which one it reads."""

SIZES = {"channels", *(axis for axes in AXES.values() for axis in axes)}


class Tensors:
    """All tensors built so far by full name, and their shapes."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.by_name: dict[str, Tensor] = {}
        self.shapes: list[Shape] = []
        self.inputs: tuple[str, ...] = ()
        """The names of the network's inputs."""
        self.looked_at = 0
        """How many tensors the references have named so far, or looked at to find those that a `*` names."""
        self._inside: dict[str, dict[str, None]] = {}

    def put(self, name: str, tensor: Tensor) -> None:
        """Gives a tensor its full name."""
        self.by_name[name] = tensor
        while name:
            above = name.rpartition(".")[0]
            inside = self._inside.setdefault(above, {})
            if name in inside:
                break
            inside[name] = None
            name = above

    def matching(self, pattern: str) -> list[str]:
        """The names that match a path with `*`, in network order."""
        names = [""]
        for part in pattern.split("."):
            if part == "*":
                names = [inner for name in names for inner in self._inside.get(name, ())]
            else:
                names = [f"{name}.{part}" if name else part for name in names]
            self.looked_at += len(names)
        return [name for name in names if name in self.by_name]


class Scope:
    """Names visible in one list of layers; other names are looked up in `parent`.

    The parent of a block's scope is the scope of the file's variables, not that of its caller.
    """

    def __init__(
        self,
        tensors: Tensors,
        parent: "Scope | None" = None,
        prefix: str = "",
        entry: Tensor = None,
        values: dict[str, Value] | None = None,
    ) -> None:
        self.all = tensors
        self.parent = parent
        self.prefix = prefix
        self.entry = entry
        self.prev = entry
        self.values: dict[str, Value] = values or {}
        self.unknown: set[str] = set()
        self.local: dict[str, str] = {}
        self.given: dict[str, Tensor] = {}
        self.later: frozenset[str] = frozenset()
        self.awaited: frozenset[str] = frozenset()
        self.counts: dict[str, int] = {}

    @property
    def is_root(self) -> bool:
        """Whether this is the scope of the file's variables, which has no tensors."""
        return self.parent is None

    def has_value(self, name: str) -> bool:
        """Whether a variable or parameter has this name, even if its value is in error."""
        scope: Scope | None = self
        while scope:
            if name in scope.values or name in scope.unknown:
                return True
            scope = scope.parent
        return False

    def lookup(self, path: str) -> Value:
        """The value of a name in an expression; raises ExpressionError or UnresolvedError."""
        name, _, part = path.rpartition(".")
        if name:
            if part not in SIZES:
                hint = did_you_mean(part, sorted(SIZES))
                raise ExpressionError(f"unknown size '{part}' of a tensor", hint=hint)
            return self._size(name, part)
        scope: Scope | None = self
        while scope:
            if path in scope.values:
                return scope.values[path]
            if path in scope.unknown:
                raise UnresolvedError(None)
            scope = scope.parent
        if path in ("prev", "input") or self._find(path) is not None:
            raise ExpressionError(
                f"'{path}' is a tensor, not a number", hint=f"did you mean {path}.channels?"
            )
        if path in self.awaited:
            raise ExpressionError(f"'{path}' is defined below", hint="a variable can only use those above it")
        known = self._visible_values()
        hint = did_you_mean(path, known) if known else "expected a number; no variables are defined here"
        raise ExpressionError(f"unknown name '{path}'", hint=hint)

    def _size(self, path: str, part: str) -> int:
        tensor = self._path(path)
        if tensor is None:
            raise UnresolvedError(None)
        shape = self.all.shapes[tensor]
        if part == "channels":
            return shape.channels
        if part not in shape.axes:
            has = ", ".join(("channels", *shape.axes))
            message = f"{path} has no {part}: it is {shape.text(self.all.layout)} ({has})"
            raise ExpressionError(message)
        return shape.spatial[shape.axes.index(part)]

    def tensor(self, reference: Scalar) -> Tensor:
        """The tensor that a reference names; raises UnresolvedError."""
        self.all.looked_at += 1
        try:
            return self._path(reference.text)
        except ExpressionError as error:
            raise UnresolvedError(
                Problem("unknown-tensor", error.message, reference.place, error.hint)
            ) from None

    def starred(self, reference: Scalar) -> list[Tensor]:
        """The tensors that match a reference with `*`; raises UnresolvedError if there are none."""
        return [self.all.by_name[name] for name in self.names_of(reference)]

    def names_of(self, reference: Scalar) -> list[str]:
        """The full names that match a reference with `*`; raises UnresolvedError if there are none."""
        head, _, rest = reference.text.partition(".")
        full = self._find(head)
        names = self.all.matching(f"{full}.{rest}") if isinstance(full, str) else []
        if not names:
            message = f"no tensor matches '{reference.text}'"
            raise UnresolvedError(Problem("unknown-tensor", message, reference.place, self._hint(head)))
        return names

    def full_name(self, path: str) -> str | None:
        """The full name of the layer or block at a path, or None."""
        head, _, rest = path.partition(".")
        found = self._find(head)
        full = f"{found}.{rest}" if rest else found
        return full if isinstance(full, str) and full in self.all.by_name else None

    def _path(self, path: str) -> Tensor:
        tensor = self._named(path)
        if tensor == UNDECIDED:
            message = f"'{path}' is not defined here: the network has several inputs"
            raise ExpressionError(message, hint="name one of them: " + ", ".join(self.all.inputs))
        return tensor

    def _named(self, path: str) -> Tensor:
        head, _, rest = path.partition(".")
        if head in ("prev", "input"):
            if self.is_root:
                raise ExpressionError(
                    f"'{head}' is not available in `vars`", hint="use it in a layer's options"
                )
            if rest:
                raise ExpressionError(f"'{head}' is a single tensor; it has no '{rest}'")
            return self.prev if head == "prev" else self.entry
        found = self._find(head)
        if isinstance(found, tuple) and not rest:
            return found[0]
        full = f"{found}.{rest}" if rest else found
        if isinstance(full, str) and full in self.all.by_name:
            return self.all.by_name[full]
        if found is None and self._is_later(head):
            raise ExpressionError(f"'{path}' is defined below", hint="a layer can only read layers above it")
        raise ExpressionError(f"there is no layer '{path}' here", hint=self._hint(head))

    def _find(self, head: str) -> str | tuple[Tensor] | None:
        """The full name of a local layer, or the tensor of a block's input."""
        scope: Scope | None = self
        while scope:
            if head in scope.local:
                return scope.local[head]
            if head in scope.given:
                return (scope.given[head],)
            scope = scope.parent
        return None

    def _is_later(self, head: str) -> bool:
        scope: Scope | None = self
        while scope:
            if head in scope.later:
                return True
            scope = scope.parent
        return False

    def visible(self) -> list[str]:
        """The names of all tensors that can be read here."""
        names = [name for name, at in (("prev", self.prev), ("input", self.entry)) if at != UNDECIDED]
        scope: Scope | None = self
        while scope:
            names += [*scope.local, *scope.given]
            scope = scope.parent
        return names

    def _hint(self, word: str) -> str:
        return did_you_mean(word, self.visible())

    def _visible_values(self) -> list[str]:
        names: list[str] = []
        scope: Scope | None = self
        while scope:
            names += scope.values
            scope = scope.parent
        return names

    def automatic(self, word: str, taken: frozenset[str], numbered: bool) -> str:
        """The next unused name: conv1, conv2 …; for merges add, add2 …"""
        while True:
            count = self.counts[word] = self.counts.get(word, 0) + 1
            name = word if count == 1 and not numbered else f"{word}{count}"
            if name not in taken and name not in self.local:
                return name
