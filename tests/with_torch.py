"""PyTorch for the cross-checks, imported when one of them first uses it.

So every module under `tests/` imports without it, and only what is marked `crosscheck` needs it.
"""

from importlib import import_module
from sys import modules
from typing import Any


class Lazy:
    """Stands in for a module until something of it is used."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # asked by tools that look at every module, doctest among them
            raise AttributeError(name)
        if "torch" not in modules:
            import_module("torch").set_num_threads(1)  # threads cost small layers more than they save
        return getattr(import_module(self._name), name)


torch: Any = Lazy("torch")
nn: Any = Lazy("torch.nn")
functional: Any = Lazy("torch.nn.functional")
flop_counter: Any = Lazy("torch.utils.flop_counter")

Tensor = Any
Module = Any
"""What annotations call torch.Tensor and torch.nn.Module."""
