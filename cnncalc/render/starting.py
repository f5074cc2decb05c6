"""What to try after a first spec is written."""

import shlex

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cnncalc.choices import Template
from cnncalc.render.pages import INDENT
from cnncalc.spec.starter import TEMPLATES

LAYERS: dict[Template, str] = {
    "classifier": "stem",
    "residual": "stage3",
    "signal": "context",
    "segmentation": "bottom",
}
"""A layer of each template that is worth a look."""


def next_steps(file: str, template: Template) -> RenderableType:
    """The commands to go on with."""
    name = shlex.quote(file)
    steps = {
        f"cnncalc {name}": "its table: shapes, parameters, operations, receptive fields",
        f"cnncalc {name} --set width=8": "with a variable replaced",
        f"cnncalc explain {name} {LAYERS[template]}": "how its numbers come about",
        f"cnncalc field {name} {LAYERS[template]}": "how far it sees",
        f"cnncalc diff {name} --set width=8": "what that changes",
        f"cnncalc check {name}": "whether its claims hold and its limits are kept",
        "cnncalc guide spec": "how to write a spec",
        "cnncalc kinds": "the layers that there are, and their options",
    }
    body = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for command, meaning in steps.items():
        body.add_row(Text(command, "cyan"), meaning)
    others = ", ".join(other for other in TEMPLATES if other != template)
    return Group(
        Text(f"{file} is written. Try"),
        Padding(body, INDENT, expand=False),
        Text(f"other templates: {others}", "dim"),
    )
