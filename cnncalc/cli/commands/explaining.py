"""Commands that show the working, count layers typed on one line, and solve for what is unknown."""

from enum import StrEnum
from typing import Annotated

import typer

from cnncalc.cli.app import app
from cnncalc.cli.options import (
    Color,
    ColorOption,
    DataTypeName,
    InputOption,
    LayoutName,
    ListFormat,
    ListFormatOption,
    SetOption,
    SpecArgument,
    complete_columns,
)


class Notation(StrEnum):
    cnncalc = "cnncalc"
    pytorch = "pytorch"
    cs231n = "cs231n"
    ng = "ng"
    dumoulin = "dumoulin"
    uio = "uio"


class ExplainFormat(StrEnum):
    text = "text"
    markdown = "markdown"
    latex = "latex"
    json = "json"


class CalcFormat(StrEnum):
    table = "table"
    json = "json"
    csv = "csv"
    markdown = "markdown"
    latex = "latex"


NotationOption = Annotated[Notation, typer.Option(help="Whose letters, and whose way to write the sizes.")]
OfOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAMES", help="Explain only these, with commas between: output,params,macs,padded …"
    ),
]
TypedLayers = Annotated[
    list[str] | None,
    typer.Argument(metavar="LAYER…", help='As inside a spec: "conv: 96, kernel: 11, stride: 4", relu …'),
]
LayoutOption = Annotated[
    LayoutName | None, typer.Option(help="Channels first (chw) or last (hwc), where the sizes mislead.")
]
DataTypeOption = Annotated[DataTypeName, typer.Option(help="What a number is stored as.")]
BatchOption = Annotated[
    int, typer.Option(min=1, help="Samples in a batch; operations and memory are those of all.")
]


@app.command()
def explain(
    spec: SpecArgument,
    layers: Annotated[
        list[str] | None,
        typer.Argument(metavar="[LAYER…]", help="Layers or blocks; without one the whole network, in short."),
    ] = None,
    notation: NotationOption = Notation.cnncalc,
    of: OfOption = None,
    set: SetOption = None,
    input: InputOption = None,
    batch: BatchOption = 1,
    dtype: DataTypeOption = DataTypeName.float32,
    format: Annotated[ExplainFormat, typer.Option(help="How to print.")] = ExplainFormat.text,
    color: ColorOption = Color.auto,
) -> None:
    """The working behind each number: the formula, the numbers put in, what comes out, and the source."""
    from cnncalc.cli.explain import Request, run

    request = Request(
        spec=spec,
        layers=tuple(layers or ()),
        notation=notation.value,
        of=of,
        settings=tuple(set or ()),
        input=input,
        batch=batch,
        data_type=dtype.value,
        format=format.value,
        color=color.value,
    )
    raise typer.Exit(run(request))


@app.command()
def calc(
    input: Annotated[
        str,
        typer.Argument(
            metavar="INPUT",
            help="The input's shape: 227x227x3, (None, 28, 28, 1), 28x28 …; with --values the first layer.",
        ),
    ],
    layers: TypedLayers = None,
    values: Annotated[
        str | None,
        typer.Option(metavar='"1 2; 3 4"', help="Work the layers through on these numbers, row by row."),
    ] = None,
    kernel: Annotated[
        list[str] | None,
        typer.Option(
            metavar='"1 0; 0 -1"', help="With --values: the weights of a layer; one for each, in turn."
        ),
    ] = None,
    bias: Annotated[
        list[str] | None, typer.Option(metavar="NUMBERS", help="With --values: biases, 0 when not given.")
    ] = None,
    flip: Annotated[
        bool,
        typer.Option("--flip", help="With --values: show true convolution, too, the kernel turned around."),
    ] = False,
    unit: Annotated[
        str | None, typer.Option(metavar="0,1", help="With --values --explain: the sum of this output only.")
    ] = None,
    layout: LayoutOption = None,
    batch: BatchOption = 1,
    dtype: DataTypeOption = DataTypeName.float32,
    columns: Annotated[
        str | None,
        typer.Option(metavar="NAMES", help="Columns in this order.", autocompletion=complete_columns),
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Show the working behind each number.")] = False,
    of: OfOption = None,
    notation: NotationOption = Notation.cnncalc,
    format: Annotated[CalcFormat, typer.Option(help="How to print.")] = CalcFormat.table,
    json: Annotated[bool, typer.Option("--json", help="Short for --format json.")] = False,
    color: ColorOption = Color.auto,
) -> None:
    """Count layers typed on one line, or work them through on numbers; --explain shows the working."""
    if values is not None:
        from cnncalc.cli.values import run as run_values

        shown = "json" if json or format is CalcFormat.json else "table"
        lines = [input, *(layers or ())]
        found = run_values(
            values, lines, kernel or (), bias or (), flip, explain or bool(unit), unit, shown, color.value
        )
        raise typer.Exit(found)
    if kernel or bias or flip or unit:
        raise typer.BadParameter("--kernel, --bias, --flip and --unit go with --values")
    from cnncalc.cli.calc import Request, run

    request = Request(
        input=input,
        layers=tuple(layers or ()),
        layout=layout.value if layout else None,
        batch=batch,
        data_type=dtype.value,
        columns=columns,
        is_explained=explain or of is not None,
        of=of,
        notation=notation.value,
        format=CalcFormat.json.value if json else format.value,
        color=color.value,
    )
    raise typer.Exit(run(request))


@app.command()
def solve(
    layers: Annotated[
        list[str],
        typer.Argument(metavar="LAYER…", help='With ? for what is unknown: "conv: ?, kernel: ?, stride: 2".'),
    ],
    input: Annotated[
        str | None, typer.Option(metavar="7x7x1", help="The input's shape; ?x?x3 is a square of any size.")
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(metavar="3x3x8", help="What has to come out; 3x3 with any channels; same; ?x?x8."),
    ] = None,
    params: Annotated[str | None, typer.Option(metavar="N", help="Parameters: 34944, 35K, 25.6M.")] = None,
    macs: Annotated[str | None, typer.Option(metavar="N", help="Multiply-accumulates: 1.14G.")] = None,
    flops: Annotated[str | None, typer.Option(metavar="N", help="FLOPs.")] = None,
    receptive_field: Annotated[
        str | None, typer.Option(metavar="N", help="How far the last layer has to see: 11, 11x13.")
    ] = None,
    layout: LayoutOption = None,
    most: Annotated[int, typer.Option(min=1, help="The most solutions to show.")] = 10,
    seconds: Annotated[float, typer.Option(min=0.1, help="When to stop trying.")] = 20,
    notation: NotationOption = Notation.cnncalc,
    format: ListFormatOption = ListFormat.table,
    color: ColorOption = Color.auto,
) -> None:
    """Every ? with which a wanted size or count comes out, the simplest first; or why there is none."""
    from cnncalc.cli.solve import Request, run

    request = Request(
        layers=tuple(layers),
        input=input,
        output=output,
        params=params,
        macs=macs,
        flops=flops,
        receptive_field=receptive_field,
        layout=layout.value if layout else None,
        most=most,
        seconds=seconds,
        notation=notation.value,
        format=format.value,
        color=color.value,
    )
    raise typer.Exit(run(request))
