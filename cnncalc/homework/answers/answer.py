"""Parse one answer: a number with its precision and unit, or a shape."""

import re
import unicodedata
from fractions import Fraction
from functools import lru_cache

from msgspec import Struct

from cnncalc.shapes import Layout

MAX_LENGTH = 300
"""Longest answer, in characters; longer ones are rejected before parsing."""

SCALES = {
    **dict.fromkeys(("k", "thousand", "tsd", "tausend", "mille", "mil"), 3),
    **dict.fromkeys(("m", "mio", "million", "millions", "millionen", "millones"), 6),
    **dict.fromkeys(("g", "b", "bn", "billion", "billions", "mrd", "milliarde", "milliarden"), 9),
    **dict.fromkeys(("milliard", "milliards"), 9),
    **dict.fromkeys(("t", "trillion", "trillions"), 12),
    **dict.fromkeys(("lakh", "lakhs"), 5),
    **dict.fromkeys(("crore", "crores"), 7),
}
"""Powers of ten by the word or letter after a number; lakh and crore go with 12,28,800."""
BYTES = re.compile(r"(?P<scale>[kmgt]?)(?P<binary>i?)(?P<noun>b|bytes?)", re.IGNORECASE)
BITS = re.compile(r"(?P<scale>[kmgt]?)bits?", re.IGNORECASE)
NOUNS = re.compile(
    r"(learnable|trainable|in|total|float|fp)?"
    r"(params?|parameters?|weights?|bias(es)?|maccs?|macs?|mult-?adds?|multiply-?adds?|fma|flops?|ops"
    r"|operations?|multiplications?|additions?|adds|comparisons|divisions|neurons?|units?|connections?"
    r"|values?|elements?|activations?|numbers?|channels?|filters?|maps|pixels?|px|x)?",
    re.IGNORECASE,
)
"""Nouns that may follow a number; they are ignored."""

NUMBER = re.compile(
    r"(?P<sign>[-+]?)(?P<digits>[0-9](?:[0-9 ,._']*[0-9])?|\.[0-9]+)\.?"
    r"(?:\s*(?:e|[x*·]\s*10\s*(?:\^|\*\*)?\s*)(?P<exponent>\(?[-+]?[0-9]{1,2}\)?))?"
    r"\s*(?P<unit>[A-Za-z-]*)\s*(?P<noun>[A-Za-z-]*)",
    re.IGNORECASE,
)
GROUPED = (
    re.compile(r"[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]+)?"),
    re.compile(r"[1-9][0-9]?(,[0-9]{2})+,[0-9]{3}(\.[0-9]+)?"),
    re.compile(r"[1-9][0-9]{0,2}(?P<sign>[ '_])[0-9]{3}((?P=sign)[0-9]{3})*([.,][0-9]+)?"),
    re.compile(r"[1-9][0-9]{0,2}(\.[0-9]{3}){2,}(,[0-9]+)?"),
)
"""Digit groups: 1,228,800; Indian 12,28,800; 1 228 800; 1.228.800."""
BETWEEN = re.compile(r"\s*(?:[x*,;]|\bby\b)\s*|\s+", re.IGNORECASE)
UNKNOWN_SIZES = frozenset({"none", "null", "n", "b", "bs", "batch", "batch_size", "?", "-1", "-", "_", "~"})
TRAILING = re.compile(r"(?<=[0-9)\]])\s+(values?|elements?|pixels?|px|neurons?|activations?)$", re.IGNORECASE)
CHANNELS = (
    r"(?:feature[ -]?maps?|maps?|channels?|filters?|planes|deep|depth"
    r"|kanal(?:en?)?|karten|canaux|canales|cartes|mapas)"
)
MAPS_FIRST = re.compile(
    rf"([0-9]+)\s*(?:@|{CHANNELS}\s*(?:@|x|of|a|de|von|mit|with|each|,|:)?(?:\s+(?:size|shape))?)\s*(.*[0-9].*)",
    re.IGNORECASE,
)
"""6@28x28; 6 maps of 28x28."""
MAPS_LAST = re.compile(
    rf"(.*[0-9][)\]]?)\s*[,;x]?\s*(?:\b(?:with|and|by|mit|avec|con)\s+)?(?<![0-9])([0-9]+)\s*{CHANNELS}",
    re.IGNORECASE,
)
"""28x28, 6 channels; 28x28 with depth 6 is read by `NAMED_AXIS`."""
NAMED_AXIS = re.compile(
    r"[\s,;x(]*\b(h|height|w|width|c|d|channels|depth|hohe|breite|tiefe|kanale|hauteur|largeur|profondeur|canaux"
    r"|alto|ancho|profundidad|canales)\s*[:=]?\s*([0-9]+)[\s)]*",
    re.IGNORECASE,
)
"""H=28, W=28, C=6."""
AXES = {
    **dict.fromkeys(("h", "height", "hohe", "hauteur", "alto"), "h"),
    **dict.fromkeys(("w", "width", "breite", "largeur", "ancho"), "w"),
    **dict.fromkeys(("c", "d", "channels", "depth"), "c"),
    **dict.fromkeys(("tiefe", "kanale", "profondeur", "canaux", "profundidad", "canales"), "c"),
}
WRAPPERS = re.compile(r"(?:torch\.Size|tf\.TensorShape|TensorShape|Size|shape)\s*(?=[(\[])", re.IGNORECASE)
LOOSE_WORDS = re.compile(
    r"^(?:=(?!=)\s*(?=[0-9(\[])|~|≈|about|approximately|approx\.?|ca\.?)\s*", re.IGNORECASE
)
MARKUP = re.compile(r"\*\*(?=\S)([^*]+)(?<=\S)\*\*(?!\s*[0-9])|</?(?:b|strong|i|em|u|mark)>()", re.IGNORECASE)
"""Bold in Markdown, and emphasis in HTML."""
SIGNS = str.maketrans("×✕✖∗⋅−–’´", "xxx*·--''")
REMARK = re.compile(r"(.*[0-9A-Za-z)\]])\s*[(\[]([^()\[\]]*)[)\]]")
EQUALS = re.compile(r"=>|->|[=≈→]")
RAISED = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
EVERYTHING = frozenset({"all", "everything", "global", "whole", "entire", "the whole input", "whole input"})
NOTHING = frozenset({"none", "zero", "nil", "no"})
"""Words for 0, such as the parameters of a pooling layer."""
LAYOUTS: dict[str, Layout] = {
    **dict.fromkeys(("chw", "nchw", "channels_first"), "chw"),
    **dict.fromkeys(("hwc", "nhwc", "channels_last"), "hwc"),
}
"""Layouts by the words for them."""
LAYOUT_SUFFIX = re.compile(r"[\s,;]*[(\[]?\b(n?chw|n?hwc|channels[ _-](?:first|last))[)\]]?$", re.IGNORECASE)
NOT_NUMBERS = frozenset({"nan", "inf", "infinity", "-inf", "+inf", ".nan", ".inf", "-.inf", "∞"})


