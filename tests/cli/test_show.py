"""`cnncalc show`: output in every format."""

import csv
import io
import json
from pathlib import Path

import pytest

from cnncalc.render.columns import COLUMNS
from tests.cli.conftest import Run, in_window
from tests.conftest import GoldenCheck

GOLDEN = Path(__file__).parent / "golden"
SPECS = ("alexnet", "c3d", "densenet121", "googlenet", "lenet5", "mobilenet_v2", "resnet50", "unet", "vgg16")

CALLS = {
    "lenet5.txt": ("lenet5",),
    "lenet5.json": ("lenet5", "--format", "json"),
    "lenet5.csv": ("lenet5", "--format", "csv"),
    "lenet5.md": ("lenet5", "--format", "markdown"),
    "lenet5_hwc.txt": ("lenet5", "--layout", "hwc"),
    "lenet5_batch.txt": ("lenet5", "--batch", "32", "--columns", "name,output,params,macs,flops"),
    "lenet5_sums.txt": ("lenet5", "--columns", "name,adds,multiplications"),
    "lenet5_sums.md": ("lenet5", "--columns", "name,adds", "--format", "markdown"),
    "alexnet.txt": ("alexnet",),
    "resnet50_depth1.txt": ("resnet50", "--depth", "1"),
    "resnet50_depth1.json": ("resnet50", "--depth", "1", "--format", "json"),
    "unet_fields.txt": ("unet", "--columns", "name,output,receptive_field,jump,start"),
    "wavenet_depth1.txt": ("wavenet", "--depth", "1", "--columns", "name,kind,output,weights,biases,jump"),
    "densenet121_320.txt": ("densenet121", "--input", "3x320x320", "--depth", "1"),
    "two_networks.txt": ("lenet5", "alexnet", "--depth", "1"),
}


@pytest.mark.parametrize("name", CALLS)
def test_what_is_printed(name: str, cnncalc: Run, golden: GoldenCheck) -> None:
    done = cnncalc(*CALLS[name])
    assert (done.code, done.err) == (0, "")
    golden(GOLDEN / name, done.out)


def sums_of(rows: list[dict[str, str]]) -> dict[str, int]:
    """The sum of each column of counts."""
    summed = [name for name, column in COLUMNS.items() if column.sum]
    return {name: sum(int(row[name]) for row in rows) for name in summed}


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("depth", [(), ("--depth", "1"), ("--depth", "2")])
def test_printed_columns_add_up_to_printed_totals(spec: str, depth: tuple[str, ...], cnncalc: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(cnncalc(spec, *depth, "--format", "csv").out)))
    totals = json.loads(cnncalc(spec, *depth, "--format", "json").out)["totals"]
    flat = totals | {f"memory.{name}": number for name, number in totals["memory"].items()}
    for name, total in sums_of(rows).items():
        assert total == flat[name], name


HEAD = "cnncalc: 1\ninput: [3, 8, 8]\nlayers:\n  - {conv: 4, kernel: 3}\n  - relu\n"

# layers and sections after the head, the rows that are counted, the note below them
BEFORE = [
    ("  - {dense: 10}\n  - softmax\n", ["conv1", "relu1"], "2 of 4 layers counted"),
    ("  - {conv: 4, kernal: 3}\n", ["conv1", "relu1"], "2 of 3 layers counted"),
    ("  - {maxpool: 2}\n  - LSTM: 64\n  - relu\n", ["conv1", "relu1", "maxpool1"], "3 of 5 layers counted"),
    ("expect: {parms: 3}\n", [], ""),
    ("freeze: [nothing]\n", [], ""),
]


@pytest.mark.parametrize(("rest", "rows", "note"), BEFORE)
def test_the_rows_before_the_first_error_are_printed(
    rest: str, rows: list[str], note: str, cnncalc: Run, tmp_path: Path
) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text(HEAD + rest, encoding="utf-8")
    done = cnncalc(str(spec))
    lines = done.out.splitlines()
    assert [line.split()[0] for line in lines[5:-2]] == rows
    assert (done.code, "".join(lines[-1:])) == (1, note)
    assert cnncalc(str(spec), "--format", "json").out == ""


def test_several_networks_are_a_json_list(cnncalc: Run) -> None:
    data = json.loads(cnncalc("lenet5", "vgg16", "--format", "json").out)
    assert [network["name"] for network in data] == ["LeNet-5", "VGG-16"]


def test_several_networks_in_csv_have_a_name_column(cnncalc: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(cnncalc("lenet5", "vgg16", "--format", "csv").out)))
    assert {row["network"] for row in rows} == {"LeNet-5", "VGG-16"}


