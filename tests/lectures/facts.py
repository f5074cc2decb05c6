"""What a fact of a lecture is: a sentence, and what proves it."""

from typing import NamedTuple


class Fact(NamedTuple):
    """One fact, and the specs and tests that prove it."""

    id: str
    says: str
    proofs: tuple[str, ...]
