"""What goes in and out of a run: arrays, images, maps and weights, from files and into files."""
