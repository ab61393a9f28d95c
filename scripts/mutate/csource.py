"""Where C computes something: right-hand sides, conditions, results, calls, and whole statements. What stands outside functions is left out."""
import lexer
from region import Region

ASSIGN, UPDATE = ("=",), ("+=", "-=", "|=", "&=", "^=", "*=", "<<=", ">>=")
TYPES = ("const", "static", "struct", "enum", "union", "unsigned")


class Reader:
    def __init__(self, text):
        self.text, self.tokens = text, lexer.tokens(text, lexer.C)
        self.pairs = lexer.partners(self.tokens)
        self.regions = []

    def word(self, i):
        return self.tokens[i].text if i < len(self.tokens) else ""

    def to(self, i, end, *ends):
        """The first of these tokens in i .. end - 1 that stands outside brackets; else end."""
        while i < end and self.word(i) not in ends:
            i = self.pairs[i] + 1 if self.word(i) in lexer.OPEN else i + 1
        return i

    def add(self, kind, first, last, begin):
        if last >= first and not any(t.text == "{" for t in self.tokens[first : last + 1]):
            self.regions.append(Region(self.text, self.tokens, self.pairs, kind, first, last, begin))

    def file(self):
        i = 0
        while i < len(self.tokens):
            if self.word(i) == "{" and self.word(i - 1) == ")":
                self.statement(i)
            i = self.pairs[i] + 1 if self.word(i) in lexer.OPEN else i + 1
        return self.regions

    def statement(self, i):
        word = self.word(i)
        if word == "{":
            end = self.pairs[i]
            i += 1
            while i < end:
                i = self.statement(i)
            return end + 1
        if word in ("if", "while", "switch"):
            close = self.pairs[i + 1]
            self.add("condition" if word != "switch" else "selector", i + 2, close - 1, i)
            i = self.statement(close + 1)
            return self.statement(i + 1) if word == "if" and self.word(i) == "else" else i
        if word == "for":
            close = self.pairs[i + 1]
            first = self.to(i + 2, close, ";")
            second = self.to(first + 1, close, ";")
            self.values(i + 2, first, i)
            self.add("condition", first + 1, second - 1, i)
            self.values(second + 1, close, i)
            return self.statement(close + 1)
        if word in ("case", "default"):
            return self.to(i, len(self.tokens), ":") + 1
        end = self.to(i, len(self.tokens), ";")
        if word == "return":
            self.add("value", i + 1, end - 1, i)
        elif word not in ("enum", ";"):
            self.values(i, end, i)
            if not self.declares(i):
                self.regions.append(Region(self.text, self.tokens, self.pairs, "statement", i, end, i))
        return end + 1

    def declares(self, i):
        """`type name`, `type *name`"""
        k = i + 1
        while self.word(k) == "*":
            k += 1
        return self.word(i) in TYPES or (self.tokens[i].kind == "word" and self.tokens[k].kind == "word")

    def values(self, i, end, begin):
        """The parts of a list of declarations or expressions."""
        if self.tokens[i].kind == "word" and self.word(i + 1) == "(" and self.pairs[i + 1] == end - 1:
            self.add("value", i, end - 1, begin)  # a call
            return
        while i < end:
            stop = self.to(i, end, ",")
            equals = self.to(i, stop, *ASSIGN, *UPDATE)
            if equals < stop:
                self.add("update" if self.word(equals) in ("+=", "-=") else "value", equals + 1, stop - 1, begin)
            i = stop + 1


def regions(text):
    return Reader(text).file()
