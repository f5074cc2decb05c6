"""PyTorch for the cross-checks, imported on first use.

So every module in `tests/` can be imported without it, and only tests marked `crosscheck` need it.
"""

from importlib import import_module
from sys import modules
from typing import Any


class Lazy:
    """A placeholder for a module until it is used."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # accessed by tools that inspect every module, such as doctest
            raise AttributeError(name)
        if "torch" not in modules:
            import_module("torch").set_num_threads(1)  # for small layers, threads cost more than they save
        return getattr(import_module(self._name), name)


torch: Any = Lazy("torch")
nn: Any = Lazy("torch.nn")
functional: Any = Lazy("torch.nn.functional")
flop_counter: Any = Lazy("torch.utils.flop_counter")

Tensor = Any
Module = Any
"""torch.Tensor and torch.nn.Module for annotations."""
