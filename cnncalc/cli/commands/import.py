"""Write the spec of a PyTorch model.

MODEL is package.module:name: a torch.nn.Module, or a class or function that returns one. Its code is
imported and run, with the current folder importable, as with `python -m`. The spec is printed only if its
layers, sizes, parameters and multiply-adds are those of the model, measured in a run on random numbers.
"""

from typing import Annotated

import typer

from cnncalc.cli.options import InputOption
from cnncalc.cli.output import Formats, Out
from cnncalc.cli.reading import OK, UsageError, shapes_of
from cnncalc.cli.terminal import complain, report_failure
from cnncalc.problems import SpecError


def import_model(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="package.module:name, or package.module with --call.")
    ],
    call: Annotated[
        str,
        typer.Option(
            metavar="EXPRESSION",
            help='Creates the model, as in --call "resnet50(num_classes=10)".',
            show_default=False,
        ),
    ] = "",
    input: InputOption = None,
    flat: Annotated[
        bool, typer.Option("--flat", help="One line per layer, under the name of its module.")
    ] = False,
    custom: Annotated[
        bool,
        typer.Option(
            "--custom", help="Write what has no kind of layer as `custom` layers, with measured numbers."
        ),
    ] = False,
    *,
    to: Annotated[Out, Formats("yaml")],
) -> int:
    # imported here to keep the help fast
    from cnncalc.interchange.models import model_text

    try:
        spec, notes = model_text(model, call=call, input=shapes_of(input), flat=flat, custom=custom)
    except (SpecError, UsageError) as error:
        return report_failure(error, to.color)
    for note in notes:
        complain(note)
    to.print(spec.text)
    return OK


globals()["import"] = import_model  # the name of the command is a keyword of Python
