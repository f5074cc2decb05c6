"""Tensors of a file find their layer by name, by order and shape, or are listed with their places."""

import numpy as np

from cnncalc import init_weights, load
from cnncalc.executor.io.headers import Header
from cnncalc.executor.io.matching import matched

WANTED = {
    "conv1.weight": (4, 3, 3, 3),
    "conv1.norm.weight": (4,),
    "conv1.norm.bias": (4,),
    "conv2.weight": (4, 4, 3, 3),
    "fc.weight": (2, 4),
    "fc.bias": (2,),
}
FLOAT = np.dtype("float32")


def headers(tensors: dict[str, tuple[int, ...]]) -> dict[str, Header]:
    return {name: (dims, FLOAT) for name, dims in tensors.items()}


def renamed(**others: str) -> dict[str, Header]:
    """The tensors with other names of the layers, `_` for a dot."""
    layers = {name.replace("_", "."): other for name, other in others.items()}
    parts = {name: name.rpartition(".") for name in WANTED}
    return headers({f"{layers.get(of, of)}.{part}": WANTED[name] for name, (of, _, part) in parts.items()})


def test_names_decide_whatever_the_order() -> None:
    found = dict(reversed(headers(WANTED).items()))
    assert matched(WANTED, found) == ({name: name for name in WANTED}, 0, "")


def test_a_common_prefix_does_not_matter() -> None:
    found = headers({f"module.{name}": dims for name, dims in WANTED.items()})
    assert matched(WANTED, found).names == {name: f"module.{name}" for name in WANTED}


def test_aliases_are_names_too() -> None:
    found = renamed(conv1="conv1.conv")
    match = matched(WANTED, found, {"conv1.conv.weight": "conv1.weight"})
    assert (match.names["conv1.weight"], match.by_order) == ("conv1.conv.weight", 0)


def test_order_and_shape_decide_where_names_do_not() -> None:
    match = matched(WANTED, renamed(conv1="features.0", conv1_norm="features.1", conv2="features.4"))
    assert match.names["conv1.norm.bias"] == "features.1.bias"
    assert match.names["fc.bias"] == "fc.bias"
    assert match.by_order == 4, "all but those of fc"


def test_a_name_that_both_have_is_not_taken_for_another_layer() -> None:
    wanted = {"a.weight": (3,), "b.weight": (3,), "c.weight": (3,)}
    found = headers({"b.weight": (3,), "a.weight": (3,), "d.weight": (3,)})
    match = matched(wanted, found)
    assert match.names == {"a.weight": "a.weight", "b.weight": "b.weight", "c.weight": "d.weight"}
    assert match.by_order == 1
    wanted, found = {"a.weight": (3,), "b.weight": (4,)}, headers({"a.weight": (4,), "b.weight": (3,)})
    assert matched(wanted, found).problem.endswith("a.weight is in another place of the file")


def test_parts_of_the_same_name_belong_together_in_any_order() -> None:
    wanted = {f"{name}.conv{at}.weight": (4, 4, 3, 3) for name in ("left", "right") for at in (1, 2)}
    given = [f"net.{name}.{at}.weight" for name in ("right", "left") for at in (0, 3)]
    match = matched(wanted, headers(dict.fromkeys(given, (4, 4, 3, 3))))
    assert match.names["left.conv2.weight"] == "net.left.3.weight"
    assert match.names["right.conv1.weight"] == "net.right.0.weight"


def test_layers_of_different_shapes_are_found_in_any_order() -> None:
    found = renamed(conv1="z", conv1_norm="y", conv2="x", fc="w")
    match = matched(WANTED, dict(reversed(found.items())))
    assert match.names["conv1.weight"] == "z.weight"
    assert match.names["fc.bias"] == "w.bias"


def test_sizes_of_1_and_parameters_of_a_module_itself() -> None:
    wanted = {"conv1.weight": (8, 4, 1, 1), "conv1.bias": (8,), "scale1.weight": (4,)}
    found = headers({"block.gamma": (4, 1, 1), "block.fc.weight": (8, 4), "block.fc.bias": (8,)})
    match = matched(wanted, found)
    assert match.names == {
        "conv1.weight": "block.fc.weight",
        "conv1.bias": "block.fc.bias",
        "scale1.weight": "block.gamma",
    }


def test_equal_shapes_of_other_names_are_refused() -> None:
    wanted = {"norm1.weight": (4,), "norm1.bias": (4,)}
    assert matched(wanted, headers({"norm.beta": (4,), "norm.gamma": (4,)})).problem


def test_layers_without_a_counterpart_are_listed_with_their_places() -> None:
    found = renamed(conv1="0", conv1_norm="1", fc="9")
    del found["conv2.weight"]
    found["5.weight"] = found.pop("9.weight")
    assert matched(WANTED, found).problem == (
        "the weights do not fit this network, neither by name nor by order\n"
        "  only in the network:\n"
        "    3. conv2: weight 4×4×3×3\n"
        "    4. fc: weight 2×4, bias 2\n"
        "  only in the file:\n"
        "    3. 9: bias 2\n"
        "    4. 5: weight 2×4"
    )


def test_the_list_is_short_whatever_the_files() -> None:
    wanted = {name: each.shape for name, each in init_weights(load("densenet121")).items()}
    found = headers({f"x{at}.weight": (at,) for at in range(500)})
    assert matched(wanted, found).problem.count("\n") == 14


def test_names_that_python_cannot_have_are_those_of_attributes() -> None:
    wanted = {"a-b.weight": (3,), "3x3.weight": (3,), "class.weight": (3,)}
    found = headers({"class_.weight": (3,), "layer_3x3.weight": (3,), "a_b.weight": (3,)})
    names = {"a-b.weight": "a_b.weight", "3x3.weight": "layer_3x3.weight", "class.weight": "class_.weight"}
    assert matched(wanted, found) == (names, 0, "")


def test_attention_is_several_layers_in_order() -> None:
    wanted = {"block.query": (4, 4), "block.query_bias": (4,), "block.out": (4, 4)}
    aliases = {
        "block.query.weight": "block.query",
        "block.query.bias": "block.query_bias",
        "block.out.weight": "block.out",
    }
    file = {"x.q.weight": (4, 4), "x.q.bias": (4,), "x.o.weight": (4, 4)}
    match = matched(wanted, headers(file), aliases)
    assert match.names == dict(zip(wanted, file, strict=True))
    assert match.by_order == 3
