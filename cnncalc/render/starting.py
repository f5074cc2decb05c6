"""Commands to try after `cnncalc init`."""

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
"""An interesting layer of each template."""


def next_steps(file: str, template: Template) -> RenderableType:
    """The next commands to try."""
    name = shlex.quote(file)
    steps = {
        f"cnncalc {name}": "shapes, parameters, operations, receptive fields",
        f"cnncalc {name} --set width=8": "the same with another value of a variable",
        f"cnncalc explain {name} {LAYERS[template]}": "how the numbers of a layer are computed",
        f"cnncalc field {name} {LAYERS[template]}": "the receptive field of a layer",
        f"cnncalc diff {name} --set width=8": "what another value changes",
        f"cnncalc check {name}": "expected values, budgets and lint rules",
        "cnncalc guide spec": "how to write a spec",
        "cnncalc kinds": "all kinds of layers and their options",
    }
    body = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for command, meaning in steps.items():
        body.add_row(Text(command, "cyan"), meaning)
    others = ", ".join(other for other in TEMPLATES if other != template)
    return Group(
        Text(f"Wrote {file}. Next steps:"),
        Padding(body, INDENT, expand=False),
        Text(f"Other templates: {others}", "dim"),
    )