class AnswerError(Exception):
    """The answer cannot be read; the message says why and what to write instead."""


class Number(Struct, frozen=True):
    """A number with its precision (half a unit of the last digit) and unit.

    `power` is the power of 1000 in a byte unit (1 for KB); `binary` is whether it was a KiB.
    `significant` is the number of significant digits, without trailing zeros of a whole number.
    """

    value: Fraction
    tolerance: Fraction = Fraction(0)
    unit: str = ""
    power: int = 0
    binary: bool = False
    significant: int = 0


class Written(Struct, frozen=True):
    """An answer as written, with every reading of it.

    `sizes` are the sizes of a shape; an open size, such as the batch, is None. `layout` is set if the answer
    states it, as in 96@55×55 or 55×55×96 (hwc). `everything` means that the receptive field is the whole
    input.
    """

    text: str
    number: Number | None = None
    sizes: tuple[Fraction | None, ...] = ()
    layout: Layout | None = None
    everything: bool = False


@lru_cache(maxsize=65536)
def written(text: str) -> Written:
    """Parse an answer.

    Raises:
        AnswerError: it is neither a number nor a shape.

    >>> written("12,28,800").number.value, written("(None, 55, 55, 96)").sizes[1:]
    (Fraction(1228800, 1), (Fraction(55, 1), Fraction(55, 1), Fraction(96, 1)))
    >>> written("34.9K params").number.tolerance
    Fraction(50, 1)
    """
    if len(text) > MAX_LENGTH:
        raise AnswerError(f"the answer has {len(text):,} characters; write a number or a shape")
    plain = _plain(text)
    if plain.lower() in EVERYTHING:
        return Written(text, everything=True)
    if plain.lower() in NOTHING:
        return Written(text, Number(Fraction(0)))
    if plain.lower() in NOT_NUMBERS:
        raise AnswerError("expected a finite number; write it as 34,944 or 1.14G")
    found = _read(text, plain) or _result(text, plain) or _before_remark(text, plain)
    if found is None:
        raise AnswerError(_why_unreadable(plain))
    return found


