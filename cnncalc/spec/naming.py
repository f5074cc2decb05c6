"""Names of the items of a list. Automatic ones are conv1, conv2 …; for merges add, add2 …

A number continues from the author's names above it: after conv3 comes conv4. If it would meet a name that
the author uses further below, all automatic names of that word are a series of their own: conv_1, conv_2 …
"""

from collections.abc import Collection, Iterator, Sequence

from msgspec import Struct

MOST_DIGITS = 9
"""Digits at the end of a name that count as a number."""


class Item(Struct, frozen=True, gc=False):
    """The name that the author chose, or an empty text; the word that automatic names begin with.

    `numbered` means that the first automatic name has a number, too.
    """

    name: str
    word: str
    numbered: bool


def names_of(items: Sequence[Item]) -> tuple[str, ...]:
    """The name of each item of a list."""
    taken = {item.name for item in items if item.name}
    names = tuple(_named(items, taken, frozenset()))
    apart = {item.word for item, name in zip(items, names, strict=True) if not item.name and name in taken}
    return tuple(_named(items, taken, apart)) if apart else names


def _named(items: Sequence[Item], taken: set[str], apart: Collection[str]) -> Iterator[str]:
    """The names in order; automatic ones of the words in `apart` are a series of their own."""
    counts: dict[str, int] = {item.word: 0 for item in items if not item.name}
    for item in items:
        if item.name:
            for word, number in _readings(item.name):
                if word in counts and word not in apart:
                    counts[word] = max(counts[word], number)
            yield item.name
            continue
        name = ""
        while not name or (item.word in apart and name in taken):
            count = counts[item.word] = counts[item.word] + 1
            name = _automatic(item, count, item.word in apart)
        yield name


def _automatic(item: Item, count: int, is_apart: bool) -> str:
    if is_apart:
        return f"{item.word}_{count}"
    return item.word if count == 1 and not item.numbered else f"{item.word}{count}"


def _readings(name: str) -> Iterator[tuple[str, int]]:
    """The words and numbers that a name may consist of: `conv12` is conv 12 and conv1 2, `add` is add 1."""
    yield name, 1
    for cut in range(len(name) - 1, max(len(name) - MOST_DIGITS, 0) - 1, -1):
        if not name[cut].isdecimal():
            break
        yield name[:cut], int(name[cut:])
