"""Building blocks of operations: counted arithmetic, buffers, workers, window grids and contexts."""
