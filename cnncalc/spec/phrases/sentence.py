"""Reads course notation and plain English: `k 3 s 2 p 1`, `CONV3-64`, `10 filters of 5x5, stride 2`.

A phrase is a list of clauses between commas. A clause fills options of the layer before it, or starts a
new layer: with a kind of its own, or with a number of filters or a kernel where the layer has them.
"""

from cnncalc.layers import BY_NAME, Layer, Merge, TensorSource, find_kind
from cnncalc.problems import close_to
from cnncalc.spec.phrases import words
from cnncalc.spec.phrases.clauses import Clause, Draft, Value, check_repeats, settle, starts_layer
from cnncalc.spec.phrases.item import sizes_text
from cnncalc.spec.phrases.tokens import Token
from cnncalc.spec.vocabulary import elsewhere

BEFORE_VALUES = ("of", "size", "is", "rate", "a", "an")
"""Words between an option and its value: `stride of 2`, `the input is a 28x28 image`."""
IGNORED_MARKS = "()=:.\"'@`"


class Sentence:
    """Reads the tokens of one text; `drafts` are its layers, `input` the size of the input."""

    def __init__(self, has_input: bool) -> None:
        self.has_input = has_input
        self.input = ""
        self.channels = 0
        self.drafts: list[Draft] = []
        self.clause = Clause()
        self.is_new = True

    def read(self, tokens: list[Token]) -> None:
        """Reads the clauses of a part; raises PhraseError at the first word that is not understood."""
        at = 0
        while at < len(tokens):
            after = self._step(tokens, at)
            self.clause.tokens += tokens[at:after]
            at = after
        self._end()

    def close(self) -> None:
        """Ends the clause; what follows is a new layer."""
        self._end()
        self.is_new = True

    def _step(self, tokens: list[Token], at: int) -> int:
        """Reads one word or number; returns the place of the next."""
        token = tokens[at]
        match token.sort:
            case "arrow":
                return self._arrow(tokens, at)
            case "number" | "size" | "tuple":
                self.clause.pending.append(token)
                return at + 1
            case "mark":
                return self._mark(tokens, at)
        return self._word(tokens, at)

    def _arrow(self, tokens: list[Token], at: int) -> int:
        """`4096->512`: the channels that arrive and leave; elsewhere an arrow ends a layer."""
        before, after = tokens[at - 1] if at else None, tokens[at + 1] if at + 1 < len(tokens) else None
        numbers = before and after and before.sort == after.sort == "number"
        close = after is not None and tokens[at].glued and after.glued
        if numbers and close and before in self.clause.pending and before and after:
            self.clause.pending.remove(before)
            self.clause.set("in", Value(before.values[0], before))
            self.clause.pending.append(after)
            return at + 2
        self.close()
        return at + 1

    def _mark(self, tokens: list[Token], at: int) -> int:
        token = tokens[at]
        if token.text == ",":
            self._end()
        elif token.text == "%" and at and tokens[at - 1] in self.clause.pending[-1:]:  # dropout 50%
            number = self.clause.pending.pop()
            if number.sort != "number" or number.text == "?":
                raise token.error("expected a number before '%'", "such as dropout 50%")
            self.clause.set("rate", Value(f"{float(number.values[0]) / 100:g}", number))
        elif token.text == "/" and at + 1 < len(tokens) and tokens[at + 1].sort == "number":
            self.clause.set("stride", Value(tokens[at + 1].values[0], tokens[at + 1]))  # 7x7 conv, 64, /2
            return at + 2
        elif token.text in ";+|/":
            self.close()
        elif token.text in "-–−" and at and at + 1 < len(tokens):  # CONV3-64: kernel, then filters
            kernel = self.clause.pending[-1:]
            if not kernel or not tokens[at + 1].values:
                raise token.error(f"'{token.text}' is not understood here")
            self.clause.pending.pop()
            self._kernel(kernel[0])
            self.clause.set("filters", Value(tokens[at + 1].values[0], tokens[at + 1]))
            self.clause.is_padding_open = True
            return at + 2
        elif token.text not in IGNORED_MARKS:
            hint = words.HINTS.get(token.text, "write layers such as 64 filters of 3x3")
            raise token.error(f"'{token.text}' is not understood", hint)
        return at + 1

    def _kernel(self, token: Token) -> None:
        self.clause.set("kernel", Value(sizes_text(token.values), token, token.values))

    def _word(self, tokens: list[Token], at: int) -> int:
        """The longest entry of the tables that starts at a word."""
        for size in range(words.LONGEST, 0, -1):
            run = tokens[at : at + size]
            if len(run) < size or not all(each.sort == "word" for each in run):
                continue
            text = " ".join(each.word for each in run)
            after = self._meaning(text, tokens, at, at + size)
            if after:
                return after
        token = tokens[at]
        if token.word in words.NETWORKS:
            return (
                at + 1 + (at + 1 < len(tokens) and tokens[at + 1].sort == "number" and tokens[at + 1].glued)
            )
        if token.word == "as" and (after := self._as_conv(tokens, at + 1)):
            return after
        if token.word == "with" and self._says_kernel(tokens[at + 1 :]) and self._is_input(self.clause):
            self._set_input(self.clause.pending.pop())
        if token.word in words.FILLERS:
            if token.word in words.PLURAL and self.clause.kind:
                self._repeated(token)
            return at + 1
        known = [*words.TAKES, *words.COUNTED, *words.SETS, *words.OTHER_KINDS, *BY_NAME]
        close = close_to(token.word, known)
        hint = f"did you mean '{close}'?" if close else "leave out what is not about the layer"
        hint = words.HINTS.get(token.word) or elsewhere(token.text) or hint
        raise token.error(f"'{token.text}' is not understood", hint)

    def _as_conv(self, tokens: list[Token], at: int) -> int:
        """`FC with 4096 units as a conv`; returns the place after it, or 0."""
        while at < len(tokens) and tokens[at].word in words.FILLERS:
            at += 1
        is_conv = at < len(tokens) and self._kind(tokens[at].word) is BY_NAME["conv"]
        if not is_conv or self.clause.kind is not BY_NAME["dense"]:
            return 0
        self.clause.is_as_conv = True
        return at + 1

    def _says_kernel(self, tokens: list[Token]) -> bool:
        """Whether a kernel is named: the size before it, as in `224x224 with F=11`, is the input."""
        return any(token.word in ("f", "k") or words.TAKES.get(token.word) == "kernel" for token in tokens)

    def _meaning(self, text: str, tokens: list[Token], at: int, after: int) -> int:
        """Applies an entry; returns the place after it, or 0 if there is none."""
        if text in words.SETS:
            option, value = words.SETS[text]
            self.clause.set(option, Value(value, tokens[at]))
            return after
        if text in words.INPUTS or text in words.ON:
            return self._input(tokens, at, after)
        if text in words.COLOURS:
            self.channels = words.COLOURS[text]
            return after
        if text in words.ACTIVATED and after + 1 < len(tokens) and tokens[after].text in "=:":
            return self._activation(tokens, after + 1)
        if text in words.TAKES:
            return self._takes(words.TAKES[text], tokens, at, after)
        if text in words.COUNTED:
            return self._counted(words.COUNTED[text], text, tokens, at, after)
        kind = self._kind(text)
        if kind is None:
            return 0
        return self._named(kind, text, tokens, at, after)

    def _activation(self, tokens: list[Token], at: int) -> int:
        """`activation: relu`, an option in code; elsewhere the word has no meaning."""
        at += tokens[at].text in "\"'" and at + 1 < len(tokens)
        kind = find_kind(tokens[at].text)
        if kind is None or kind.family != "activation":
            raise tokens[at].error(f"unknown activation '{tokens[at].text}'")
        self.clause.set("act", Value(kind.kind, tokens[at]))
        return at + 1

    def _kind(self, text: str) -> type[Layer] | None:
        """The kind that a word names; words such as parameters and maximum mean no layer in a sentence."""
        if text in words.OTHER_KINDS:
            return BY_NAME[words.OTHER_KINDS[text]]
        if text in words.POOLS:
            return BY_NAME[words.POOLS[text]]
        joined = text.replace(" ", "")
        kind = find_kind(joined) or (find_kind(joined.removesuffix("s")) if len(joined) > 4 else None)
        return None if kind and issubclass(kind, TensorSource | Merge) else kind

    def _named(self, kind: type[Layer], text: str, tokens: list[Token], at: int, after: int) -> int:
        """A kind of layer: of this clause, or of a new one."""
        clause = self.clause
        if clause.kind and clause.kind.family == kind.family == "conv":
            clause.kind = kind if clause.kind is BY_NAME["conv"] else clause.kind
        elif clause.kind:
            self.close()
            self.clause.kind = kind
        else:
            clause.kind = kind
        if text in words.EITHER_POOL:
            self.clause.notes.append("read as max pooling; average pooling has the same sizes")
        if text.split()[-1] in words.PLURAL:
            self._repeated(tokens[at])
        return after

    def _repeated(self, noun: Token) -> None:
        """`four 3x3 convolutions`; a digit may also be the number of filters."""
        numbers = [each for each in self.clause.pending if each.sort == "number"]
        if not numbers:
            return
        if not numbers[0].spelled:
            n = numbers[0].text
            what = f"'{n} … {noun.text}' has two readings: {n} filters, or {n} layers"
            raise numbers[0].error(what, f"write '{n} filters', or add 'repeat {n}'")
        self.clause.pending.remove(numbers[0])
        self.clause.set("repeat", Value(numbers[0].values[0], numbers[0]))

    def _value_at(self, tokens: list[Token], at: int) -> int:
        """The place of the value after a word, past `=`, `:` and `of`; or the end."""
        while at < len(tokens) and (tokens[at].text in "=:\"'" or tokens[at].word in BEFORE_VALUES):
            at += 1
        return at

    def _takes(self, option: str, tokens: list[Token], at: int, after: int) -> int:
        """A word and its value: `stride 2`, `padding=same`, `k3`; the value may come before: `2 groups`."""
        place = self._value_at(tokens, after)
        value = tokens[place] if place < len(tokens) else None
        is_padded = tokens[after - 1].word == "padded" and value and value.sort != "number"
        if value and value.values and not is_padded:
            self.clause.set(option, Value(sizes_text(value.values), value, value.values))
            return place + 1
        if value and value.word in words.VALUES.get(option, ()):
            self.clause.set(option, Value(value.word, value))
            return place + 1
        if self.clause.pending and tokens[at - 1] is self.clause.pending[-1]:
            before = self.clause.pending.pop()
            self.clause.set(option, Value(sizes_text(before.values), before, before.values))
            return after
        if option == "padding":
            self.clause.mentions_padding = tokens[at]
            return after
        if option == "bias":
            self.clause.set(option, Value("true", tokens[at]))
            return after
        word = tokens[at].text
        raise tokens[at].error(f"expected a number after '{word}'", f"such as {word} 2")

    def _counted(self, option: str, text: str, tokens: list[Token], at: int, after: int) -> int:
        """`64 filters`, `64 3x3 filters`, `5x5 kernel`, `kernel 5x5`, `filters: 64`."""
        clause = self.clause
        last = clause.pending[-1] if clause.pending else None
        if last and last.sort != "number" and option == "filters":
            self._kernel(clause.pending.pop())
            last = clause.pending[-1] if clause.pending else None
            if last and last.sort == "number":
                clause.pending.pop()
                clause.set("filters", Value(last.values[0], last))
            return after
        if last and last.sort == "number":
            clause.pending.pop()
            clause.set(option, Value(last.values[0], last))
            return after
        place = self._value_at(tokens, after)
        value = tokens[place] if place < len(tokens) else None
        if not value or not value.values:
            return after
        is_size = value.sort != "number" or (option == "filters" and text in ("filter", "kernel"))
        name = "kernel" if is_size else option
        clause.set(name, Value(sizes_text(value.values), value, value.values))
        return place + 1

    def _input(self, tokens: list[Token], at: int, after: int) -> int:
        """`28x28 image`, `input 28x28x1`, `on 28x28x1`; other uses of these words have no meaning."""
        last = self.clause.pending[-1] if self.clause.pending else None
        place = self._value_at(tokens, after)
        value = tokens[place] if place < len(tokens) else None
        if last and tokens[at - 1] is last and tokens[at].word not in words.ON:
            self.clause.pending.pop()
            self._set_input(last)
            return after
        if value and value.values and (value.sort != "number" or not self.input):
            self._set_input(value)
            return place + 1
        return after if len(tokens[at].text) > 1 else 0

    def _set_input(self, token: Token, text: str = "") -> None:
        if self.has_input or self.input:
            raise token.error("the input is given twice")
        self.input = text or token.text

    def _end(self) -> None:
        """Ends a clause: its numbers without a name become options, and it joins a layer."""
        clause, self.clause = self.clause, Clause()
        if clause.is_empty:
            return
        self._sides(clause)
        if self._is_input(clause):
            self._set_input(clause.pending.pop())
            if clause.is_empty:
                return
        before = self.drafts[-1] if self.drafts and not self.is_new else None
        if clause.pending:
            settle(
                clause, clause.kind or (before.kind if before and not starts_layer(clause, before) else None)
            )
        if before is None or starts_layer(clause, before):
            self.drafts.append(Draft([clause]))
        else:
            check_repeats(clause, before)
            before.clauses.append(clause)
        self.is_new = False

    def _sides(self, clause: Clause) -> None:
        """`H=32, W=40`, or `n=32` without another input: the sides of the input."""
        sides = [clause.options.pop(letter) for letter in "hw" if letter in clause.options]
        is_first = not (self.has_input or self.input or self.drafts)
        if is_first and set(clause.options) == {"n"} and not clause.kind:
            sides = [clause.options.pop("n")]
        if sides:
            self._set_input(sides[0].token, f"{sides[0].text}x{sides[-1].text}")

    def _is_input(self, clause: Clause) -> bool:
        """Whether a clause is only the size of the input: the first of a text without one."""
        only = len(clause.pending) == 1 and not (clause.kind or clause.options)
        return only and not (self.has_input or self.input or self.drafts)
