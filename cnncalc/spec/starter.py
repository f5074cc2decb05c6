"""Specs to begin with: small networks whose comments teach the format."""

from pathlib import Path
from typing import get_args

from cnncalc.choices import Template
from cnncalc.problems import Source
from cnncalc.spec.files import read_file

TEMPLATES: tuple[Template, ...] = get_args(Template)


def starter(template: Template) -> Source:
    """The text of one of them."""
    return read_file(Path(__file__).parent / "starters" / f"{template}.yaml")
