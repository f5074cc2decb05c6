"""`cnncalc kinds`: the list, and the page of each kind."""

import json
import re
from pathlib import Path

import pytest

from cnncalc import load
from cnncalc.cli.kind_pages import BLOCKS, families, one_item, page_of
from cnncalc.layers import ACTIVATIONS, BY_NAME, KINDS, NORMS, Layer, options_of
from cnncalc.spec.builtin import builtin_blocks
from cnncalc.spec.vocabulary import EXPANDING
from tests.cli.conftest import Run
from tests.conftest import GoldenCheck
from tests.test_rooms import modules_after

GOLDEN = Path(__file__).parent / "golden"
NAMES = [*BY_NAME, *BLOCKS]

CALLS = {
    "kinds_conv.txt": ("kinds", "conv"),
    "kinds_conv.json": ("kinds", "conv", "--format", "json"),
    "kinds_conv.md": ("kinds", "conv", "--format", "markdown"),
    "kinds_maxpool.txt": ("kinds", "maxpool"),
    "kinds_add.txt": ("kinds", "add"),
    "kinds_relu.txt": ("kinds", "relu"),
    "kinds_squeeze_excite.txt": ("kinds", "squeeze_excite"),
}


@pytest.mark.parametrize("name", CALLS)
def test_what_is_printed(name: str, cnncalc: Run, golden: GoldenCheck) -> None:
    done = cnncalc(*CALLS[name])
    assert (done.code, done.err) == (0, "")
    golden(GOLDEN / name, done.out)


@pytest.mark.parametrize("format", ["text", "markdown", "json"])
@pytest.mark.parametrize("name", NAMES)
def test_every_kind_has_a_page_that_names_its_options(name: str, format: str, cnncalc: Run) -> None:
    done = cnncalc("kinds", name, "--format", format)
    assert (done.code, done.err) == (0, "")
    options = options_of(BY_NAME[name]) if name in BY_NAME else builtin_blocks()[name].params
    assert all(re.search(rf"\b{option}\b", done.out) for option in options)


def test_the_list_has_every_kind_once_with_its_summary(cnncalc: Run) -> None:
    summaries = {kind.kind: (kind.__doc__ or "").splitlines()[0] for kind in KINDS}
    listed = {
        entry["kind"]: entry["summary"] for entry in json.loads(cnncalc("kinds", "--format", "json").out)
    }
    assert listed == summaries | {name: listed[name] for name in BLOCKS}
    lines = [line.split(maxsplit=1) for line in cnncalc("kinds").out.splitlines() if line.startswith("  ")]
    assert sorted(lines) == sorted([name, summary] for name, summary in listed.items())


def test_families_follow_the_order_of_the_kinds() -> None:
    order = [kind.kind for kind in KINDS]
    firsts = [order.index(entries[0].kind) for entries in [*families().values()][:-1]]
    assert firsts == sorted(firsts)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("Conv2d", "conv"),
        ("torch.nn.Conv2d", "conv"),
        ("Conv2DTranspose", "conv_transpose"),
        ("keras.layers.Multiply", "mul"),
        ("DepthToSpace", "pixel_shuffle"),
        ("max_pool", "maxpool"),
        ("LRN", "lrn"),
        ("se", "squeeze_excite"),
        ("SqueezeExcitation", "squeeze_excite"),
    ],
)
def test_a_kind_is_found_by_any_of_its_names(word: str, kind: str) -> None:
    page = page_of(word)
    assert page
    assert page.entry.kind == kind


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_a_kind_is_found_by_every_name_that_its_page_shows(kind: type[Layer]) -> None:
    shown = page_of(kind.kind)
    assert shown
    names = [name for name in shown.entry.elsewhere.values() if "," not in name]
    for name in (*shown.entry.aliases, *names):
        found = page_of(name)
        assert found
        assert found.entry.kind == kind.kind


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("convv", "did you mean 'conv'?"),
        ("xyz", "`cnncalc kinds` lists them"),
        ("subsample", "write `avgpool: 2`; LeNet's subsampling of 1998 also has weights"),
    ],
)
def test_an_unknown_kind_is_2(word: str, said: str, cnncalc: Run) -> None:
    done = cnncalc("kinds", word)
    assert (done.code, done.out) == (2, "")
    assert f"unknown kind of layer '{word}'; {said}" in done.err


def test_the_list_is_no_markdown(cnncalc: Run) -> None:
    done = cnncalc("kinds", "--format", "markdown")
    assert (done.code, done.out) == (2, "")
    assert "cnncalc kinds conv --format markdown" in done.err


@pytest.mark.parametrize("name", NAMES)
def test_the_lines_to_copy_are_good(name: str) -> None:
    page = page_of(name)
    assert page
    dims = page.graph.nodes[0].shape.dims()
    for line in page.lines:
        assert one_item(line, (3, 8, 8) if name in ("softmax", "log_softmax", "hardmax") else dims)


def test_activations_and_norms_are_shown_inside_another_layer() -> None:
    for kind in (*ACTIVATIONS, *NORMS):
        page = page_of(kind.kind)
        assert page
        assert len(page.lines) == 2


def test_numbers_on_the_page_match_the_network(cnncalc: Run) -> None:
    data = json.loads(cnncalc("kinds", "conv", "--format", "json").out)
    (layer,) = data["layers"]
    text = f"cnncalc: 1\ninput: {data['input']}\nlayers:\n  - {data['lines'][0]}\n"
    (node,) = load(text).graph.layers
    assert layer["output"] == list(node.shape.dims())
    assert data["sizes"][0]["value"] == layer["output"][1]
    assert layer["params"] == 8 * 3 * 3 * 3 + 8
    assert layer["operations"]["macs"]["value"] == 8 * 16 * 16 * 3 * 3 * 3


def test_the_notes_on_built_in_blocks_match_the_blocks() -> None:
    assert set(BLOCKS) == set(builtin_blocks()) == set(EXPANDING) & set(BLOCKS)
    for name, block in builtin_blocks().items():
        notes = {option.name: option.default for option in BLOCKS[name].options}
        assert notes == {param: node and node.text for param, node in block.params.items()}
        summary = BLOCKS[name].text.partition("\n")[0]
        assert summary.endswith(".")
        assert len(summary) <= 100


def test_nothing_heavy_is_imported() -> None:
    call = "import sys; sys.argv = ['cnncalc', 'kinds', 'conv']\n"
    run = "from cnncalc.cli import main\ntry: main()\nexcept SystemExit: pass"
    assert not modules_after(call + run) & {"numpy", "torch", "pydantic"}
