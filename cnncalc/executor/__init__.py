"""Runs networks on NumPy arrays, independently of the analysis: the two share no formula."""
