"""The inputs that a module takes, by the names that its `forward` has for them."""

from collections.abc import Mapping
from inspect import Parameter, signature
from typing import Any

from cnncalc.interchange.network import ForeignError
from cnncalc.layers.base import Dims

NAMED = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
"""Parameters of a function that can be given by name."""


def check_inputs(module: Any, inputs: Mapping[str, Dims]) -> None:
    """Raises ForeignError if `forward` needs inputs without a shape, or has no input of a name."""
    try:
        forward = signature(module.forward)
    except (AttributeError, TypeError, ValueError):  # not written in Python
        return
    try:
        if len(inputs) == 1:
            forward.bind(*inputs.values())
        else:
            forward.bind(**inputs)
    except TypeError as error:
        names = [
            name
            for name, each in forward.parameters.items()
            if each.default is each.empty and each.kind in NAMED
        ]
        shape = "x".join(map(str, next(iter(inputs.values()))))
        options = " ".join(f"--input {name}={shape}" for name in names)
        raise ForeignError(
            f"forward takes {len(names)} input{'s' * (len(names) != 1)}: {', '.join(names)}; {error}",
            hint=f"give the shape of each: {options}" if len(names) > 1 else "",
        ) from error
