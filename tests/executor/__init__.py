"""The executor: networks run on arrays, forward and backward."""
