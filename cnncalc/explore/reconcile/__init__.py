"""`reconcile`: find the way of counting, or the similar network, that gives a published number."""

from cnncalc.explore.reconcile.explanations import Answer, Explanation, Stated, Tried, reconcile, stated
from cnncalc.explore.reconcile.sums import Part

__all__ = ["Answer", "Explanation", "Part", "Stated", "Tried", "reconcile", "stated"]
