"""Commands that count a network, compare it with others, and say what layers there are."""

from pathlib import Path
from typing import Annotated

import typer

from cnncalc.cli.app import app
from cnncalc.cli.options import (
    Color,
    ColorOption,
    DataTypeName,
    Format,
    InputOption,
    LayoutName,
    ListFormat,
    ListFormatOption,
    OptimizerName,
    SetOption,
    SpecArgument,
    TextFormat,
    ToolName,
    complete_columns,
    complete_kind,
    complete_spec,
)


@app.command()
def show(
    specs: Annotated[
        list[str],
        typer.Argument(
            metavar="SPEC…",
            help="Spec files, names of bundled specs, or - for standard input.",
            autocompletion=complete_spec,
            show_default=False,
        ),
    ],
    format: Annotated[
        Format | None,
        typer.Option(help="How to print; without it what the ending of --output says, else a table."),
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file.")] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="Columns in this order, with commas between: name,output,flops …",
            autocompletion=complete_columns,
        ),
    ] = None,
    depth: Annotated[
        int | None, typer.Option(min=1, help="Fold blocks deeper than this into one row; sums are kept.")
    ] = None,
    set: SetOption = None,
    input: InputOption = None,
    batch: Annotated[int, typer.Option(min=1, help="Samples in a batch; operations are those of all.")] = 1,
    layout: Annotated[
        LayoutName | None, typer.Option(help="Write shapes channels first (chw) or last (hwc).")
    ] = None,
    dtype: Annotated[DataTypeName, typer.Option(help="What a number is stored as.")] = DataTypeName.float32,
    optimizer: Annotated[
        OptimizerName, typer.Option(help="Whose state counts in the memory of training.")
    ] = OptimizerName.sgd,
    count_as: Annotated[
        ToolName | None,
        typer.Option("--count-as", help="Show beside the MACs what another tool counts for each layer."),
    ] = None,
    symbolic: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Leave a variable of the spec unknown: counts become polynomials."),
    ] = None,
    max_layers: Annotated[int, typer.Option(min=1, help="The most layers a spec may expand to.")] = 100_000,
    color: ColorOption = Color.auto,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Print notes, such as strides that do not fit.")
    ] = False,
) -> None:
    """The table of a network: each layer's output, parameters, MACs and receptive field, and the totals."""
    if symbolic:
        from cnncalc.cli.symbolic import run as run_symbolic

        if depth or input or output or layout or count_as or batch > 1 or format is Format.csv:
            raise typer.BadParameter(
                "--symbolic goes with --set, --columns, --color and --format but csv only"
            )
        printed = format.value if format else "table"
        raise typer.Exit(run_symbolic(specs, symbolic, columns, tuple(set or ()), printed, color.value))
    from cnncalc.cli.show import Request, run

    request = Request(
        specs=tuple(specs),
        format=format.value if format else None,
        output=output,
        columns=columns,
        depth=depth,
        settings=tuple(set or ()),
        input=input,
        batch=batch,
        layout=layout.value if layout else None,
        data_type=dtype.value,
        optimizer=optimizer.value,
        count_as=count_as.value if count_as else None,
        max_layers=max_layers,
        color=color.value,
        verbose=verbose,
    )
    raise typer.Exit(run(request))


@app.command()
def specs(
    format: ListFormatOption = ListFormat.table,
    color: ColorOption = Color.auto,
) -> None:
    """The specs that come with cnncalc, to show by name or to copy from."""
    from cnncalc.cli.bundled import run

    raise typer.Exit(run(format.value, color.value))


@app.command()
def field(
    spec: SpecArgument,
    layer: Annotated[str, typer.Argument(metavar="LAYER", help="A layer's name, or a block's.")],
    unit: Annotated[
        str | None,
        typer.Option(metavar="6,6", help="Which unit, counted from 0; the middle one when not given."),
    ] = None,
    set: SetOption = None,
    input: InputOption = None,
    format: ListFormatOption = ListFormat.table,
    color: ColorOption = Color.auto,
) -> None:
    """How far a layer sees, and which part of the real input one of its units reads."""
    from cnncalc.cli.field import run

    raise typer.Exit(run(spec, layer, unit, tuple(set or ()), input, format.value, color.value))


@app.command()
def reconcile(
    spec: SpecArgument,
    numbers: Annotated[
        list[str],
        typer.Argument(metavar="NUMBER…", help="What somebody states: macs=4.13G flops=8.2G params=25.6M."),
    ],
    most: Annotated[int, typer.Option(min=1, help="The most explanations of a number.")] = 5,
    format: ListFormatOption = ListFormat.table,
    color: ColorOption = Color.auto,
) -> None:
    """Where a number comes from: which tool, which way of counting, which network nearby gives it."""
    from cnncalc.cli.reconcile import run

    raise typer.Exit(run(spec, numbers, most, format.value, color.value))


@app.command()
def compare(
    specs: Annotated[
        list[str],
        typer.Argument(
            metavar="SPEC…", help="Spec files or bundled specs' names.", autocompletion=complete_spec
        ),
    ],
    sort: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="One of the columns: depth, params, macs, flops, memory, training …"
        ),
    ] = None,
    descending: Annotated[bool, typer.Option("--descending", help="Largest first.")] = False,
    claims: Annotated[
        bool, typer.Option("--claims", help="Hold what each spec claims against what is counted.")
    ] = False,
    format: Annotated[TextFormat, typer.Option(help="How to print.")] = TextFormat.table,
    color: ColorOption = Color.auto,
) -> None:
    """Networks side by side: depth, parameters, operations, memory, and how far the trunk sees."""
    from cnncalc.cli.compare import run

    raise typer.Exit(run(specs, sort, descending, claims, format.value, color.value))


@app.command()
def kinds(
    kind: Annotated[
        str | None,
        typer.Argument(
            metavar="KIND",
            help="A kind of layer, by any of its names: conv, Conv2d, Conv2DTranspose …",
            autocompletion=complete_kind,
            show_default=False,
        ),
    ] = None,
    format: Annotated[TextFormat, typer.Option(help="How to print.")] = TextFormat.table,
    color: ColorOption = Color.auto,
) -> None:
    """The kinds of layer; or one of them: its options, a line to copy, its formulas with numbers put in."""
    from cnncalc.cli.kinds import run

    raise typer.Exit(run(kind, format.value, color.value))
