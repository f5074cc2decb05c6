"""The executor: networks run on real arrays, forward and backward."""
