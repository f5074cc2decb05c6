"""Show a live report page in the browser.

The page is that of `cnncalc report`. It follows the files: when you save one, the page changes, and errors
are shown in it with their lines. The address is only for browsers on this computer. Ctrl-C ends it.
"""

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from cnncalc.cli.options import ColorOption, InputOption, MaxLayersOption, SetOption, SpecsArgument
from cnncalc.cli.reading import OK, UsageError, read_spec, settings_of
from cnncalc.cli.terminal import complain, report_failure
from cnncalc.problems import SpecError

if TYPE_CHECKING:
    from cnncalc.page.network import Analyzed
    from cnncalc.page.server import PageServer


def view(
    specs: SpecsArgument,
    port: Annotated[int, typer.Option(metavar="N", help="Port of the address. Default: any free one.")] = 0,
    no_open: Annotated[
        bool, typer.Option("--no-open", help="Print the address; do not open the browser.")
    ] = False,
    set: SetOption = None,
    input: InputOption = None,
    max_layers: MaxLayersOption = 100_000,
    color: ColorOption = "auto",
) -> int:
    # imported here to keep the help fast
    from cnncalc.cli.following import followed_files, versions
    from cnncalc.page import analyzed
    from cnncalc.page.live import live_data
    from cnncalc.page.server import PageServer

    try:
        settings = settings_of(set)
        files = followed_files(specs, "view")
        server = _server(port)
    except (SpecError, UsageError) as error:
        return report_failure(error, color)
    found: dict[str, Analyzed] = {}

    def publish(server: PageServer) -> None:
        errors = []
        for name in specs:
            try:
                found[name] = analyzed(read_spec(name, settings, input, max_layers))
            except SpecError as error:
                errors.append(error)
        server.publish(live_data([found[name] for name in specs if name in found], errors))

    try:
        for number, _ in enumerate(versions(files)):
            publish(server)
            if not number:
                _announce(server, no_open, len(files))
    except KeyboardInterrupt:
        complain("stopped")
    return OK


def _server(port: int) -> "PageServer":
    """A server on a port; raises UsageError."""
    from cnncalc.page.server import PageServer

    if not 0 <= port <= 65535:
        raise UsageError(f"--port {port}: expected 0 to 65535")
    try:
        return PageServer(port)
    except OSError as error:
        raise UsageError(f"--port {port} cannot be used: {error.strerror}") from None


def _announce(server: "PageServer", no_open: bool, files: int) -> None:
    """Starts the server, prints its address, and opens the browser."""
    server.start()
    print(server.url, flush=True)
    print(f"following {files} file{'' if files == 1 else 's'}; Ctrl-C ends", file=sys.stderr, flush=True)
    has_window = sys.platform in ("darwin", "win32") or "DISPLAY" in os.environ
    if not no_open and (has_window or "WAYLAND_DISPLAY" in os.environ):
        import webbrowser

        webbrowser.open(server.url)