def test_the_promised_json_keys_are_there(cnncalc: Run) -> None:
    data = json.loads(cnncalc("resnet50", "--format", "json").out)
    assert set(data) >= {
        "schema_version",
        "name",
        "inputs",
        "outputs",
        "layout",
        "layers",
        "totals",
        "findings",
    }
    assert data["schema_version"] == 2
    layer = next(each for each in data["layers"] if each["name"] == "conv1")
    assert layer["kind"] == "conv"
    assert layer["inputs"] == ["input"]
    assert layer["output"] == [64, 112, 112]
    assert (layer["params"], layer["weights"], layer["biases"], layer["frozen"]) == (9408, 9408, 0, 0)
    assert layer["weight_shapes"] == {"weight": [64, 3, 7, 7]}
    assert layer["receptive_field"] == {"size": [7, 7], "jump": [2, 2], "start": [0, 0], "global": False}
    assert (layer["adds"], layer["comparisons"], layer["connections"]) == (0, 0, 118013952)
    assert set(layer["memory"]) == {"activations", "peak", "kept"}
    assert data["totals"]["flops"] == sum(each["flops"] for each in data["layers"])


def test_a_spec_from_standard_input(cnncalc: Run) -> None:
    text = b"cnncalc: 1\ninput: [1, 28, 28]\nlayers: [{conv: 4, kernel: 3}]\n"
    done = cnncalc("-", "--format", "json", stdin=text)
    assert json.loads(done.out)["totals"]["params"] == 4 * 9 + 4


def test_the_ending_of_the_output_file_chooses_the_format(cnncalc: Run, tmp_path: Path) -> None:
    for name, beginning in (("a.json", "{"), ("a.csv", "name,"), ("a.md", "## "), ("a.txt", "LeNet-5")):
        done = cnncalc("lenet5", "--output", str(tmp_path / name))
        assert (done.code, done.out) == (0, "")
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(beginning)


def test_changed_variables_and_input_skip_expectations(cnncalc: Run) -> None:
    done = cnncalc("resnet50", "--set", "classes=10", "--depth", "1")
    assert "20,490" in done.out  # 2048 × 10 + 10
    assert "expected values: not checked" in done.out


def test_notes_are_printed_on_request_only(cnncalc: Run) -> None:
    assert cnncalc("alexnet").err == ""
    assert "note[does-not-fit]" in cnncalc("resnet50", "-v").err


