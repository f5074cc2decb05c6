"""List the bundled specs."""

from typing import Annotated

import typer

from cnncalc.cli.output import Formats, Out
from cnncalc.cli.reading import INVALID, OK
from cnncalc.cli.terminal import complain


def specs(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[WORD]…", help="Only specs whose name or title has all these words."),
    ] = None,
    *,
    to: Annotated[Out, Formats("text", "json", "latex", "html")],
) -> int:
    # imported here to keep the help fast
    from msgspec import to_builtins

    from cnncalc.render.bundled import bundled_publication, bundled_table
    from cnncalc.render.data import to_json
    from cnncalc.render.publishing import published
    from cnncalc.spec.bundled import list_bundled

    wanted = [word.lower() for word in words or ()]
    found = [
        spec
        for spec in list_bundled()
        if all(word in f"{spec.name} {spec.network}".lower() for word in wanted)
    ]
    if not found:
        complain(f"no bundled spec matches '{' '.join(wanted)}'; `cnncalc specs` lists all")
        return INVALID
    if to.format == "json":
        to.print(to_json([to_builtins(spec) for spec in found]))
    elif to.format == "text":
        to.print(bundled_table(found))
    else:
        to.print(published(bundled_publication(found), to.format))
    return OK
