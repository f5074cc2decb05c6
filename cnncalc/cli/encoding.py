"""Replacements for characters that an encoding lacks: `x` for ×, `floor(…)` for ⌊…⌋, `-` for −."""

import codecs
import io
import json
import sys

SPELLED = str.maketrans(
    {
        "×": "x",
        "−": "-",
        "–": "-",
        "—": "-",
        "·": "*",
        "…": "...",
        "⌊": "floor(",
        "⌋": ")",
        "⌈": "ceil(",
        "⌉": ")",
        "→": "->",
        "≤": "<=",
        "≥": ">=",
        "≠": "!=",
        "≈": "~",
        "±": "+-",
        "∞": "inf",
        "√": "sqrt",
        "∑": "sum",
        "Σ": "sum",
        "∈": "in",
        "π": "pi",
        "′": "'",
        "’": "'",
        "‘": "'",
        "“": '"',
        "”": '"',
        "⁻": "^-",
        **{raised: f"^{digit}" for digit, raised in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
        "½": "1/2",
        "∂": "d",
        "ᵀ": "^T",
        "∗": "*",
        "⋅": "*",
        "✕": "x",
        "✖": "x",
        "❌": "x",
        "✅": "ok",
        "⚠": "!",
        "ℹ": "i",
        "\ufe0f": "",
        "▸": ">",
        "✗": "x",
        "▲": "^",
        "▼": "v",
        "´": "'",
        "µ": "u",
        "ö": "oe",
        "ä": "ae",
        "ü": "ue",
        "é": "e",
        "─": "-",
        "━": "-",
        "═": "=",
        "│": "|",
        "║": "|",
        **dict.fromkeys("╭╮╰╯┌┐└┘├┤┬┴┼╶╴╷╵╞╡╪", "+"),
        **dict.fromkeys("█▓▒░", "#"),
        "\ufffd": "?",
    }
)
NAME = "cnncalc.spelled"
ESCAPED = "cnncalc.escaped"
"""The name of the error handler for JSON."""


def _spelled(error: UnicodeError) -> tuple[str, int]:
    """An error handler for codecs that replaces characters with ASCII text."""
    assert isinstance(error, UnicodeEncodeError)
    lacking = error.object[error.start : error.end]
    text = lacking.translate(SPELLED)
    return text.encode("ascii", "replace").decode("ascii"), error.end


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """An error handler for JSON, where a replacement would change the data: `\\u00d7` for ×."""
    assert isinstance(error, UnicodeEncodeError)
    lacking = error.object[error.start : error.end]
    return json.dumps(lacking)[1:-1], error.end


def escape_json() -> None:
    """Makes standard output write characters that its encoding lacks as JSON does."""
    codecs.register_error(ESCAPED, _escaped)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors=ESCAPED)


def open_streams() -> None:
    """Makes standard output and standard error accept any text."""
    codecs.register_error(NAME, _spelled)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=NAME)
