"""Data types of stored and computed numbers, and optimizer state per weight."""

from typing import Literal

DataType = Literal["float64", "float32", "float16", "bfloat16", "int8"]
FloatName = Literal["float32", "float64"]
"""The data types that the executor computes in."""
Optimizer = Literal["sgd", "momentum", "adam"]

BYTES: dict[DataType, int] = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2, "int8": 1}
"""Bytes of one value."""

STATES: dict[Optimizer, int] = {"sgd": 0, "momentum": 1, "adam": 2}
"""Values that an optimizer stores for each trainable parameter."""
