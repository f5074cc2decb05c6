"""Benchmarks: `python -m tests.benchmarks` prints ratios and figures; the test suite measures no times."""
