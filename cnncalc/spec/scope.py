"""Resolves names in a spec: variables, parameters, tensors, and paths into blocks."""

from fnmatch import fnmatchcase
from itertools import islice

from cnncalc.expression import Value
from cnncalc.problems import Place, Problem, did_you_mean
from cnncalc.shapes import AXES, Layout, Shape
from cnncalc.spec.reader import Scalar
from cnncalc.spec.values import UnresolvedError
from cnncalc.syntax import MAX_LENGTH, ExpressionError

Tensor = int | None
"""The index of a node in the graph; None for the output of a layer with an error."""

UNDECIDED = -1
"""The tensor `prev` at the start of a network with several inputs: a layer has to say which one it reads."""

SEVERAL = -2
"""The outputs of a split, which are named `name.0`, `name.1` …: a layer has to say which one it reads."""

MOST_COMPARED = 1000
"""Names that are compared with one that does not exist."""
LONGEST_PATH = 500
"""Characters of a path that may begin with a name with dots."""
MAX_EVALUATED = 500_000
"""Characters of long expressions that are evaluated for one network; a repeat evaluates them again."""

SIZES = {"channels", *(axis for axes in AXES.values() for axis in axes)}


OF_REPEATS = ("i", "first", "last")
"""Names that only an item with a repeat has."""
STANDING = ("prev", "input", "entry")
"""Names that mean a tensor in every list of layers."""


