"""Keras for the cross-checks, on PyTorch, imported on first use."""

import os
from typing import Any

from tests.with_torch import torch


class Keras:
    """A placeholder for `keras` until it is used."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # accessed by tools that inspect every module, such as doctest
            raise AttributeError(name)
        torch.get_num_threads()  # sets the number of threads
        os.environ["KERAS_BACKEND"] = "torch"
        import keras

        return getattr(keras, name)


keras: Any = Keras()
