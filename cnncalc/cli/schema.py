"""`cnncalc schema`: JSON Schema of what cnncalc reads and prints."""

from pathlib import Path

from cnncalc.cli.terminal import print_results
from cnncalc.render.data import to_json
from cnncalc.render.schema import SchemaName, schema


def run(name: SchemaName, output: Path | None) -> int:
    """Prints the schema, or writes it to a file; gives the exit code."""
    print_results([to_json(schema(name))], "never", output)
    return 0
