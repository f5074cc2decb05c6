"""`cnncalc dialects`: how each library reads a spec, in every format."""

import csv
import io
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.conftest import GoldenCheck

GOLDEN = Path(__file__).parent / "golden"

DECODER = """\
cnncalc: 1
name: Decoder
layout: hwc
input: [8, 8, 4]
vars: {width: 8}
layers:
  - {Conv2DTranspose: width, kernel_size: 3, strides: 2, padding: same, output_padding: 0, norm: batch}
  - {Conv2DTranspose: 8, kernel_size: 2, strides: 3, padding: valid, use_bias: false, name: up}
  - {maxpool: 3, stride: 2, padding: 1}
  - {conv: 2, kernel: 3, stride: 2, padding: same, use_bias: false}
  - {avgpool: 2, stride: 2}
"""


@pytest.fixture(autouse=True)
def decoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("decoder.yaml").write_text(DECODER, encoding="utf-8")


@pytest.mark.parametrize("format", ["text", "json", "csv", "markdown"])
def test_what_is_printed(format: str, cnncalc: Run, golden: GoldenCheck) -> None:
    done = cnncalc("dialects", "decoder.yaml", "--format", format)
    assert (done.code, done.err) == (0, "")
    golden(GOLDEN / f"dialects.{ {'text': 'txt', 'markdown': 'md'}.get(format, format) }", done.out)


def test_a_variable_and_an_input_reach_every_dialect(cnncalc: Run) -> None:
    call = ("dialects", "decoder.yaml", "--set", "width=3", "--input", "4x4x4", "--json")
    data = json.loads(cnncalc(*call).out)
    assert data["layers"][0]["dialects"]["keras"]["output"] == [7, 7, 3]
    params = 3 * 4 * 9 + 3 + 6 + 3 * 8 * 4 + 8 * 2 * 9
    macs = 4 * 4 * 4 * 3 * 9 + 7 * 7 * 3 * 8 * 4 + 6 * 6 * 8 * 2 * 9
    assert data["networks"]["keras"] == {"outputs": {"avgpool1": [3, 3, 2]}, "params": params, "macs": macs}


def test_csv_has_plain_numbers(cnncalc: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(cnncalc("dialects", "decoder.yaml", "--format", "csv").out)))
    (up,) = [row for row in rows if (row["layer"], row["quantity"]) == ("up", "output")]
    assert (up["cnncalc"], up["keras"], up["pytorch"]) == ("47x47x8", "48x48x8", "47x47x8")


def test_a_spec_in_a_dialect_is_compared_with_the_others(cnncalc: Run) -> None:
    Path("keras.yaml").write_text(f"{DECODER}dialect: keras\n", encoding="utf-8")
    data = json.loads(cnncalc("dialects", "keras.yaml", "--json").out)
    assert data["dialect"] == "keras"
    first = data["layers"][0]["dialects"]
    assert (first["keras"]["output"], first["cnncalc"]["output"]) == ([15, 15, 8], [16, 16, 8])
    assert first["caffe"] == {"error": "in Caffe, there is no padding 'same': padding is a number"}


def test_a_network_that_reads_the_same(cnncalc: Run) -> None:
    Path("same.yaml").write_text("cnncalc: 1\ninput: [3, 8, 8]\nlayers: [relu]\n", encoding="utf-8")
    done = cnncalc("dialects", "same.yaml")
    assert (done.code, done.err) == (0, "")
    assert "no layer differs in size, padding or count" in done.out


def test_a_wrong_spec_is_refused(cnncalc: Run) -> None:
    Path("wrong.yaml").write_text(f"{DECODER}dialect: caffe\n", encoding="utf-8")
    done = cnncalc("dialects", "wrong.yaml")
    assert (done.code, done.out) == (1, "")
    assert "error[dialect-padding]: in Caffe, there is no padding 'same'" in done.err
