"""Facts from five lectures on convolutional networks, and where cnncalc proves each.

The lectures are those of IIT Hyderabad (lecture 32), the University of Oslo (IN5400 lecture 5), a set of
lecture notes, Amrita and IIIT Delhi; L1.4 is the fourth fact of the second of them, counted from L0.
Specs in `specs/lectures` name the facts that they prove in a comment, tests here in their docstring.
"""

import ast
import re
from pathlib import Path

import pytest

from tests.lectures import facts_of_networks, facts_of_operations
from tests.lectures.facts import Fact

HERE = Path(__file__).parent
SPECS = HERE.parents[1] / "specs" / "lectures"
ID = re.compile(r"\bL\d+\.\d+\b")

COUNTS = (16, 16, 13, 8, 9)
"""The number of facts of each lecture."""

FACTS = (*facts_of_operations.FACTS, *facts_of_networks.FACTS)
LISTED = {(fact.id, proof) for fact in FACTS for proof in fact.proofs}


def proofs() -> dict[str, set[str]]:
    """All specs and tests, and the facts that each names."""
    found = {path.name: set(ID.findall(path.read_text(encoding="utf-8"))) for path in SPECS.glob("*.yaml")}
    for path in HERE.glob("test_*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if path != Path(__file__) and isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                found[f"{path.stem}.{node.name}"] = set(ID.findall(ast.get_docstring(node) or ""))
    return found


def test_every_fact_is_listed_once() -> None:
    ids = [f"L{lecture}.{number}" for lecture, n in enumerate(COUNTS) for number in range(1, n + 1)]
    assert [fact.id for fact in FACTS] == ids


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.id)
def test_a_fact_is_proved(fact: Fact) -> None:
    assert fact.proofs


def test_every_spec_and_test_names_a_fact() -> None:
    assert [proof for proof, facts in proofs().items() if not facts] == []


def test_the_proofs_are_there_and_name_their_facts() -> None:
    assert {(fact, proof) for proof, facts in proofs().items() for fact in facts} == LISTED
