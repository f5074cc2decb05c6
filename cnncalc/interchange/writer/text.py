"""The YAML text of items and blocks: defaults, names and references."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec import Struct

from cnncalc.interchange.writer.blocks import WrittenBlock
from cnncalc.interchange.writer.items import ENTRY, Option, WrittenItem, every
from cnncalc.interchange.writer.regions import WrittenNetwork, used_blocks
from cnncalc.layers import find_kind, options_of
from cnncalc.spec.naming import Item as NamedItem
from cnncalc.spec.naming import names_of
from cnncalc.spec.vocabulary import is_name

WIDTH = 110
"""Characters of a line; longer ones are broken after a comma."""

Defaults = Mapping[str, Mapping[str, Option]]

DEFAULTABLE = ("bias", "padding", "norm", "act", "stride", "fit")
"""Options that a person writes once for all layers of a kind."""

WORDS = ("padding", "norm", "act", "fit")
"""Those of them whose text is a word, not an expression."""


class Usual(Struct, frozen=True):
    """What need not be written: the defaults of kinds, and those of the parameters of blocks."""

    kinds: Defaults
    params: Mapping[str, Mapping[str, Option]]


class Sections(Struct, frozen=True):
    """The lines of a spec from `defaults` on, and the name of each item of its list."""

    lines: tuple[str, ...]
    names: tuple[str, ...]


def sections(written: WrittenNetwork, inputs: Sequence[str], ends: Sequence[int]) -> Sections:
    """The sections `defaults`, `blocks` and `layers`; `ends` are the nodes that need names."""
    blocks = [*used_blocks(written.items, written.blocks)]
    lists = [written.items, *(written.blocks[name][0].items for name in blocks)]
    params = {name: block.params for name, (block, _) in written.blocks.items()}
    defaults = _defaults([item for items in lists for item in every(items)])
    lines: list[str] = []
    if defaults:
        lines += ["", "defaults:"]
        lines += [f"  {kind}: {flow(options)}" for kind, options in defaults.items()]
    if blocks:
        lines += ["", "blocks:"]
        for name in blocks:
            block, extras = written.blocks[name]
            lines += _block(name, block, extras, Usual(defaults, params))
    needed = {at for at, item in enumerate(written.items) if item.node in ends}
    names = _names(written.items, needed)
    root_inputs = inputs if len(inputs) > 1 else ()
    lines += ["", "layers:", *_list(written.items, "  ", Usual(defaults, params), names, root_inputs)]
    return Sections(tuple(lines), names)


def _block(name: str, block: WrittenBlock, extras: Sequence[str], defaults: Usual) -> Iterator[str]:
    yield f"  {name}:"
    if block.params:
        params = [
            param if default is None else f"{param}={_plain(default)}"
            for param, default in block.params.items()
        ]
        yield f"    params: [{', '.join(params)}]"
    if extras:
        yield f"    inputs: [{', '.join(extras)}]"
    yield "    layers:"
    yield from _list(block.items, "      ", defaults, _names(block.items, set()), extras)


def _list(
    items: Sequence[WrittenItem], indent: str, defaults: Usual, names: Sequence[str], extras: Sequence[str]
) -> Iterator[str]:
    shown = _shown(items, names)
    for at, item in enumerate(items):
        around: dict[str, Option] = {}

        def named(read: int, at: int = at, around: Mapping[str, Option] = around) -> str:
            if read == at - 1 and read >= 0 and "from" not in around:  # which `prev` would mean
                return "prev"
            if read == ENTRY:
                return "input"
            return names[read] if read >= 0 else extras[ENTRY - 1 - read]

        own = item.reads[:1] if item.is_use or not item.is_merge or item.branches else ()
        if own and own[0] != at - 1:
            around["from"] = named(own[0])
        if item.repeat > 1:
            around["repeat"] = item.repeat
        if at in shown:
            around["name"] = names[at]
        yield from _item(item, indent, defaults, around, named, extras)


def _item(
    item: WrittenItem,
    indent: str,
    defaults: Usual,
    around: Mapping[str, Option],
    named: Callable[[int], str],
    extras: Sequence[str],
) -> Iterator[str]:
    if item.branches:
        rest = {**_options(item, defaults), **around}
        yield f"{indent}- {item.word}:"
        for branch in item.branches:
            if branch.items:
                yield f"{indent}    {branch.name}:"
                inner = _names(branch.items, set())
                yield from _list(branch.items, f"{indent}      ", defaults, inner, extras)
            else:
                yield f"{indent}    {branch.name}: []"
        for key, value in rest.items():
            yield f"{indent}  {key}: {_plain(value)}"
        return
    if item.is_use:
        further = {name: named(read) for name, read in zip(item.inputs, item.reads[1:], strict=True)}
        entries: dict[str, Option] = {"use": item.word, **_arguments(item, defaults), **further, **around}
    elif item.is_merge:
        entries = {item.word: tuple(map(named, item.reads)), **_options(item, defaults), **around}
    else:
        entries = _layer(item, defaults) | dict(around)
    if len(entries) == 1 and entries.get(item.word, "") is None:
        yield f"{indent}- {item.word}"
        return
    yield from _broken(f"{indent}- {flow(entries)}", indent)


def _broken(line: str, indent: str) -> Iterator[str]:
    """A long line as several."""
    while len(line) > WIDTH and (at := line.rfind(", ", 0, WIDTH)) > 0:
        yield line[: at + 1]
        line = f"{indent}   {line[at + 2 :]}"
    yield line


def _arguments(item: WrittenItem, usual: Usual) -> dict[str, Option]:
    """The arguments of a block that differ from the defaults of its parameters, in the order of these."""
    params = {**usual.params[item.word], "when": None, "share": None}
    return {
        name: item.options[name]
        for name, default in params.items()
        if name in item.options and not _same(item.options[name], default)
    }


def _same(one: Option, other: Option) -> bool:
    return one == other and type(one) is type(other)


def _layer(item: WrittenItem, defaults: Usual) -> dict[str, Option]:
    """A layer with its main option as the value of its kind."""
    options = _options(item, defaults)
    kind = find_kind(item.word)
    main = kind.main if kind else ""
    value = options.pop(main, None) if main else None
    return {item.word: value, **options}


def _options(item: WrittenItem, defaults: Usual) -> dict[str, Option]:
    """The options that differ from the defaults."""
    kind = find_kind(item.word)
    known = options_of(kind) if kind else {}
    own = defaults.kinds.get(item.word, {})
    found: dict[str, Option] = {}
    order = [*known, "norm", "act", "share", "freeze", "when", "note"]
    for name in sorted({*item.options, *own}, key=order.index):
        usual = own.get(name, _usual(name, known[name].default if name in known else None))
        value = item.options.get(name, _usual(name, known[name].default if name in known else None))
        if name == "padding" and value == "half" and item.options.get("kernel") == 1 and usual in (0, "half"):
            continue
        if value != usual or type(value) is not type(usual):
            found[name] = value
    return found


def _usual(name: str, default: object) -> Option:
    if name in ("norm", "act"):
        return "none"
    if name == "freeze":
        return False
    assert default is None or isinstance(default, int | float | str | tuple)
    return default


def _defaults(items: Sequence[WrittenItem]) -> Defaults:
    """The options that make the spec shorter if they are written once for all layers of a kind."""
    found: dict[str, dict[str, Option]] = {}
    kinds = dict.fromkeys(item.word for item in items if not item.is_use and not item.is_merge)
    for word in kinds:
        same = [item for item in items if item.word == word and not item.is_use]
        kind = find_kind(word)
        assert kind is not None
        names = [
            n for n in DEFAULTABLE if n in options_of(kind) or (n in ("norm", "act") and kind.has_neurons)
        ]
        for name in names:
            known = options_of(kind)
            usual = _usual(name, known[name].default if name in known else None)
            values = [item.options.get(name, usual) for item in same if not _is_open(item, name)]
            if not values or None in values:
                continue
            common, times = Counter(map(_frozen, values)).most_common(1)[0]
            value = next(each for each in values if _frozen(each) == common)
            without = sum(_frozen(each) != _frozen(usual) for each in values)
            is_expression = isinstance(value, str) and (name not in WORDS or value.startswith("$"))
            if value != usual and not is_expression and without > 1 and len(values) - times < without:
                found.setdefault(word, {})[name] = value
    return found


def _is_open(item: WrittenItem, name: str) -> bool:
    """Whether a padding can be written in two ways."""
    return name == "padding" and item.options.get("kernel") == 1 and item.options.get(name) == "half"


def _frozen(value: Option) -> str:
    return f"{type(value).__name__}{value}"


def _names(items: Sequence[WrittenItem], needed: set[int]) -> tuple[str, ...]:
    """The name of each item: that of its module if it can be, one of its own where others refer to it."""
    referred = needed | {read for at, item in enumerate(items) for read in item.reads if 0 <= read != at - 1}
    merged = {
        read
        for at, item in enumerate(items)
        for read in (item.reads if item.is_merge and not item.branches else item.reads[1:])
        if read >= 0 and (read != at - 1 or (item.is_use and item.reads[0] != read))
    }
    referred |= merged
    taken = Counter(item.name for item in items)
    able = [item.name if taken[item.name] == 1 and is_name(item.name) else "" for item in items]
    given = [
        name
        if name and _says_more(item, name) and (item.own_name or item.repeat > 1 or at in referred)
        else ""
        for at, (item, name) in enumerate(zip(items, able, strict=True))
    ]
    automatic = names_of([_named(item, name) for item, name in zip(items, given, strict=True)])
    used = {name for name in given if name}
    found = []
    for at, name in enumerate(given):
        if not name and at in referred:
            name = _fresh(automatic[at], used)
            used.add(name)
        found.append(name)
    return tuple(found)


def _says_more(item: WrittenItem, name: str) -> bool:
    """Whether the name of a module says more than the kind of the layer: not `relu` of a relu."""
    return item.is_use or name != item.word


def _fresh(name: str, used: set[str]) -> str:
    number = 2
    fresh = name
    while fresh in used:
        fresh = f"{name}_{number}"
        number += 1
    return fresh


def _named(item: WrittenItem, name: str) -> NamedItem:
    return NamedItem(name, item.word, not item.is_merge)


def _shown(items: Sequence[WrittenItem], names: Sequence[str]) -> set[int]:
    """The items whose name has to be written, because the automatic one is another."""
    shown = {at for at, name in enumerate(names) if name}
    for at in sorted(shown):
        given = [names[each] if each in shown - {at} else "" for each in range(len(items))]
        automatic = names_of([_named(item, name) for item, name in zip(items, given, strict=True)])
        rest = [names[each] for each in range(len(items)) if names[each]]
        if (
            automatic[at] == names[at]
            and [automatic[each] for each in range(len(items)) if names[each]] == rest
        ):
            shown.discard(at)
    return shown


class Quoted(str):
    """Text that is quoted if it is not one word."""


PLAIN = re.compile(r"[\w$][\w$.+*/=<>!% ()-]*")
SPECIAL = re.compile(r"^(?:\d[\d_]*[xX:]\d|.*: |.* #)")


def _plain(value: Option) -> str:
    """A value in a flow mapping."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return short if float(short := f"{value:.12g}") == value else repr(value)
    if isinstance(value, tuple):
        return f"[{', '.join(map(_plain, value))}]"
    if isinstance(value, Mapping):
        return flow(value)
    text = str(value)
    if isinstance(value, Quoted) and not re.fullmatch(r"[A-Za-z_][\w-]*", text):
        return f'"{text}"'
    return text if PLAIN.fullmatch(text) and not SPECIAL.match(text) else '"' + text.replace('"', '\\"') + '"'


def flow(entries: Mapping[str, Option]) -> str:
    """A mapping on one line."""
    return "{" + ", ".join(f"{key}: {_plain(value)}" for key, value in entries.items()) + "}"
