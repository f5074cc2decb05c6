"""Inputs of whole numbers, which embeddings read."""

import numpy as np
import pytest

import cnncalc
from cnncalc.executor.io.inputs import InputError

TEXT = """
cnncalc: 1
inputs: {tokens: {length: 6, values: 10}}
layers:
  - {embedding: 4, entries: 12}
  - {conv: 3, kernel: 2}
"""


def test_noise_and_checks_keep_to_the_values() -> None:
    network = cnncalc.load(TEXT)
    assert network.graph.nodes[0].shape.dims() == (1, 6)
    assert network.graph.nodes[2].shape.dims() == (3, 5)
    assert cnncalc.verify(network).agrees
    weights = cnncalc.init_weights(network)
    x = np.array([[3, 0, 9, 9, 1, 2]])
    found = cnncalc.run(network, x, weights, keep=["embedding1"])["embedding1"][0]
    assert (found == weights["embedding1.weight"][x[0]].T).all()


@pytest.mark.parametrize("wrong", [10, -1, 2.5])
def test_other_numbers_are_refused(wrong: float) -> None:
    with pytest.raises(InputError, match="expected whole numbers from 0 to 9; found"):
        cnncalc.run(cnncalc.load(TEXT), np.array([[3, 0, wrong, 9, 1, 2]]))


def test_the_input_of_an_embedding_needs_no_number_of_values() -> None:
    network = cnncalc.load("cnncalc: 1\ninput: [1, 6]\nlayers: [{embedding: 4, entries: 3}]\n")
    assert cnncalc.verify(network).agrees
