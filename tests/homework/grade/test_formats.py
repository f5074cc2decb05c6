"""Sheets as people write them: right ones get full marks, and one planted mistake is found and named."""

import zipfile
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import pytest

import cnncalc
from cnncalc.homework.answers import sheets_of_file
from cnncalc.homework.grade import RIGHT, Graded, Grader

LENET = Grader(cnncalc.load("lenet5"))
FORGOT_BIAS = ("conv2.params", "forgot-bias")


class Format(NamedTuple):
    """A sheet: its file, the answers in it, an answer with the wrong one to plant, and the mistake."""

    file: str
    text: str
    right: str
    wrong: str
    planted: tuple[str, str] = FORGOT_BIAS
    encoding: str = "utf-8"
    answers: int = 8


FORMATS = [
    Format(
        "plain.csv",
        "layer,output,params\nconv1,28x28x6,156\npool1,14x14x6,0\nconv2,10x10x16,2416\n"
        "fc1,84,10164\ntotal,,61706\n",
        "2416",
        "2400",
        answers=9,
    ),
    Format(
        "german_thousands.csv",
        "Schicht;Ausgabegröße;Anzahl Parameter\nconv1;28x28x6;156\nconv2;10x10x16;2.416\n"
        "conv3;1x1x120;48.120\n"
        "fc1;84;10.164\ngesamt;;61.706,00\n",
        "2.416",
        "2.400",
        answers=9,
    ),
    Format(
        "german_latin.csv",
        "Ebene;Ausgabeform;Parameterzahl\nFaltung 1;28 × 28 × 6;156\nPooling 1;14 × 14 × 6;0\n"
        "Faltung 2;10 × 10 × 16;2416\n"
        "Dense 1;84;10164\nSumme;;0,0617 Mio\n",
        "2416",
        "2400",
        encoding="cp1252",
        answers=9,
    ),
    Format(
        "french.csv",
        "Couche;Taille de sortie;Nombre de paramètres\nconv1;28x28x6;156\nconv2;10x10x16;2 416\n"
        "fc1;84;10 164\n"
        "total;;61 706\npool1;14x14x6;0\n",
        "2 416",
        "2 400",
        encoding="cp1252",
        answers=9,
    ),
    Format(
        "spanish.csv",
        "Capa;Tamaño de la salida;Número de parámetros\nconv1;28x28x6;156\nconv2;10x10x16;2416\n"
        "fc1;84;10164\n"
        "pool1;14x14x6;0\ntotal;;0,062M\n",
        "2416",
        "2400",
        encoding="utf-16",
        answers=9,
    ),
    Format(
        "keras_header.csv",
        'Layer (type),Output Shape,Param #\nconv2d (Conv2D),"(None, 28, 28, 6)",156\n'
        'conv2d_1 (Conv2D),"(None, 10, 10, 16)",2416\ndense (Dense),"(None, 84)",10164\n'
        'dense_1 (Dense),"(None, 10)",850\n',
        "2416",
        "2400",
    ),
    Format(
        "keras_summary.txt",
        'Model: "sequential"\n_________________________________________________________________\n'
        " Layer (type)                Output Shape              Param #\n"
        "=================================================================\n"
        " conv2d (Conv2D)             (None, 28, 28, 6)         156\n\n"
        " average_pooling2d (Average  (None, 14, 14, 6)         0\n\n"
        " conv2d_1 (Conv2D)           (None, 10, 10, 16)        2416\n\n"
        " average_pooling2d_1 (Avera  (None, 5, 5, 16)          0\n\n"
        "=================================================================\n"
        "Total params: 61,706 (241.04 KB)\nTrainable params: 61,706 (241.04 KB)\n",
        "2416",
        "2400",
        answers=10,
    ),
    Format(
        "keras3_summary.txt",
        'Model: "sequential"\n┏━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━┓\n'
        "┃ Layer (type)           ┃ Output Shape         ┃     Param # ┃\n"
        "┡━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━┩\n"
        "│ conv2d (Conv2D)        │ (None, 28, 28, 6)    │         156 │\n"
        "├────────────────────────┼──────────────────────┼─────────────┤\n"
        "│ conv2d_1 (Conv2D)      │ (None, 10, 10, 16)   │       2,416 │\n"
        "├────────────────────────┼──────────────────────┼─────────────┤\n"
        "│ dense (Dense)          │ (None, 84)           │      10,164 │\n"
        "│ dense_1 (Dense)        │ (None, 10)           │         850 │\n"
        "└────────────────────────┴──────────────────────┴─────────────┘\n",
        "2,416",
        "2,400",
    ),
    Format(
        "torchsummary.txt",
        "----------------------------------------------------------------\n"
        "        Layer (type)               Output Shape         Param #\n"
        "================================================================\n"
        "            Conv2d-1            [-1, 6, 28, 28]             156\n"
        "         AvgPool2d-2            [-1, 6, 14, 14]               0\n"
        "            Conv2d-3           [-1, 16, 10, 10]           2,416\n"
        "         AvgPool2d-4             [-1, 16, 5, 5]               0\n",
        "2,416",
        "2,400",
    ),
    Format(
        "merged_headers.csv",
        "Layer,Output,,,Parameters\n,H,W,C,\nconv1,28,28,6,156\npool1,14,14,6,0\nconv2,10,10,16,2416\n",
        "2416",
        "2400",
        answers=12,
    ),
    Format(
        "merged_counts.csv",
        "Layer;Output shape;Number of parameters;\n;;Weights;Biases\nconv1;28x28x6;150;6\n"
        "conv2;10x10x16;2400;16\n"
        "fc1;84;10080;84\n",
        "10080",
        "10164",
        ("fc1.weights", "bias-counted"),
        answers=9,
    ),
    Format(
        "separate_axes.csv",
        "Layer,H,W,C,No. of params\nconv1,28,28,6,156\npool1,14,14,6,0\nconv2,10,10,16,2416\n"
        "fc1,,,84,10164\n",
        "2416",
        "2400",
        answers=14,
    ),
    Format(
        "activation_shape.md",
        "# Homework 3\n\nName: Ann Lee\n\n| Layer | Activation shape | # Parameters |\n|---|:-:|--:|\n"
        "| CONV1 | (28,28,6) | 156 |\n| POOL1 | (14,14,6) | 0 |\n| CONV2 | (10,10,16) | 2416 |\n"
        "| FC1 | (84,1) | 10164 |\n",
        "2416",
        "2400",
    ),
    Format(
        "bold.md",
        "| **Layer** | **Output volume** | **Parameters (incl. bias)** |\n| :-- | --: | --: |\n"
        "| **conv1** | **28x28x6** | **156** |\n| conv2 | 10x10x16 | **2,416** |\n"
        "| fc1 | 84 | 10,164 |\n| pool1 | 14x14x6 | 0 |\n",
        "2,416",
        "2,400",
    ),
    Format(
        "bars.md",
        "layer | feature map | weights + biases\n--- | --- | ---\nconv1 | 6@28x28 | 156\n"
        "pool1 | 6@14x14 | 0\n"
        "conv2 | 16@10x10 | 2416\nfc1 | 84 | 10164\n",
        "2416",
        "2400",
    ),
    Format(
        "maps_of.csv",
        "Layer,Output (HxWxC),Params\nC1,6 maps of 28x28,156\nS2,6 maps of 14x14,0\n"
        "C3,16 maps of 10x10,2416\n"
        "C5,120 maps of 1x1,48120\n",
        "2416",
        "2400",
    ),
    Format(
        "channels_after.csv",
        "Layer;Output (H, W, C);Params\nC1;28x28, 6 channels;156\nS2;14x14, 6 channels;0\n"
        "C3;10x10, 16 channels;2416\n"
        "F6;84;10164\n",
        "2416",
        "2400",
    ),
    Format(
        "working.csv",
        "layer;output;params\nconv1;(32-5)/1+1 = 28 → 28x28x6;(5*5*1+1)*6 = 156\npool1;14x14x6;0\n"
        "conv2;10x10x16;2,400 + 16 = 2,416\nfc1;84;120*84 + 84 = 10,164\n",
        "2,400 + 16 = 2,416",
        "5*5*6*16 = 2,400",
    ),
    Format(
        "titles.csv",
        "Homework 3: LeNet,,\nName,Ann Lee,\nDate,3 May,\n,,\nLayer,Output size,Params\n"
        "conv1,28x28x6,156\n"
        "pool1,14x14x6,0\nconv2,10x10x16,2416\nfc1,84,10164\n",
        "2416",
        "2400",
    ),
    Format(
        "keras_names.csv",
        "layer,output,params\nInput,32x32x1,0\nConv2D,28x28x6,156\nAveragePooling2D,14x14x6,0\n"
        "Conv2D,10x10x16,2416\n"
        "AveragePooling2D,5x5x16,0\nConv2D,1x1x120,48120\nFlatten,120,0\nDense,84,10164\n"
        "Dense,10,850\n",
        "2416",
        "2400",
        answers=16,
    ),
    Format(
        "names_and_numbers.csv",
        "Type,No.,Output,Params\nConv,1,28x28x6,156\nPool,1,14x14x6,0\nConv,2,10x10x16,2416\n"
        "Dense,1,84,10164\n",
        "2416",
        "2400",
    ),
    Format(
        "words.csv",
        "Layer,Output,Params\nMax Pooling 1,14x14x6,0\nConvolution 1,28x28x6,156\n"
        "Convolution 2,10x10x16,2416\n"
        "Fully connected 1,84,10164\n",
        "2416",
        "2400",
    ),
    Format(
        "unquoted.csv",
        "layer,output,params\nconv1,28x28x6,156\npool1,14x14x6,0\nconv2,10x10x16,2,416\n"
        "fc1,84,10,164\ntotal,,61,706\n",
        "2,416",
        "2,400",
        answers=9,
    ),
    Format(
        "unquoted.yaml",
        "conv1: {output: 28x28x6, params: 156}\nconv2: {output: 10x10x16, params: 2,416}\n"
        "fc1: {output: 84, params: 10,164}\ntotal: {params: 61,706, macs: 416,520}\n",
        "2,416",
        "2,400",
    ),
    Format(
        "questions.csv",
        "question;answer\nParameters of conv1;156\nOutput shape of conv1;28x28x6\nconv2.params;2416\n"
        "conv2: output size;10x10x16\nfc1 # params;10164\nfc1 output;84\npool1 params;0\n"
        "total params;61.7K\n",
        "2416",
        "2400",
    ),
    Format(
        "list.txt",
        "conv1.output = 28x28x6\nconv1.params = 156\nconv2.output = 10x10x16\n"
        "conv2.params = 2416\nfc1.output = 84\n"
        "fc1.params = 10164\npool1.params = 0\ntotal.params = 61,700\n",
        "2416",
        "2400",
    ),
    Format(
        "transposed.csv",
        "Quantity,conv1,pool1,conv2,fc1\nOutput shape,28x28x6,14x14x6,10x10x16,84\n"
        "# params,156,0,2416,10164\n",
        "2416",
        "2400",
    ),
    Format(
        "triples.csv",
        "conv1,output,28x28x6\nconv1,params,156\nconv2,output,10x10x16\nconv2,params,2416\n"
        "fc1,output,84\nfc1,params,10164\n"
        "total,params,61706\npool1,params,0\n",
        "2416",
        "2400",
    ),
    Format(
        "thousands.csv",
        "layer;output;params (K)\nconv1;28x28x6;0.156\npool1;14x14x6;0\nconv2;10x10x16;2.416\n"
        "fc1;84;10.164\n",
        "2.416",
        "2.400",
    ),
    Format(
        "moodle.csv",
        "Surname,First name,ID number,conv1.output,conv1.params,conv2.output,conv2.params,fc1.output,"
        "fc1.params,pool1.params,total.params\nLee,Ann,123,28x28x6,156,10x10x16,2416,84,10164,0,61706\n",
        "2416",
        "2400",
    ),
    Format(
        "notebook.json",
        '{"layers": [{"layer": "conv1", "output": [28, 28, 6], "params": 156},'
        ' {"layer": "conv2", "output": "10x10x16", "params": "2 416"},'
        ' {"layer": "fc1", "output": [84], "params": 1.0164e4}],'
        ' "total": {"params": 61706, "macs": "0,417 M"}}',
        "2 416",
        "2 400",
    ),
]


