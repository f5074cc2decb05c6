"""The tests of the executor's ops."""
