"""Explanations of a published number as text and JSON, with the sums written out."""

from fractions import Fraction

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from cnncalc.explore.reconcile import Answer, Explanation, Part, Stated, Tried
from cnncalc.printed import plural
from cnncalc.render.columns import count
from cnncalc.render.data import SCHEMA_VERSION, Data

INDENT = (0, 0, 0, 4)


def answers_text(network: str, answers: tuple[Answer, ...]) -> RenderableType:
    """Each number with its explanations, as text."""
    parts: list[RenderableType] = []
    for answer in answers:
        number = answer.stated
        heading = Text(f"{network}  {number.quantity}={number.written}", "bold")
        parts += ["", heading] if parts else [heading]
        if not answer.fits:
            closest = "the closest sums:" if answer.explanations else f"no {number.quantity} to sum"
            parts.append(Text(f"  no explanation found for {number.written}; {closest}"))
        elif answer.is_weak:
            parts.append(Text(f"  {weakness(answer)}"))
        for each in answer.explanations:
            parts += ["", Text(f"  {titled(each)}"), _indented(equation(each, number))]
            if each.also:
                parts.append(_indented(f"same total: {'; '.join(each.also)}"))
        if answer.others:
            parts += ["", Text(f"  and {count(answer.others)} more (--most shows them)", "dim")]
        if not answer.fits:
            parts += ["", Text(f"  {tried_text(answer.tried)}", "dim")]
    if any(answer.apart for answer in answers):
        parts += ["", Text("no single network explains all numbers; each was looked at on its own")]
    if any(answer.mixed for answer in answers):
        parts += ["", Text("the numbers are counted in different ways; each was looked at on its own")]
    return Group(*parts)


def weakness(answer: Answer) -> str:
    """`weak evidence: 55 different totals of the sums tried round to 4.1G, which has 2 digits`."""
    totals = plural(answer.matching, "different total")
    rounds = "rounds" if answer.matching == 1 else "round"
    digits = plural(answer.digits, "digit")
    return (
        f"weak evidence: {totals} of the sums tried {rounds} to {answer.stated.written}, which has {digits}"
    )


def tried_text(tried: Tried) -> str:
    """`tried 229 sums of 16 networks: as written, 222 inputs, 10 values of classes`."""
    parts = [_changes_text(subject, number) for subject, number in tried.changes.items()]
    if tried.combined:
        parts.append(f"{plural(tried.combined, 'combination')} of these")
    text = f"tried {plural(tried.sums, 'sum')} of {plural(tried.networks, 'network')}: as written"
    if parts:
        text = f"{', '.join([text, *parts])}; of inputs, classes and combinations, only those that come near"
    return f"{text}; stopped before the end" if tried.is_stopped else text


def _changes_text(subject: str, number: int) -> str:
    if subject == "input":
        return plural(number, "other input")
    if subject == "kernels":
        return plural(number, "other kernel")
    return f"{plural(number, 'value')} of {subject}"


def _indented(text: str) -> Padding:
    return Padding(Text(text), INDENT, expand=False)


def titled(each: Explanation) -> str:
    """The title of a sum, and its network."""
    return f"{each.sum.title}, {each.change}" if each.change else each.sum.title


def equation(each: Explanation, number: Stated) -> str:
    """`4,089,184,256 multiply-adds of conv and dense + 22,227,968 norms = 4,111,412,224 = 4.11 G`."""
    first, *others = each.sum.parts
    total = count(each.sum.total)
    text = "".join([_summand(first), *(_signed(part) for part in others)])
    if others or first.factor != 1:
        text += f" = {total}"
    text += f" = {in_unit(each, number)}" if number.tolerance else ""
    if each.is_cut:
        text += " (truncated)"
    return text if each.fits else f"{text}, {_distance(each)}"


def _summand(part: Part) -> str:
    factor = abs(part.factor)
    return f"{f'{factor} × ' if factor > 1 else ''}{count(part.number)} {part.name}"


def _signed(part: Part) -> str:
    return f" {'−' if part.factor < 0 else '+'} {_summand(part)}"


def in_unit(each: Explanation, number: Stated) -> str:
    """The total in the notation of the number: `4.13 G`, `3.81 Gi`, `4.13e9`."""
    _, e, exponent = number.written.lower().partition("e")
    unit = Fraction(10 ** int(exponent)) if e else Fraction(each.base**number.power)
    scaled = each.sum.total / unit * 10**number.decimals
    digits = f"{int(scaled) if each.is_cut else round(scaled):0{number.decimals + 1}}"
    point = len(digits) - number.decimals
    shown = f"{count(int(digits[:point]))}{'.' if number.decimals else ''}{digits[point:]}"
    letter = number.written[-1] if number.power else ""
    return f"{shown}e{exponent}" if e else f"{shown} {letter}{'i' if each.base == 1024 else ''}"


def _distance(each: Explanation) -> str:
    """The relative difference of a sum from the number: `0.7 % too much`."""
    share = abs(each.off) / (each.sum.total - each.off) * 100
    shown = f"{float(share):.2g}" if share < 10 else count(round(share))
    return f"{shown} % too {'high' if each.off > 0 else 'low'} ({count(round(abs(each.off)))})"


def answers_data(network: str, answers: tuple[Answer, ...]) -> Data:
    """The answers as a JSON object."""
    return {
        "schema_version": SCHEMA_VERSION,
        "name": network,
        "one_network": not any(answer.apart for answer in answers),
        "one_way": not any(answer.mixed for answer in answers),
        "numbers": [
            {
                "quantity": answer.stated.quantity,
                "stated": answer.stated.written,
                "explained": answer.fits,
                "explanations": [_data(each) for each in answer.explanations],
                "others": answer.others,
                "digits": answer.digits,
                "weak": answer.is_weak,
                "matching_totals": answer.matching,
                "tried": {
                    "networks": answer.tried.networks,
                    "sums": answer.tried.sums,
                    "changes": dict(answer.tried.changes),
                    "combinations": answer.tried.combined,
                    "stopped": answer.tried.is_stopped,
                },
            }
            for answer in answers
        ],
    }


def _data(each: Explanation) -> Data:
    parts = [{"name": part.name, "count": part.number, "factor": part.factor} for part in each.sum.parts]
    return {
        "title": each.sum.title,
        "change": each.change or None,
        "parts": parts,
        "total": each.sum.total,
        "units_of": each.base,
        "cut_off": each.is_cut,
        "fits": each.fits,
        "off": float(each.off),
        "also": list(each.also),
    }