def workbook(rows: list[list[str]]) -> bytes:
    """A workbook with one sheet: numbers as numbers, texts shared or inline."""
    strings: list[str] = []
    lines = []
    for number, row in enumerate(rows, start=1):
        cells = []
        for at, text in enumerate(row):
            place = f"{'ABCDEFG'[at]}{number}"
            if text.replace(".", "").isdecimal():
                cells.append(f'<c r="{place}"><v>{text}</v></c>')
            elif at % 2:
                cells.append(f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>')
            else:
                strings.append(f"<si><t>{text}</t></si>")
                cells.append(f'<c r="{place}" t="s"><v>{len(strings) - 1}</v></c>')
        lines.append(f'<row r="{number}">{"".join(cells)}</row>')
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", f"<sst {space}>{''.join(strings)}</sst>")
        sheet = f"<worksheet {space}><sheetData>{''.join(lines)}</sheetData></worksheet>"
        archive.writestr("xl/worksheets/sheet1.xml", f'<?xml version="1.0"?>{sheet}')
    return file.getvalue()


EXCEL = [
    ["Homework 3"],
    ["Layer", "Output shape", "Parameters"],
    ["conv1", "28x28x6", "156"],
    ["pool1", "14x14x6", "0"],
    ["conv2", "10x10x16", "2416"],
    ["fc1", "84", "10164"],
]


def graded(file: Path) -> Graded:
    found = sheets_of_file(file)
    assert len(found) == 1
    return LENET.sheet(found[0], usual=LENET.decimal_of(found))


def test_there_are_thirty_formats() -> None:
    assert len({each.file for each in FORMATS}) == len(FORMATS) >= 30


@pytest.mark.parametrize("format", FORMATS, ids=[each.file for each in FORMATS])
def test_a_right_sheet_gets_full_marks(format: Format, tmp_path: Path) -> None:
    file = tmp_path / format.file
    file.write_bytes(format.text.encode(format.encoding))
    found = graded(file)
    assert [each for each in found.results if each.verdict not in RIGHT] == []
    assert found.score == found.points == format.answers
    assert not [notice for notice in found.notices if notice.level != "note"]


@pytest.mark.parametrize("format", FORMATS, ids=[each.file for each in FORMATS])
def test_one_mistake_is_found_and_named(format: Format, tmp_path: Path) -> None:
    file = tmp_path / format.file
    assert format.text.count(format.right) == 1
    file.write_bytes(format.text.replace(format.right, format.wrong).encode(format.encoding))
    found = graded(file)
    (wrong,) = (each for each in found.results if each.verdict not in RIGHT)
    assert (wrong.question, " ".join(wrong.mistakes)) == format.planted
    assert found.score == format.answers - 1


def test_a_workbook_is_read(tmp_path: Path) -> None:
    file = tmp_path / "ann.xlsx"
    file.write_bytes(workbook(EXCEL))
    found = graded(file)
    assert (found.student, found.score, found.points) == ("ann", 8, 8)
    file.write_bytes(workbook([[cell.replace("2416", "2400") for cell in row] for row in EXCEL]))
    (wrong,) = (each for each in graded(file).results if each.verdict not in RIGHT)
    assert (wrong.question, *wrong.mistakes) == FORGOT_BIAS
