"""Search over networks: solve for unknown options, reconcile a published number."""
