"""Completes the layers of a phrase: kinds that are implied, single letters, depths, missing options."""

from cnncalc.layers import BY_NAME, Layer, options_of
from cnncalc.spec.phrases.clauses import Draft, Value
from cnncalc.spec.phrases.item import PhraseLayer, sizes_text
from cnncalc.spec.phrases.tokens import PhraseError
from cnncalc.spec.vocabulary import AROUND

VECTORS = ("dense", "shape", "activation", "norm")
"""Families behind which a number alone is a dense layer: `flatten -> 32 -> 10`."""


def items_of(drafts: list[Draft], rank: int | None) -> list[PhraseLayer]:
    """The layers of all drafts; `rank` is the number of axes of the input, if known."""
    items: list[PhraseLayer] = []
    for draft in drafts:
        items.append(_item(draft, rank, BY_NAME[items[-1].kind] if items else None))
    return items


def _item(draft: Draft, rank: int | None, before: type[Layer] | None) -> PhraseLayer:
    """The layer of a draft; raises PhraseError if an option is missing or does not belong to its kind."""
    options, kind = draft.options, draft.kind
    notes = [note for clause in draft.clauses for note in clause.notes]
    tokens = [token for clause in draft.clauses for token in clause.tokens]
    start, end = tokens[0].offset, tokens[-1].end
    pads = [clause.mentions_padding for clause in draft.clauses if clause.mentions_padding]
    if pads and "padding" not in options:
        raise pads[0].error("how much padding?", "write 'padding 1', 'same' or 'no padding'")
    _letters(options)
    if kind is None:
        kind = _implied(options, before, notes)
    if (only := options.pop("filters", None)) and "filters" not in options_of(kind):
        raise only.token.error(f"{kind.kind} has no filters", "write one layer after the other")
    if only:
        options["filters"] = only
    _depth(options, rank)
    _complete(kind, options, notes, start, end)
    if any(clause.is_as_conv for clause in draft.clauses):
        kind = BY_NAME["conv"]
        notes.append("as a convolution, its kernel covers the whole map")
        units = options.pop("units")
        options |= {"filters": units, "kernel": Value("[prev.height, prev.width]", units.token)}
    for name, value in options.items():
        if name not in options_of(kind) and name not in AROUND:
            raise value.token.error(f"{kind.kind} has no {name}", "write one layer after the other")
    is_open = any(clause.is_padding_open for clause in draft.clauses)
    is_open = is_open and "padding" not in options and options["kernel"].text != "1"
    texts = {name: value.text for name, value in options.items()}
    return PhraseLayer(kind.kind, texts, tuple(notes), start, end - start, is_padding_open=is_open)


def _letters(options: dict[str, Value]) -> None:
    """Single letters by their company: with `f` for the kernel, `k` is the number of filters (CS231n)."""
    f, k, n = (options.pop(letter, None) for letter in "fkn")
    kernel, filters = (f, k) if f else (k, None)
    for name, value in (("kernel", kernel), ("filters", filters or n)):
        if value is not None:
            if name in options:
                raise value.token.error(f"two values of {name}: {options[name].text} and {value.text}")
            options[name] = value
    if filters is not None and n is not None:
        raise n.token.error("k and n are both a number of filters", "write the input size first")


def _implied(options: dict[str, Value], before: type[Layer] | None, notes: list[str]) -> type[Layer]:
    """The kind of a layer without a name, from its options."""
    if "units" in options:
        return BY_NAME["dense"]
    if "kernel" in options:
        return BY_NAME["conv"]
    if set(options) == {"padding"}:
        options["amount"] = options.pop("padding")
        return BY_NAME["pad"]
    if set(options) == {"filters"} and before and before.family in VECTORS:
        options["units"] = options.pop("filters")
        notes.append("a number alone is a dense layer here")
        return BY_NAME["dense"]
    value = next(iter(options.values()))
    hint = "name it, such as conv, maxpool or dense"
    raise value.token.error("this layer has neither a kind nor a kernel", hint)


def _depth(options: dict[str, Value], rank: int | None) -> None:
    """`96@11x11x3` on an image: a kernel of 11x11 that is 3 deep."""
    kernel = options.get("kernel")
    if kernel is None or len(kernel.sizes) != 3 or rank == 3:
        return
    *sides, depth = kernel.sizes
    if "filters" not in options:
        size = "x".join(sides)
        found = f"{depth} filters of {size}, or filters that are {depth} deep"
        what = f"'{kernel.token.text}' has two readings: {found}"
        raise kernel.token.error(what, f"write '{depth} filters of {size}', or the number of filters too")
    options["kernel"] = Value(sizes_text(tuple(sides)), kernel.token)
    if "in" not in options:
        options["in"] = Value(depth, kernel.token)


def _complete(kind: type[Layer], options: dict[str, Value], notes: list[str], start: int, end: int) -> None:
    """Adds one filter where only sizes are asked; raises PhraseError for other missing options."""
    required = [name for name, option in options_of(kind).items() if option.required and name not in options]
    if required == ["filters"]:
        token = next(iter(options.values())).token
        options["filters"] = Value("1", token)
        notes.append("the number of filters is not given: counted for one")
    elif required:
        names = {"kernel": "kernel size", "units": "number of units"}
        missing = " and ".join(names.get(name, name) for name in required)
        text = f"{kind.kind} lacks its {missing}"
        raise PhraseError(text, start, end - start, _example(kind))


def _example(kind: type[Layer]) -> str:
    if kind.main == "filters":
        return "such as '64 filters of 3x3, stride 1, padding 1'"
    if kind.main == "units":
        return f"such as '{kind.kind} 10'; for the size of its input alone write 'flatten'"
    return f"such as '{kind.kind} 2x2'" if kind.main == "kernel" else f"such as '{kind.kind} 10'"
