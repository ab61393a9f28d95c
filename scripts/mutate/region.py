"""A piece of a source in which an expression stands, and the tokens of it that are constants of the language."""
import re

import lexer


class Region:
    """`kind`: condition, selector, port, assignment, clocked (of a register); C: condition, value, update, statement.

    `first` .. `last` are the expression's tokens; `begin` is where its statement begins."""

    def __init__(self, text, tokens, pairs, kind, first, last, begin):
        self.text, self.tokens, self.pairs, self.kind = text, tokens, pairs, kind
        self.first, self.last, self.begin = first, last, begin

    @property
    def start(self):
        return self.tokens[self.first].start

    @property
    def end(self):
        return self.tokens[self.last].end

    @property
    def statement(self):
        """Its text without comments, for names that outlive unrelated edits."""
        return " ".join(token.text for token in self.tokens[self.begin : self.last + 1])

    @property
    def target(self):
        """What is assigned to."""
        return self.text[self.tokens[self.begin].start : self.tokens[self.first - 2].end]

    def source(self, first=None, last=None):
        first, last = self.first if first is None else first, self.last if last is None else last
        return self.text[self.tokens[first].start : self.tokens[last].end]

    def replaced(self, changes):
        """The expression's text with token index -> text put in."""
        parts, at = [], self.start
        for i in sorted(changes):
            parts += [self.text[at : self.tokens[i].start], changes[i]]
            at = self.tokens[i].end
        return "".join(parts) + self.text[at : self.end]

    def is_binary(self, i):
        """Whether an operator has a left operand."""
        if i == self.first:
            return False
        before = self.tokens[i - 1]
        return before.kind in ("word", "number", "string") or before.text in (")", "]", "}")

    def constants(self):
        """Tokens that must stay constant, or mean something else than a value: widths, ranges, repetitions, patterns."""
        fixed = set()
        for i in range(self.first, self.last + 1):
            text = self.tokens[i].text
            if text == "'{":
                fixed.update(range(i, self.pairs[i] + 1))
            elif text == "'" and self.tokens[i + 1].text == "(":  # a cast
                before = i - 1
                fixed.update(range(self.pairs[before], i) if self.tokens[before].text == ")" else (before,))
            elif text == "[":
                fixed.update(self.fixed_range(i, self.pairs[i]))
            elif text == "{":
                inner = next((k for k in range(i + 1, self.pairs[i]) if self.tokens[k].text in ("{", ",")), None)
                if inner is not None and inner > i + 1 and self.tokens[inner].text == "{" and self.pairs[inner] == self.pairs[i] - 1:
                    fixed.update(range(i + 1, inner))
        return fixed

    def fixed_range(self, first, last):
        depth, questions = 0, 0
        for i in range(first + 1, last):
            text = self.tokens[i].text
            depth += (text in lexer.OPEN) - (text in lexer.CLOSE)
            questions += depth == 0 and text == "?"
            if depth == 0 and text in ("+:", "-:"):
                return range(i, last)
            if depth == 0 and text == ":" and questions == 0:
                return range(first, last)
        return ()


def bumped(text):
    """A constant that is not it: 0 and 1 change places, others grow by one, or shrink where they are as large as can be."""
    if text in ("'0", "'1"):
        return "'1" if text == "'0" else "'0"
    match = re.fullmatch(r"(\d*)'(s?)([bodh])([0-9a-f_]+)", text, re.I)
    if match is None:
        match = re.fullmatch(r"(0x[0-9a-f]+|\d+)([ul]*)", text, re.I)
        if match is None:
            return None
        value = int(match[1], 0)
        return f"{0 if value == 1 else value + 1}{match[2]}"
    width, sign, base, digits = match.groups()
    radix = {"b": 2, "o": 8, "d": 10, "h": 16}[base.lower()]
    value = int(digits.replace("_", ""), radix)
    largest = (1 << (int(width) - bool(sign))) - 1 if width else None
    value = 0 if value == 1 else value - 1 if value == largest else value + 1
    return f"{width}'{sign}{base}{format(value, {2: 'b', 8: 'o', 10: 'd', 16: 'x'}[radix])}"
