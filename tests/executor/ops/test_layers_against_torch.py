"""2,000 random layers give PyTorch's values, quick and plain, in float32 and float64."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.executor.agreement import assert_agrees, single
from tests.executor.random_layers import LAYERS

pytestmark = pytest.mark.crosscheck

EXAMPLES = 24
IN_ALL = 2000


@pytest.mark.parametrize("name", LAYERS)
@settings(max_examples=EXAMPLES, deadline=None, derandomize=True)
@given(data=st.data(), batch=st.integers(1, 3), seed=st.integers(0, 99))
def test_a_layer_gives_pytorch_s_values(name: str, data: st.DataObject, batch: int, seed: int) -> None:
    layer, x = data.draw(LAYERS[name])
    assert_agrees(single(layer, x), batch, seed)


def test_two_thousand_layers_in_total() -> None:
    assert EXAMPLES * len(LAYERS) >= IN_ALL
