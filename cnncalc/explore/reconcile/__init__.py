"""`reconcile`: find the way of counting, or the similar network, that gives a published number."""

from cnncalc.explore.reconcile.claims import Stated, stated
from cnncalc.explore.reconcile.explanations import reconcile
from cnncalc.explore.reconcile.finding import Answer, Explanation, Tried
from cnncalc.explore.reconcile.sums import Part

__all__ = ["Answer", "Explanation", "Part", "Stated", "Tried", "reconcile", "stated"]
