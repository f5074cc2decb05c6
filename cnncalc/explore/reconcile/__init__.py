"""`reconcile`: which sum, of which network nearby, comes to a stated number."""

from cnncalc.explore.reconcile.explanations import Answer, Explanation, Stated, reconcile, stated
from cnncalc.explore.reconcile.sums import Part

__all__ = ["Answer", "Explanation", "Part", "Stated", "reconcile", "stated"]