def _read(text: str, plain: str) -> Written | None:
    """A number or a shape, without working; None if it is neither."""
    plain, layout = _without_layout(plain)
    number = number_of(plain)
    shape, own = _with_maps(plain)
    sizes = sizes_of(shape)
    return Written(text, number, sizes, own or layout) if number or sizes else None


def _before_remark(text: str, plain: str) -> Written | None:
    """What is in front of a remark in brackets, as in `61,706 (241 KB)`; a shape is no remark."""
    found = REMARK.fullmatch(plain)
    if found is None or len(sizes_of(found[2])) > 1 or MAPS_FIRST.fullmatch(found[2]):
        return None
    return _read(text, found[1]) or _result(text, found[1])


def _result(text: str, plain: str) -> Written | None:
    """The result of working such as `(5*5*1 + 1)*6 = 156`: the last part that can be read.

    The sizes are those of the last part with several, so that `28x28x6 = 4704` answers both questions.
    """
    read = [_read(text, part.strip()) for part in EQUALS.split(plain) if part.strip()]
    parts = [part for part in read if part is not None]
    if len(read) < 2 or not parts:
        return None
    numbers = [part.number for part in parts if part.number is not None]
    shape = next((part for part in reversed(parts) if part.number is None), parts[-1])
    return Written(text, numbers[-1] if numbers else None, shape.sizes, shape.layout)


def _with_maps(plain: str) -> tuple[str, Layout | None]:
    """A shape with its channels in words, as sizes with the layout: 6 maps of 28x28 is 6x28x28."""
    if first := MAPS_FIRST.fullmatch(plain):
        return f"{first[1]}x{_unwrapped(first[2])}", "chw"
    if last := MAPS_LAST.fullmatch(plain):
        return f"{_unwrapped(last[1])}x{last[2]}", "hwc"
    named = list(NAMED_AXIS.finditer(plain))
    axes = [AXES[each[1].lower()] for each in named]
    is_whole = bool(named) and sum(len(each[0]) for each in named) == len(plain)
    if is_whole and sorted(axes) in (["c", "h", "w"], ["h", "w"]):
        by_axis = dict(zip(axes, (each[2] for each in named), strict=True))
        return "x".join(by_axis[axis] for axis in "hwc" if axis in by_axis), "hwc"
    return plain, None


def _unwrapped(shape: str) -> str:
    """A shape without the brackets around it."""
    return WRAPPERS.sub("", shape).strip(" ()[]{},")


def _without_layout(plain: str) -> tuple[str, Layout | None]:
    """Split a shape from the layout after it."""
    found = LAYOUT_SUFFIX.search(plain)
    if found is None:
        return plain, None
    return plain[: found.start()], LAYOUTS[found[1].lower().replace(" ", "_").replace("-", "_")]


def _plain(text: str) -> str:
    """The text in plain characters, without quotes and words around the answer."""
    plain = RAISED.sub(lambda power: f"^{power[0]}", text.translate(SIGNS))
    plain = unicodedata.normalize("NFKC", plain).replace("−", "-")
    plain = unaccented(plain)
    plain = "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in plain)
    plain = MARKUP.sub(lambda marked: marked[1] or marked[2], plain)
    plain = " ".join(plain.strip().strip("`\"'$ ").replace(r"\times", "x").split())
    return LOOSE_WORDS.sub("", plain)


def unaccented(text: str) -> str:
    """The text without accents, so that words of other languages match in any spelling."""
    if text.isascii():
        return text
    split = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", "".join(sign for sign in split if not unicodedata.combining(sign)))


def _why_unreadable(plain: str) -> str:
    if plain.count("(") != plain.count(")") or plain.count("[") != plain.count("]"):
        return "a bracket is not closed; quote answers with commas inside { }"
    if plain.startswith(("=", "+", "@")) or re.search(r"[0-9)]\s*(\*\*|[-+/^%])\s*[0-9(]", plain):
        return "formulas are not evaluated; write the result"
    return "neither a number nor a shape; write it as 34,944, 1.14G or 55x55x96"


