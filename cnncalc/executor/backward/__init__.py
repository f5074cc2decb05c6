"""The backward pass: for every kind of layer, the gradient at its output brought back to what it read."""
