"""The tests of the executor's io."""
