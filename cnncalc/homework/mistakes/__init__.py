"""What goes wrong when people count: mistakes as data, and the layer or number that each leads to."""
