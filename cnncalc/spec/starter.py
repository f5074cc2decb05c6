"""Starter specs: small networks with comments that teach the format."""

from pathlib import Path
from typing import get_args

from cnncalc.choices import Template
from cnncalc.problems import Source
from cnncalc.spec.files import read_file

TEMPLATES: tuple[Template, ...] = get_args(Template)


def starter(template: Template) -> Source:
    """The text of a starter spec."""
    return read_file(Path(__file__).parent / "starters" / f"{template}.yaml")
