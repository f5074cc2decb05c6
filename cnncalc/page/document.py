"""Puts the page together: the template with its style sheet, its scripts and the data.

The Content-Security-Policy names the style sheet and the script by their hashes. Nothing else runs, and
nothing is loaded: only the live page may call the server that it comes from.
"""

import re
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path

import msgspec

from cnncalc.drawing.palette import DARK, FAMILIES, LIGHT
from cnncalc.drawing.svg import dark_rules, escaped, rules

ASSETS = Path(__file__).with_name("assets")
SCRIPTS = (
    "elements",
    "numbers",
    "table",
    "unfolding",
    "figure",
    "layer",
    "charts",
    "network",
    "comparison",
    "main",
)
"""The scripts in `assets/`, in the order in which they are joined."""

UNSAFE = {"<": r"\u003c", ">": r"\u003e", "&": r"\u0026", "\u2028": r"\u2028", "\u2029": r"\u2029"}
"""How JSON writes what could end a script element, or a line of one."""


def document(title: str, data: object, is_live: bool = False) -> str:
    """The page as HTML.

    Args:
        title: the title of the window.
        data: what the page shows.
        is_live: whether the page may ask its server for changes.
    """
    style, script = style_sheet(), joined_scripts()
    parts = {
        "policy": policy(style, script, is_live),
        "title": escaped(title),
        "style": style,
        "live": "true" if is_live else "false",
        "data": embedded(data),
        "script": script,
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], asset("page.html"))


def policy(style: str, script: str, is_live: bool) -> str:
    """The Content-Security-Policy of a page."""
    rules = {
        "default-src": "'none'",
        "style-src": f"'sha256-{_digest(style)}'",
        "script-src": f"'sha256-{_digest(script)}'",
        "img-src": "data:",
        "connect-src": "'self'" if is_live else "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _digest(text: str) -> str:
    return b64encode(sha256(text.encode()).digest()).decode()


@cache
def asset(name: str) -> str:
    """A file of the page."""
    return (ASSETS / name).read_text(encoding="utf-8")


@cache
def style_sheet() -> str:
    """The style sheet, with the colours of figures."""
    light = "".join(_of_family(family, LIGHT[f"bar-{family}"].fill) for family in FAMILIES)
    dark = "".join(_of_family(family, DARK[f"bar-{family}"].fill) for family in FAMILIES)
    sheet = asset("page.css").replace("/* figures and families */", rules() + light)
    return sheet.replace("/* dark figures and families */", dark_rules() + dark)


def _of_family(family: str, colour: str) -> str:
    """The colour of a family of layers, in charts and as a background."""
    return f".c-bar-{family}{{fill:{colour}}}.back-{family}{{background:{colour}}}"


@cache
def joined_scripts() -> str:
    """All scripts as one."""
    return '"use strict";\n' + "\n".join(asset(f"{name}.js") for name in SCRIPTS)


def embedded(data: object) -> str:
    """JSON that can stand in a script element, whatever text it holds."""
    text = encoded(data)
    return re.sub("|".join(UNSAFE), lambda found: UNSAFE[found[0]], text)


def encoded(data: object) -> str:
    """JSON; bytes of file names that are not valid text become question marks."""
    try:
        return msgspec.json.encode(data).decode()
    except UnicodeEncodeError:
        return msgspec.json.encode(_as_text(data)).decode()


def _as_text(data: object) -> object:
    if isinstance(data, str):
        return data.encode(errors="replace").decode()
    if isinstance(data, Mapping):
        return {_as_text(key): _as_text(value) for key, value in data.items()}
    return [_as_text(item) for item in data] if isinstance(data, list | tuple) else data