def test_colour_only_on_request(cnncalc: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[" not in cnncalc("lenet5").out
    assert "\x1b[" in cnncalc("lenet5", "--color", "always").out
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b[" not in cnncalc("lenet5", "--color", "auto").out
    assert "\x1b[" in cnncalc("lenet5", "--color", "always").out


def test_costs_scale_with_the_batch(cnncalc: Run) -> None:
    one, many = (
        json.loads(cnncalc("lenet5", "--batch", batch, "--format", "json").out)["totals"]
        for batch in ("1", "8")
    )
    assert many["macs"] == 8 * one["macs"]
    assert many["flops"] == 8 * one["flops"]
    assert many["params"] == one["params"]


def test_every_bundled_spec_is_listed_with_its_network_input_and_source(cnncalc: Run) -> None:
    listed = json.loads(cnncalc("specs", "--format", "json").out)
    files = Path(__file__).parent.parent.parent.joinpath("specs").rglob("*.yaml")
    assert {each["name"].split("/")[-1] for each in listed} == {path.stem for path in files}
    assert all(each["network"] and each["input"] and each["source"] for each in listed)
    table = cnncalc("specs").out
    assert all(each["name"] in table for each in listed)


def test_all_expectations_of_bundled_specs_are_met(cnncalc: Run) -> None:
    specs = sorted(map(str, Path(__file__).parent.parent.parent.joinpath("specs").glob("*.yaml")))
    done = cnncalc("compare", *specs, "--expected", "--format", "markdown")
    lines = [line.split(" | ") for line in done.out.splitlines()[2:]]
    assert (done.code, len(lines)) == (0, len(specs))
    assert [line for line in lines if line[2] != line[3] or line[4] != line[5].removesuffix(" |")] == []


def test_columns_help_lists_every_column(cnncalc: Run) -> None:
    done = cnncalc("show", "--columns", "help")
    assert (done.code, done.err) == (0, "")
    listed = [line.split()[0] for line in done.out.splitlines()[2:]]
    assert listed == [*COLUMNS]
    assert all(column.meaning for column in COLUMNS.values())


def test_the_rows_with_the_most_are_shown_first(cnncalc: Run) -> None:
    done = cnncalc("lenet5", "--sort", "params", "--top", "3", "--columns", "name,params,share_of_params")
    rows = [line.split() for line in done.out.splitlines()[5:8]]
    assert rows == [
        ["conv3", "48,120", "78.0", "%"],  # 48,120 / 61,706
        ["fc1", "10,164", "16.5", "%"],
        ["conv2", "2,416", "3.9", "%"],
    ]
    assert "rows        3 of 12, sorted by parameters\n" in done.out


def test_without_sort_the_top_rows_are_those_with_the_most_macs(cnncalc: Run) -> None:
    done = cnncalc("lenet5", "--top", "2", "--format", "json")
    assert [each["name"] for each in json.loads(done.out)["layers"]] == ["conv2", "conv1"]


@pytest.mark.parametrize(
    ("column", "first"),
    [("name", "conv1"), ("output", "conv1"), ("receptive_field", "fc1"), ("jump", "pool2")],
)
def test_every_column_sorts(column: str, first: str, cnncalc: Run) -> None:
    done = cnncalc("lenet5", "--sort", column, "--columns", "name", "--format", "csv")
    assert (done.code, done.out.splitlines()[1]) == (0, first)


def test_an_unknown_column_is_named_with_its_option(cnncalc: Run) -> None:
    done = cnncalc("lenet5", "--sort", "mac")
    assert (done.code, done.err) == (2, "cnncalc: --sort: there is no column 'mac'; did you mean 'macs'?\n")


def test_kernels_and_strides_are_columns(cnncalc: Run) -> None:
    names = "name,kernel,stride,padding,dilation,groups,options"
    rows = [
        line.split(",")
        for line in cnncalc("resnet50", "--columns", names, "--format", "csv").out.splitlines()
    ]
    by_name = {row[0]: row for row in rows}
    assert by_name["conv1"][1:6] == ["7x7", "2", "3", "1", "1"]
    assert by_name["pool1"][1:6] == ["3x3", "2", "1", "1", ""]
    assert by_name["fc"][1:] == ["", "", "", "", "", "1000"]


def test_missing_values_are_empty_in_csv(cnncalc: Run) -> None:
    """So that every column of numbers is one for pandas and spreadsheets."""
    rows = list(csv.DictReader(io.StringIO(cnncalc("lenet5", "--format", "csv").out)))
    by_name = {row["name"]: row for row in rows}
    assert by_name["fc1"]["stride"] == by_name["fc1"]["kernel"] == by_name["conv1.act"]["groups"] == ""
    for column in ("stride", "groups", "padding", "params", "jump"):
        assert [float(row[column] or "nan") for row in rows]
    assert not any("–" in cell for row in rows for cell in row.values())


def test_shares_are_fractions_in_csv(cnncalc: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(cnncalc("vgg16", "--format", "csv").out)))
    for share in ("share_of_macs", "share_of_params"):
        assert sum(float(row[share]) for row in rows) == pytest.approx(1, abs=1e-4)


def test_the_json_has_resolved_options_and_the_field_of_the_network(cnncalc: Run) -> None:
    data = json.loads(cnncalc("resnet50", "--format", "json").out)
    conv1 = data["layers"][0]["options"]
    assert (conv1["kernel"], conv1["stride"], conv1["padding"]) == ([7, 7], [2, 2], [[3, 3], [3, 3]])
    assert data["receptive_field"]["size"] == [427, 427]
    assert data["receptive_field"]["layer"] == "stage4.2.relu1"


TREES = {"tree_resnet50_80.txt": ("resnet50", 80), "tree_googlenet_100.txt": ("googlenet_torchvision", 100)}


@pytest.mark.parametrize("name", TREES)
def test_a_terminal_shows_a_tree(name: str, tmp_path: Path, golden: GoldenCheck) -> None:
    spec, width = TREES[name]
    golden(GOLDEN / name, in_window(tmp_path, width, spec).replace("\r\n", "\n"))


def test_a_pipe_shows_a_tree_on_request_and_a_terminal_rows(cnncalc: Run, tmp_path: Path) -> None:
    assert "├ residual" not in cnncalc("resnet18").out
    assert "├ residual" in cnncalc("resnet18", "--tree").out.replace("│ ", "")
    assert "residual.conv1.norm" in in_window(tmp_path, 120, "resnet18", "--flat")
    assert "├" not in in_window(tmp_path, 120, "resnet18", "--top", "3")


@pytest.mark.parametrize(
    ("options", "other"),
    [
        (("--sort", "macs"), "--sort and --top"),
        (("--format", "csv"), "--format csv"),
        (("--json",), "--format json"),
    ],
)
def test_a_tree_excludes_other_orders_and_formats(options: tuple[str, ...], other: str, cnncalc: Run) -> None:
    done = cnncalc("lenet5", "--tree", *options)
    assert (done.code, done.err) == (2, f"cnncalc: --tree excludes {other}\n")
