"""The tests of the executor's runtime."""
