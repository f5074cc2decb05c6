"""Specs to begin with: small networks whose comments teach the format."""

from pathlib import Path
from typing import Literal, get_args

from cnncalc.problems import Source
from cnncalc.spec.files import read_file

Template = Literal["classifier", "residual", "signal", "segmentation"]
TEMPLATES: tuple[Template, ...] = get_args(Template)


def starter(template: Template) -> Source:
    """The text of one of them."""
    return read_file(Path(__file__).parent / "starters" / f"{template}.yaml")
