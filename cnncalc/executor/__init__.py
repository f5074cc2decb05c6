"""Runs networks on real arrays with NumPy: a witness that shares no formula with the analysis."""
