"""Questions that take many networks: solve for unknown options, reconcile a stated number."""
