"""What homework asks of a network: where a number that somebody states comes from."""
