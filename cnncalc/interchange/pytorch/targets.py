"""Finds the module that `package.module:name` means. Only this file imports code of the user's."""

import ctypes
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from functools import partial
from importlib import import_module, invalidate_caches
from typing import Any

from msgspec import Struct

from cnncalc.interchange.network import ForeignError
from cnncalc.problems import did_you_mean
from cnncalc.spec.model_names import EXAMPLE, is_model

INSTALL = "PyTorch is not installed: pip install 'cnncalc[torch]'"


class Model(Struct, frozen=True):
    """A module of PyTorch that was found: what to call it, and where it comes from."""

    module: object
    name: str
    source: str


def find_model(target: str, call: str = "") -> Model:
    """Import a module of Python and return the network that it has under a name.

    Args:
        target: `package.module:name` of a module instance, class or function that returns one, or
            `package.module:name(arguments)`.
        call: an expression such as `resnet50(num_classes=10)`, evaluated in the module of Python.

    Raises:
        ForeignError: there is none, or it cannot be imported or created.
    """
    place, colon, name = target.partition(":")
    if place.endswith(".py"):
        module = place.removesuffix(".py").replace("/", ".").lstrip(".")
        raise ForeignError(f"name the module without .py: {module}{colon or ':'}{name or 'Net'}")
    if colon and not is_model(target):
        raise ForeignError(f"expected {EXAMPLE}, found '{target}'")
    call = call or (name if name.endswith(")") else "")
    if not place or not (call or name):
        raise ForeignError(f"expected {EXAMPLE}, found '{target}'")
    with running_code():
        torch = _torch()
        home = _attempt(lambda: import_module(place), f"cannot import {place}")
        if call:
            value = _attempt(lambda: eval(call, dict(vars(home))), f"{call} failed")
        else:
            value = _attribute(home, place, name)
        module = torch.nn.Module
        if not isinstance(value, module) and callable(value):
            function = value
            value = _attempt(lambda: function(), f"{call or name}() failed", ARGUMENTS)
    if not isinstance(value, module):
        raise ForeignError(f"{call or target}: expected a torch.nn.Module, found {type(value).__name__}")
    title = re.match(r"[\w.]+", call or name)
    assert title
    return Model(value, title[0].rpartition(".")[2], f"{place}:{call or name}, {_version(torch)}")


ARGUMENTS = '; give arguments in parentheses or with --call, as in --call "Net(classes=10)"'


def _version(torch: Any) -> str:
    return f"PyTorch {str(torch.__version__).partition('+')[0]}"


def _torch() -> Any:
    try:
        return import_module("torch")
    except ModuleNotFoundError:
        raise ForeignError(INSTALL) from None


MISSING = object()


def _attribute(home: Any, place: str, name: str) -> Any:
    value = home
    for part in name.split("."):
        found = _attempt(partial(getattr, value, part, MISSING), f"{place}:{name} failed")
        if found is MISSING:
            known = _attempt(partial(_own_names, value, place), f"{place}:{name} failed")
            raise ForeignError(f"{place} has no {name}", hint=did_you_mean(part, known))
        value = found
    return value


def _own_names(home: Any, place: str) -> list[str]:
    """The names of modules, and of what the package itself defines, not of what it imports."""
    package = place.partition(".")[0]
    return [
        name
        for name, value in getattr(home, "__dict__", {}).items()
        if not name.startswith("_")
        and (
            hasattr(value, "named_parameters")
            or str(getattr(value, "__module__", "")).partition(".")[0] == package
        )
    ]


def _attempt(work: Any, failed: str, hint: str = "") -> Any:
    """Runs foreign code; whatever it raises becomes one line."""
    try:
        return work()
    except ForeignError:
        raise
    except ModuleNotFoundError as error:
        if error.name == "torch":
            raise ForeignError(INSTALL) from None
        raise ForeignError(f"{failed}: {error}") from error
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        said = str(error).strip().splitlines() or [""]
        missing = hint if isinstance(error, TypeError) else ""
        raise ForeignError(f"{failed}: {type(error).__name__}: {said[0]}{missing}") from error


@contextmanager
def running_code() -> Iterator[None]:
    """While foreign code runs: the current folder can be imported; what it prints goes to standard error."""
    folder = os.getcwd()
    added = folder not in sys.path
    if added:
        sys.path.insert(0, folder)
        invalidate_caches()
    try:
        with redirect_stdout(sys.stderr), _standard_output_as_error():
            yield
    finally:
        if added and folder in sys.path:
            sys.path.remove(folder)


@contextmanager
def _standard_output_as_error() -> Iterator[None]:
    """Sends what C code and other processes print to standard error, too: standard output has the result."""
    _flush()
    try:
        kept = os.dup(1)
    except OSError:  # there is no standard output
        yield
        return
    try:
        with suppress(OSError):
            os.dup2(2, 1)
        yield
    finally:
        _flush()
        os.dup2(kept, 1)
        os.close(kept)


def _flush() -> None:
    """Writes what Python and C hold back for standard output."""
    if sys.__stdout__ is not None:
        with suppress(OSError, ValueError):
            sys.__stdout__.flush()
    with suppress(OSError, TypeError, AttributeError):
        ctypes.CDLL("ucrtbase" if os.name == "nt" else None).fflush(None)


def usual_input(module: object) -> tuple[int, ...] | None:
    """The input shape that a module itself names: timm's `default_cfg`, Lightning's `example_input_array`."""
    config = getattr(module, "default_cfg", None) or {}
    size = config.get("input_size") if isinstance(config, dict) else None
    example = getattr(module, "example_input_array", None)
    if size is None and example is not None:
        size = tuple(getattr(example, "shape", ()))[1:]
    is_shape = isinstance(size, tuple) and len(size) > 0 and all(isinstance(each, int) for each in size)
    return tuple(size) if is_shape and size else None


def tensors_of(module: Any) -> dict[str, tuple[int, ...]]:
    """The sizes of the tensors of a module in the order of `state_dict`; a shared one has its first name."""
    own = {name for name, _ in (*module.named_parameters(), *module.named_buffers())}
    return {name: tuple(each.shape) for name, each in module.state_dict().items() if name in own}
