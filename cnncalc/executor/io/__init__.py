"""Reads and writes arrays, images, maps and weights."""
