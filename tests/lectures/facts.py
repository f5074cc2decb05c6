"""A fact of a lecture: a sentence, and the specs and tests that prove it."""

from typing import NamedTuple


class Fact(NamedTuple):
    """One fact, and the specs and tests that prove it."""

    id: str
    says: str
    proofs: tuple[str, ...]
