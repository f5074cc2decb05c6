"""Modules of written source, with weights of the executor."""

from math import prod
from typing import Any

import numpy as np

from cnncalc.executor.io.weights import Weights, required_tensors
from cnncalc.executor.weight_files import match_of
from cnncalc.graph import Graph
from tests.with_torch import Module, torch


def module_of(source: str) -> Module:
    """The module of a source: its last class."""
    scope: dict[str, Any] = {"__name__": "exported"}
    exec(compile(source, "exported.py", "exec"), scope)
    made = [
        each
        for each in scope.values()
        if getattr(each, "__module__", "") == "exported" and isinstance(each, type)
    ]
    return made[-1]().eval()


def parameters_of(graph: Graph) -> int:
    own = (node for node in graph.layers if node.shares is None)
    return sum(prod(dims) for node in own for dims in node.layer.weights(*node.reads).values())


def given_weights(module: Module, graph: Graph, weights: Weights) -> int:
    """Sets the weights of a module, found as those of a file are; returns how many had other names."""
    wanted = required_tensors(graph)
    found = {name: (tuple(each.shape), np.dtype("float32")) for name, each in module.state_dict().items()}
    match = match_of(graph, found)
    assert not match.problem
    state = {
        match.pieces[name].name: torch.from_numpy(np.ascontiguousarray(weights[name])) for name in wanted
    }
    module.load_state_dict(state, strict=False)
    assert sum(each.numel() for each in module.parameters()) == parameters_of(graph)
    return match.by_order


def outputs_of(module: Module, graph: Graph, x: dict[str, np.ndarray]) -> list[np.ndarray]:
    """What a module gives for inputs in the layout of a spec, in that layout."""
    is_last = graph.layout == "hwc"
    given = [np.moveaxis(each, -1, 1) if is_last else each for each in x.values()]
    with torch.inference_mode():
        found = module(*(torch.from_numpy(each.astype("float32")) for each in given))
    outputs = [each.numpy() for each in (found if isinstance(found, tuple) else (found,))]
    return [np.moveaxis(each, 1, -1) for each in outputs] if is_last else outputs