class LeftOutError(ExpressionError):
    """A name of an item that is left out here and hands nothing on."""

    def __init__(self, path: str, head: str) -> None:
        if path == head:
            message = f"{head} is left out here and has no output"
            hint = "give this item the same `when`, or the other one `otherwise: pass`"
        else:
            message = f"{head} is left out here, so there is no {path}"
            hint = "give this item the same `when`"
        super().__init__(message, hint=hint)


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
        self.left_out: set[str] = set()
        """The full names of items that are left out and hand nothing on."""
        self.dotted: set[str] = set()
        """The full names of layers whose own name has dots."""
        self.refused: frozenset[str] = frozenset()
        """The words in names that variables cannot have, such as `a` in `a-b`; they are reported once."""
        self.evaluated = 0
        """How many characters of long expressions were evaluated so far."""
        self.full: Place | None = None
        """The first expression beyond that limit."""
        self._inside: dict[str, dict[str, None]] = {}

    def put(self, name: str, tensor: Tensor) -> bool:
        """Names a tensor; returns False if a name with dots is also the path of another layer."""
        is_free = name not in self.by_name or name not in self.dotted
        self.by_name[name] = tensor
        while name:
            above = name.rpartition(".")[0]
            inside = self._inside.setdefault(above, {})
            if name in inside:
                break
            inside[name] = None
            name = above
        return is_free

    def matching(self, pattern: str) -> list[str]:
        """The names that match a path with `*`, which stands for any text without a dot, in network order."""
        names = [""]
        for part in pattern.split("."):
            if part == "*":
                names = [inner for name in names for inner in self._inside.get(name, ())]
            elif "*" in part:
                names = self._like(part, names)
            else:
                names = [f"{name}.{part}" if name else part for name in names]
            self.looked_at += len(names)
        return [name for name in names if name in self.by_name]

    def _like(self, part: str, names: list[str]) -> list[str]:
        """The names right inside others whose last part matches one with `*`, as `head*`."""
        inside = [inner for name in names for inner in self._inside.get(name, ())]
        self.looked_at += len(inside)
        return [name for name in inside if fnmatchcase(name.rpartition(".")[2], part)]


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
        self.left_out: set[str] = set()
        self.branches: dict[str, str] = {}
        """The full names of the complete branches of a merge; a layer with the same name comes first."""
        self.awaited: frozenset[str] = frozenset()

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

    def spend(self, expression: Scalar) -> None:
        """Counts the length of an expression that is evaluated; raises UnresolvedError."""
        tensors = self.all
        tensors.evaluated += min(len(expression.text), MAX_LENGTH)  # a longer one is refused
        if tensors.evaluated > MAX_EVALUATED:
            tensors.full = tensors.full or expression.place  # one error is enough
            message = f"more than {MAX_EVALUATED:,} characters of long expressions, each repeat counted"
            hint = "write what is used often once, in `vars`"
            raise UnresolvedError(Problem("too-large", message, tensors.full, hint))

    def lookup(self, path: str) -> Value:
        """The value of a name in an expression; raises ExpressionError or UnresolvedError."""
        name, _, part = path.rpartition(".")
        if name and self.has_value(path):
            if part in SIZES and self._find(self._split(name)[0]) is not None:
                raise ExpressionError(
                    f"'{path}' is a variable and a size of {name}", hint="rename one of them"
                )
        elif name:
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
        if path in self.all.refused:
            raise UnresolvedError(None)
        raise self._without_value(path)

    def _without_value(self, path: str) -> ExpressionError:
        """A name that is no variable or parameter here."""
        if path in STANDING or self._find(path) is not None:
            return ExpressionError(
                f"'{path}' is a tensor, not a number", hint=f"did you mean {path}.channels?"
            )
        if path in self.awaited:
            return ExpressionError(
                f"'{path}' is defined below", hint="a variable can only use those above it"
            )
        return ExpressionError(f"unknown name '{path}'", hint=self._value_hint(path))

    def _value_hint(self, name: str) -> str:
        """What to write for a name that is no variable or parameter here."""
        if name in OF_REPEATS:
            return "it exists in an item with `repeat:`; give it to a block as a parameter"
        known = self._visible_values()
        return did_you_mean(name, known) if known else "expected a number; no variables are defined here"

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
            problem = Problem("unknown-tensor", error.message, reference.place, error.hint)
            if isinstance(error, LeftOutError):
                problem = Problem("left-out", error.message, reference.place, error.hint)
            raise UnresolvedError(problem) from None

    def starred(self, reference: Scalar) -> list[Tensor]:
        """The tensors that match a reference with `*`; raises UnresolvedError if there are none."""
        return [self.all.by_name[name] for name in self.names_of(reference)]

    def names_of(self, reference: Scalar) -> list[str]:
        """The full names that match a reference with `*`; raises UnresolvedError if there are none."""
        pattern = self._full_pattern(reference.text)
        names = self.all.matching(pattern) if pattern else []
        if not names:
            message = f"no tensor matches '{reference.text}'"
            hint = self._hint(reference.text.partition(".")[0])
            raise UnresolvedError(Problem("unknown-tensor", message, reference.place, hint))
        return names

    def _full_pattern(self, text: str) -> str:
        """The pattern of full names for a reference with `*`; empty if nothing begins like it."""
        if "*" in (start := text.partition(".")[0]):
            return self._full_start(start, text)
        fixed = text[: text.index("*")].rstrip(".")
        head = self._split(fixed)[0]
        found = self._find(head)
        if found is not None:
            return f"{found}{text.removeprefix(head)}" if isinstance(found, str) else ""
        scope: Scope | None = self
        while scope:
            self.all.looked_at += len(scope.local)
            if any(name.startswith(f"{fixed}.") for name in scope.local):  # a name with dots
                return scope.prefix + text
            scope = scope.parent
        return ""

    def _full_start(self, start: str, text: str) -> str:
        """The same for a reference with `*` in its first part, which the names of one list have to match."""
        scope: Scope | None = self
        while scope:
            self.all.looked_at += len(scope.local)
            if any(fnmatchcase(name, start) for name in scope.local):
                return scope.prefix + text
            scope = scope.parent
        return ""

    def full_name(self, path: str) -> str | None:
        """The full name of the layer or block at a path, or None."""
        head, rest = self._split(path)
        found = self._find(head)
        full = f"{found}.{rest}" if rest else found
        return full if isinstance(full, str) and full in self.all.by_name else None

    def _split(self, path: str) -> tuple[str, str]:
        """The name at the start of a path, which may have dots itself, and the rest."""
        cut = len(path)
        while 0 < cut <= LONGEST_PATH:
            head = path[:cut]
            if self._find(head) is not None or self._is_later(head):
                return head, path[cut + 1 :]
            cut = path.rfind(".", 0, cut)
        head, _, rest = path.partition(".")
        return head, rest

    def _path(self, path: str) -> Tensor:
        tensor = self._named(path)
        if tensor == UNDECIDED:
            message = f"'{path}' is not defined here: the network has several inputs"
            raise ExpressionError(message, hint="name one of them: " + ", ".join(self.all.inputs))
        if tensor == SEVERAL:
            raise ExpressionError(f"'{path}' is split into several tensors", hint="name one of them")
        return tensor

    def _named(self, path: str) -> Tensor:
        head, rest = self._split(path)
        if head in STANDING:
            if self.is_root:
                raise ExpressionError(
                    f"'{head}' is not available in `vars`", hint="use it in a layer's options"
                )
            if rest:
                raise ExpressionError(f"'{head}' is a single tensor; it has no '{rest}'")
            return self._standing(head)
        found = self._find(head)
        if isinstance(found, tuple) and not rest:
            return found[0]
        full = f"{found}.{rest}" if rest else found
        if isinstance(full, str) and full in self.all.by_name:
            return self.all.by_name[full]
        if self.leaves_out(head):
            raise LeftOutError(path, head)
        if found is None and self._is_later(head):
            raise ExpressionError(f"'{path}' is defined below", hint="a layer can only read layers above it")
        hint = self._hint_inside(path, full) or self._hint(head)
        raise ExpressionError(f"there is no layer '{path}' here", hint=hint)

    def _standing(self, word: str) -> Tensor:
        """The previous tensor, or what entered this list, or what entered the whole block."""
        if word != "entry":
            return self.prev if word == "prev" else self.entry
        scope = self
        while scope.parent and not scope.parent.is_root:
            scope = scope.parent
        return scope.entry

    def _find(self, head: str) -> str | tuple[Tensor] | None:
        """The full name of a local layer, the tensor of a block's input, or the full name of a branch."""
        scope: Scope | None = self
        while scope:
            if head in scope.local:
                return scope.local[head]
            if head in scope.given:
                return (scope.given[head],)
            scope = scope.parent
        scope = self
        while scope:
            if head in scope.branches:
                return scope.branches[head]
            scope = scope.parent
        return None

    def leaves_out(self, head: str) -> bool:
        """Whether the item with this name is left out, and nothing is inside it."""
        scope: Scope | None = self
        while scope:
            if head in scope.local:
                return head in scope.left_out
            scope = scope.parent
        return False

    def _is_later(self, head: str) -> bool:
        scope: Scope | None = self
        while scope:
            if head in scope.later:
                return True
            scope = scope.parent
        return False

    def visible(self) -> list[str]:
        """The names of all tensors that can be read here."""
        entry = self._standing("entry")
        standing = zip(STANDING, (self.prev, self.entry, entry), strict=True)
        names = [name for name, tensor in standing if tensor not in (UNDECIDED, SEVERAL)]
        scope: Scope | None = self
        while scope:
            names += [*scope.local, *scope.given, *scope.branches]
            scope = scope.parent
        return names

    def layers(self) -> list[str]:
        """The names of all layers and blocks that can be read here."""
        return [name for name in self.visible() if name not in STANDING]

    def path_to(self, name: str) -> str:
        """A path from here to the layer with this name inside something, or an empty text."""
        end = f".{name}"
        for full in islice(self.all.by_name, MOST_COMPARED):
            if full.endswith(end):
                for visible in self.layers()[:MOST_COMPARED]:
                    found = self._find(visible)
                    if isinstance(found, str) and full.startswith(f"{found}."):
                        return visible + full.removeprefix(found)
        return ""

    def _hint(self, word: str) -> str:
        return did_you_mean(word, self.visible())

    def _hint_inside(self, path: str, full: object) -> str:
        """A hint for the path of something inside a block or a split that exists."""
        if not isinstance(full, str) or "." not in path:
            return ""
        outer, start = path.rpartition(".")[0], full.rpartition(".")[0] + "."
        inside = (each for each in islice(self.all.by_name, MOST_COMPARED) if each.startswith(start))
        return did_you_mean(path, [f"{outer}.{each.removeprefix(start)}" for each in inside])

    def _visible_values(self) -> list[str]:
        names: list[str] = []
        scope: Scope | None = self
        while scope:
            names += scope.values
            scope = scope.parent
        return names
