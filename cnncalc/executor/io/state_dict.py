"""Reads PyTorch's files of a `state_dict`, with PyTorch itself and `weights_only`: no code is executed."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any
from warnings import catch_warnings

import numpy as np

from cnncalc.analysis.memory import megabytes
from cnncalc.executor.io.headers import ZIP, Header, first_bytes, opened_zip
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.runtime.machine import available

PICKLE = "data.pkl"
"""The member of PyTorch's zip archives that names and describes the tensors."""
PROTOCOL = b"\x80"
"""The first byte of a pickle."""
LEGACY = b"\x80\x02\x8a\nl\xfc"
"""The first bytes of files of PyTorch before 1.6, which are no zip archives."""
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
        is_zip = first_bytes(path).startswith(ZIP)
        _check_size(path, is_zip)
        import torch

        try:
            with catch_warnings(action="ignore"):  # of kinds of tensors that are refused below
                found = torch.load(path, map_location="cpu", weights_only=True, mmap=is_zip)
        except UnpicklingError:
            raise ValueError(
                "it holds more than tensors; in PyTorch, save the tensors: "
                "torch.save(model.state_dict(), 'w.pt')"
            ) from None
        except RuntimeError:
            raise ValueError("torch.save did not write it, or it is damaged") from None
        named = {name: each for name, each in _inside(found).items() if isinstance(each, torch.Tensor)}
        tensors = _each_once(named)
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


def _check_size(path: Path, is_zip: bool) -> None:
    """Raises ValueError for a file that needs too much memory, before any of it is unpickled."""
    if not is_zip:
        held, room = path.stat().st_size, available()
        if room is not None and held > room:
            raise ValueError(f"it has {megabytes(held)}; {megabytes(room)} of memory are available")
        return
    with opened_zip(path) as archive:
        sizes = [each.file_size for each in archive.infolist() if each.filename.endswith(PICKLE)]
    if max(sizes) > LONGEST:
        raise ValueError(f"{PICKLE} has {max(sizes):,} bytes, and at most {LONGEST:,} are read")


def _each_once(tensors: Mapping[str, Any]) -> dict[str, Any]:
    """Without further names of the same tensor, which a module has that is in two places."""
    found: dict[object, tuple[str, Any]] = {}
    for name, each in tensors.items():
        where = (each.untyped_storage().data_ptr(), each.storage_offset(), each.shape, each.stride())
        found.setdefault(where if each.numel() else name, (name, each))
    return dict(found.values())


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
