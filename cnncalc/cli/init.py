"""`cnncalc init`: a commented spec to begin with."""

from pathlib import Path

from cnncalc.cli.reading import OK, USAGE
from cnncalc.cli.terminal import complain, print_results
from cnncalc.render.starting import next_steps
from cnncalc.spec.starter import Template, starter


def run(file: str, template: Template, force: bool, color: str) -> int:
    """Writes the spec, or prints it for `-`; gives the exit code.

    Raises:
        OSError: the file cannot be written.
    """
    text = starter(template).text
    if file == "-":
        print_results([text], color, None)
        return OK
    path = Path(file)
    if path.is_dir():
        complain(f"{file} is a folder; name the file, as in {path / 'network.yaml'}")
        return USAGE
    try:
        with path.open("w" if force else "x", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError:
        complain(f"{file} is there already; --force writes over it")
        return USAGE
    print_results([next_steps(file, template)], color, None)
    return OK
