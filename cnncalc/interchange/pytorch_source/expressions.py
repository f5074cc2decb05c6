"""The expressions of PyTorch source that construct modules: a layer, a sequence, branches, or a class."""

from collections.abc import Iterator
from typing import TypeAlias

from msgspec import Struct

Value: TypeAlias = "int | float | bool | str | tuple[Value, ...] | None"


class CallArgument(Struct, frozen=True):
    """One argument of a constructor; `is_first` ones are written without their name.

    With `is_option`, it is a module, or None for one that does nothing. `owner` are the names of the layers
    that it belongs to, innermost last.
    """

    name: str
    value: Value
    default: Value = None
    has_default: bool = False
    is_first: bool = False
    owner: tuple[str, ...] = ()
    is_option: bool = False
    module: "Module | None" = None

    @property
    def is_default(self) -> bool:
        return self.has_default and _same(self.value, self.default)


def _same(one: object, other: object) -> bool:
    return one == other and type(one) is type(other)


class LayerCall(Struct, frozen=True):
    """A layer: the constructor of PyTorch, or a class of `HELPERS`, and its arguments.

    `flattens` means that its input has to be flattened first.
    """

    callee: str
    arguments: tuple[CallArgument, ...] = ()
    flattens: bool = False


class Chain(Struct, frozen=True):
    """Modules one after the other, by name: a sequence, or a list whose modules are called one by one."""

    items: tuple[tuple[str, "Module"], ...]
    callee: str = "nn.Sequential"


class Branches(Struct, frozen=True):
    """Modules that read one tensor, and a class of `HELPERS` that joins what they give."""

    callee: str
    items: tuple[tuple[str, "Module"], ...]


class OptionalModule(Struct, frozen=True):
    """A branch that some uses of a class lack, and then does nothing: the class has a parameter for it."""

    module: "Module | None"


class BlockUse(Struct):
    """One use of a class of the source; `number` is that of the class, `arguments` are known later.

    `options` are the modules of its optional branches.
    """

    number: int
    options: tuple["Module | None", ...] = ()
    arguments: tuple[CallArgument, ...] = ()


Module: TypeAlias = LayerCall | Chain | Branches | BlockUse | OptionalModule


def arguments_of(module: Module, owner: tuple[str, ...] = ()) -> Iterator[CallArgument]:
    """All arguments inside an expression, in the order of the text."""
    if isinstance(module, OptionalModule):
        name = owner[-1] if owner else "option"
        yield CallArgument(name, None, None, True, False, owner[:-1], True, module.module)
    elif isinstance(module, LayerCall | BlockUse):
        for each in module.arguments:
            if each.is_option:
                if each.module is not None:
                    yield from arguments_of(each.module, (*owner, each.name))
                continue
            yield CallArgument(each.name, each.value, each.default, each.has_default, each.is_first, owner)
    else:
        for name, inner in module.items:
            yield from arguments_of(inner, (*owner, name))


def form_of(module: Module) -> tuple[object, ...]:
    """What an expression has in common with others that differ in the values of arguments only."""
    if isinstance(module, OptionalModule):
        return ("option",)
    if isinstance(module, BlockUse):
        return (module.number, *(each and form_of(each) for each in module.options))
    if isinstance(module, LayerCall):
        return (module.callee, tuple((each.name, type(each.value) is str) for each in module.arguments))
    return (
        type(module).__name__,
        getattr(module, "callee", ""),
        tuple((name, form_of(inner)) for name, inner in module.items),
    )


def options_in(module: Module) -> Iterator[Module | None]:
    """The optional branches inside an expression, in the order of the text."""
    if isinstance(module, OptionalModule):
        yield module.module
    elif isinstance(module, Chain | Branches):
        for _, inner in module.items:
            yield from options_in(inner)
