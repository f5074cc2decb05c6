"""Modules whose weights are computed in every run, such as by spectral norm, and how to store them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cnncalc.interchange.network import ForeignError

REMOVERS = {"SpectralNorm": "remove_spectral_norm", "WeightNorm": "remove_weight_norm"}
"""What undoes the hooks of the older functions `spectral_norm` and `weight_norm`."""


@contextmanager
def advising_to_store_weights(module: Any) -> Iterator[None]:
    """Adds to an error about a module whose weight is computed how to store the weight."""
    try:
        yield
    except ForeignError as error:
        calls = [*_calls(module)]
        first = [call for path, call in calls if any(_is_in(path, each) for each in error.reasons)]
        if not first:
            raise
        more = f", likewise for {len(calls) - 1} more" if len(calls) > 1 else ""
        hint = f"`{first[0]}` makes it a plain weight{more}"
        raise ForeignError(*error.reasons, hint=f"{hint}; or {error.hint}" if error.hint else hint) from error


def _is_in(path: str, reason: str) -> bool:
    """Whether an error is about a module or its parameters."""
    return not path or re.search(rf"(?<![\w.]){re.escape(path)}(?:\.| \()", reason) is not None


def _calls(module: Any) -> Iterator[tuple[str, str]]:
    """Each module with a computed weight by its path, and the call that stores the weight."""
    for path, each in module.named_modules():
        owner = re.sub(r"\.(\d+)(?=\.|$)", r"[\1]", f"model.{path}" if path else "model")
        for name in getattr(each, "parametrizations", ()):
            yield path, f"torch.nn.utils.parametrize.remove_parametrizations({owner}, '{name}')"
        for hook in each._forward_pre_hooks.values():
            if remover := REMOVERS.get(type(hook).__name__):
                yield path, f"torch.nn.utils.{remover}({owner}, '{hook.name}')"
