"""Reads PyTorch's files of a `state_dict`, with PyTorch itself and `weights_only`: no code is executed."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from pickle import UnpicklingError

import numpy as np

from cnncalc.executor.io.headers import Header, opened_zip
from cnncalc.executor.runtime.arithmetic import Array

PICKLE = "data.pkl"
"""The member of PyTorch's zip archives that names and describes the tensors."""
LONGEST = 64 << 20
"""Its bytes; a tensor takes about 200."""
INSIDE = ("state_dict", "model_state_dict", "model")
"""Where checkpoints hold the `state_dict`, beside the state of an optimizer and the like."""


class StateDict:
    """The tensors of a file: their headers, and their data on demand.

    Raises:
        ValueError: the file is invalid, or holds something else than tensors.
        ModuleNotFoundError: PyTorch is not installed.
        OSError: it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        with opened_zip(path) as archive:
            sizes = [each.file_size for each in archive.infolist() if each.filename.endswith(PICKLE)]
            if max(sizes) > LONGEST:
                raise ValueError(f"{PICKLE} has {max(sizes):,} bytes, and at most {LONGEST:,} are read")
        import torch

        try:
            found = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        except UnpicklingError:
            raise ValueError(
                "it holds more than tensors; in PyTorch, save the tensors: "
                "torch.save(model.state_dict(), 'w.pt')"
            ) from None
        except RuntimeError:
            raise ValueError("torch.save did not write it, or it is damaged") from None
        tensors = {name: each for name, each in _inside(found).items() if isinstance(each, torch.Tensor)}
        if not tensors:
            raise ValueError("it holds no tensors by name, as torch.save(model.state_dict(), 'w.pt') does")
        wide = {torch.bfloat16: torch.float32}
        self._tensors = tensors
        self._types = {name: wide.get(each.dtype, each.dtype) for name, each in tensors.items()}
        types = {each: str(each).removeprefix("torch.") for each in self._types.values()}
        self.headers: dict[str, Header] = {
            name: (tuple(each.shape), _numpy(types[self._types[name]])) for name, each in tensors.items()
        }

    def read(self, names: Iterable[str]) -> dict[str, Array]:
        """Some of the tensors."""
        return {name: self._tensors[name].detach().to(self._types[name]).numpy() for name in names}


def _numpy(name: str) -> np.dtype:
    """NumPy's type of the same name; that of objects if it has none, which is no number."""
    try:
        return np.dtype(name)
    except TypeError:
        return np.dtype(object)


def _inside(found: object) -> Mapping[str, object]:
    """The names and values of a `state_dict`, which may be an entry of a checkpoint."""
    if not isinstance(found, Mapping):
        return {}
    for name in INSIDE:
        if isinstance(found.get(name), Mapping):
            return _inside(found[name])
    return {str(name): each for name, each in found.items()}