def number_of(plain: str) -> Number | None:
    """Parse a number; None if it is not one.

    >>> number_of("60 million").value, number_of("1.14e9").tolerance, number_of("150 KiB").value
    (Fraction(60000000, 1), Fraction(5000000, 1), Fraction(153600, 1))
    """
    ratio = re.fullmatch(r"([0-9]{1,9})/([0-9]{1,9})", plain)
    if ratio and int(ratio[2]):
        return Number(Fraction(int(ratio[1]), int(ratio[2])))
    found = NUMBER.fullmatch(plain)
    digits = _digits(found["digits"]) if found else None
    unit = _unit(found["unit"], found["noun"]) if found else None
    if found is None or digits is None or unit is None:
        return None
    exponent = int((found["exponent"] or "0").strip("()"))
    decimals = len(digits.partition(".")[2])
    scale = unit.value * Fraction(10) ** exponent
    sign = -1 if found["sign"] == "-" else 1
    is_rounded = decimals or scale > 1
    return Number(
        sign * Fraction(digits) * scale,
        scale / (2 * 10**decimals) if is_rounded else Fraction(0),
        unit.unit,
        unit.power,
        unit.binary,
        len(digits.replace(".", "").lstrip("0").rstrip("" if is_rounded else "0")),
    )


def _digits(text: str) -> str | None:
    """Digits and decimal point without separators; None if the groups are invalid."""
    if text.isdecimal() or re.fullmatch(r"[0-9]*\.[0-9]+", text):
        return text
    if any(form.fullmatch(text) for form in GROUPED):
        whole, point, decimals = text, "", ""
        if text.count(".") == 1 and not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{3}){2,}.*", text):
            whole, point, decimals = text.partition(".")
        elif "," in text and (text.count(".") > 1 or re.search("[ '_]", text)):
            whole, point, decimals = text.partition(",")
        return re.sub(r"[^0-9]", "", whole) + ("." if point else "") + decimals
    if re.fullmatch(r"[0-9]+,[0-9]+", text):  # a decimal comma
        return text.replace(",", ".")
    return None


def _unit(unit: str, noun: str) -> Number | None:
    """The unit after a number, as the value of 1; None if it is not a unit."""
    if noun and not NOUNS.fullmatch(noun) and not BYTES.fullmatch(noun) and not BITS.fullmatch(noun):
        return None
    if unit.lower() in SCALES and noun.lower() in ("b", "byte", "bytes"):
        return _of_bytes(SCALES[unit.lower()] // 3, False, 1)
    if unit.lower() in SCALES:
        return Number(Fraction(10) ** SCALES[unit.lower()])
    if found := BYTES.fullmatch(unit):
        return _of_bytes(" kmgt".index(found["scale"].lower() or " "), bool(found["binary"]), 1)
    if found := BITS.fullmatch(unit):
        return _of_bytes(" kmgt".index(found["scale"].lower() or " "), False, 8)
    if NOUNS.fullmatch(unit):
        return Number(Fraction(1))
    letter = unit[:1].lower()
    return Number(Fraction(10) ** SCALES[letter]) if letter in SCALES and NOUNS.fullmatch(unit[1:]) else None


def is_scaled(words: str) -> bool:
    """Whether the words after a number scale it, so that it may have decimals: K, million, KB, e6."""
    if re.match(r"\s*(e[-+]?[0-9]|[x×✕*∗·⋅]\s*10\s*(\^|\*\*|[⁰¹²³⁴⁵⁶⁷⁸⁹]))", words, re.IGNORECASE):
        return True
    word = re.match(r"\s*([A-Za-z%-]*)", words)
    unit = _unit(word[1], "") if word else None
    return unit is None or unit.value != 1


def _of_bytes(power: int, binary: bool, bits: int) -> Number:
    base = 1024 if binary else 1000
    return Number(Fraction(base**power, bits), unit="bytes", power=power, binary=binary)


def sizes_of(plain: str) -> tuple[Fraction | None, ...]:
    """Parse a shape, with None for open sizes; empty if it is not one."""
    bare = WRAPPERS.sub("", TRAILING.sub("", plain)).strip()
    while bare[:1] in "([{" and bare[-1:] in ")]}" and bare:
        bare = bare[1:-1].strip()
    parts = [_size(part) for part in BETWEEN.split(bare.strip(" ,"))]
    known = tuple(part for part in parts if part != "wrong")
    if len(known) < len(parts) or len(parts) > 8 or not any(part is not None for part in known):
        return ()
    return tuple(part for part in known if not isinstance(part, str))


def _size(text: str) -> Fraction | str | None:
    if text.lower() in UNKNOWN_SIZES:
        return None
    return Fraction(text) if re.fullmatch(r"-?[0-9]{1,20}(\.[0-9]{1,9})?", text) else "wrong"
