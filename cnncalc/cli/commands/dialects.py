"""Compare how PyTorch, Keras, Caffe and ONNX read a spec.

The table shows the layers whose output size, padding or count differs, each on the input that it has in the
spec, and the totals of the whole network in each dialect.
"""

from typing import Annotated

from cnncalc.cli.options import InputOption, SetOption, SpecArgument
from cnncalc.cli.output import Formats, Out
from cnncalc.cli.reading import OK, UsageError, read_spec, settings_of
from cnncalc.cli.terminal import report_failure
from cnncalc.problems import SpecError


def dialects(
    spec: SpecArgument,
    set: SetOption = None,
    input: InputOption = None,
    *,
    to: Annotated[Out, Formats("text", "json", "csv", "markdown")],
) -> int:
    # imported here to keep the help fast
    from cnncalc.checks.dialects import dialects as in_dialects
    from cnncalc.render.data import to_json
    from cnncalc.render.dialects import dialects_csv, dialects_data, dialects_markdown, dialects_table

    try:
        found = in_dialects(read_spec(spec, settings_of(set), input))
    except (SpecError, UsageError) as error:
        return report_failure(error, to.color)
    match to.format:
        case "json":
            to.print(to_json(dialects_data(found)))
        case "csv":
            to.print(dialects_csv(found))
        case "markdown":
            to.print(dialects_markdown(found))
        case _:
            to.print(dialects_table(found, to.width))
    return OK
