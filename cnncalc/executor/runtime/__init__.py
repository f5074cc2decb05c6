"""What operations are built on: counted arithmetic, memory, workers, window grids and a layer's context."""
