"""Text in LaTeX: any characters, in a document that loads no package for them."""

import unicodedata

SIGNS = {
    "\\": r"\textbackslash{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "''",
    "×": r"$\times$",
    "−": "$-$",
    "·": r"$\cdot$",
    "⌊": r"$\lfloor$",
    "⌋": r"$\rfloor$",
    "⌈": r"$\lceil$",
    "⌉": r"$\rceil$",
    "√": r"$\surd$",
    "→": r"$\to$",
    "←": r"$\gets$",
    "↔": r"$\leftrightarrow$",
    "⇒": r"$\Rightarrow$",
    "∞": r"$\infty$",
    "±": r"$\pm$",
    "÷": r"$\div$",
    "∑": r"$\sum$",
    "∏": r"$\prod$",
    "∂": r"$\partial$",
    "∈": r"$\in$",
    "≠": r"$\ne$",
    "≈": r"$\approx$",
    "≥": r"$\ge$",
    "≤": r"$\le$",
    "°": r"$^\circ$",
    "²": "$^2$",
    "³": "$^3$",
    "¹": "$^1$",
    "½": r"$\frac12$",
    "¬": r"$\neg$",
    "µ": r"$\mu$",
    "ᵀ": r"$^{\mathsf T}$",
    "…": r"\dots{}",
    "–": "--",
    "—": "---",
    "‘": "`",
    "’": "'",
    "“": "``",
    "”": "''",
    "•": r"\textbullet{}",
    "§": r"\S{}",
    "¶": r"\P{}",
    "©": r"\copyright{}",
    "£": r"\pounds{}",
    "¡": "!`",
    "¿": "?`",
    "\u00a0": "~",
    "ß": r"\ss{}",
    "ø": r"\o{}",
    "Ø": r"\O{}",
    "æ": r"\ae{}",
    "Æ": r"\AE{}",
    "œ": r"\oe{}",
    "Œ": r"\OE{}",
    "ł": r"\l{}",
    "Ł": r"\L{}",
    "ı": r"\i{}",
}
"""Replacements of characters that are special in LaTeX, or missing in its standard fonts."""

ACCENTS = {
    "\u0300": r"\`",
    "\u0301": r"\'",
    "\u0302": r"\^",
    "\u0303": r"\~",
    "\u0304": r"\=",
    "\u0306": r"\u",
    "\u0307": r"\.",
    "\u0308": r"\"",
    "\u030a": r"\r",
    "\u030b": r"\H",
    "\u030c": r"\v",
    "\u0323": r"\d",
    "\u0327": r"\c",
    "\u0331": r"\b",
}
"""The command of a combining accent."""
DOTLESS = {"i": r"\i", "j": r"\j"}
SMALL_AS_LATIN = {"omicron": "o"}
CAPITALS = ("Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega")
"""Greek capital letters that look different from Latin ones."""


def escaped(text: str) -> str:
    r"""Text for LaTeX.

    Characters that pdfLaTeX's standard fonts lack are kept for XeLaTeX and LuaLaTeX, which have fonts for
    them; in pdfLaTeX, their numbers stand for them.

    >>> print(escaped("50 % of conv_1 ≤ 3×3, é"))
    50 \% of conv\_1 $\le$ 3$\times$3, \'{e}
    >>> print(escaped("层"))
    \ifdefined\XeTeXversion 层\else\ifdefined\directlua 层\else (U+5C42)\fi\fi{}
    """
    return "".join(map(_sign, unicodedata.normalize("NFC", text)))


def _sign(sign: str) -> str:
    if sign in SIGNS:
        return SIGNS[sign]
    if " " <= sign <= "~":
        return sign
    return _accented(sign) or _greek(sign) or _other(sign)


def _accented(sign: str) -> str:
    parts = unicodedata.normalize("NFD", sign)
    base, mark = parts[0], parts[1:]
    if mark not in ACCENTS or not base.isascii():
        return ""
    return f"{ACCENTS[mark]}{{{DOTLESS.get(base, base)}}}"


def _greek(sign: str) -> str:
    size, _, name = unicodedata.name(sign, "").removeprefix("GREEK ").partition(" LETTER ")
    if not name or not unicodedata.name(sign).startswith("GREEK ") or not name.isalpha():
        return ""
    word = name.lower().replace("lamda", "lambda")
    if size == "SMALL":
        return SMALL_AS_LATIN.get(word) or f"$\\{word}$"
    return f"$\\{word.capitalize()}$" if word.capitalize() in CAPITALS else ""


def _other(sign: str) -> str:
    shown = sign if sign.isprintable() else ""
    number = f"(U+{ord(sign):04X})"
    return rf"\ifdefined\XeTeXversion {shown}\else\ifdefined\directlua {shown}\else {number}\fi\fi{{}}"
