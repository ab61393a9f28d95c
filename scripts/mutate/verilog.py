"""Where SystemVerilog computes something at run time: right-hand sides, conditions, inputs of instances.

What is decided at elaboration is left out: parameters, initial values of declarations, `generate` conditions, `for` headers; and with
`ifdef VERILATOR the assertions.
"""
import lexer
from region import Region

DECLARATION = {
    "logic", "int", "integer", "bit", "byte", "genvar", "localparam", "parameter", "typedef", "input", "output", "inout", "import", "wire", "reg",
    "unsigned", "signed", "automatic", "string", "real",
}
SILENT = {"assert", "assume", "cover", "initial", "final"}
ENDS = {"end", "endcase", "endfunction", "endmodule", "endpackage", "endgenerate"}


class Reader:
    def __init__(self, text):
        self.text = text
        self.tokens = self.without_checks(lexer.tokens(text, lexer.VERILOG))
        self.pairs = lexer.partners(self.tokens)
        self.regions = []

    @staticmethod
    def without_checks(found):
        kept, depth = [], 0
        for token in found:
            if token.kind == "directive":
                depth += (token.text in ("`ifdef", "`ifndef")) - (token.text == "`endif")
            elif depth == 0:
                kept.append(token)
        return kept

    def word(self, i):
        return self.tokens[i].text if i < len(self.tokens) else ""

    def to(self, i, *ends):
        """The first of these tokens from i on that stands outside brackets."""
        while self.word(i) not in ends:
            if i >= len(self.tokens):
                raise ValueError(f"a source ends before its {ends[-1]}")
            i = self.pairs[i] + 1 if self.word(i) in lexer.OPEN else i + 1
        return i

    def add(self, kind, first, last, begin=None):
        self.regions.append(Region(self.text, self.tokens, self.pairs, kind, first, last, first if begin is None else begin))

    def file(self):
        i = 0
        while i < len(self.tokens):
            i = self.item(i)
        return self.regions

    def item(self, i):
        """What stands in a module or package; the index after it."""
        word = self.word(i)
        if word in ("module", "package"):
            return self.to(i, ";") + 1
        if word in ENDS or word in ("begin", "else", "generate"):
            return self.label(i + 1)
        if word in ("if", "for", "case"):  # of generate
            return self.pairs[i + 1 if self.word(i + 1) == "(" else self.to(i, "(")] + 1
        if word in ("always_ff", "always_comb"):
            return self.statement(self.pairs[i + 2] + 1 if self.word(i + 1) == "@" else i + 1, word == "always_ff")
        if word == "function":
            i = self.to(i, ";") + 1
            while self.word(i) != "endfunction":
                i = self.statement(i, False)
            return i + 1
        if word == "assign":
            return self.assignment(i + 1, False)
        end = self.to(i, ";")
        if word not in DECLARATION and (self.word(i + 1) == "#" or (self.tokens[i + 1].kind == "word" and self.word(i + 2) == "(")):
            self.instance(i, end)
        return end + 1

    def label(self, i):
        return i + 2 if self.word(i) == ":" else i

    def instance(self, i, end):
        first = self.pairs[end - 1]
        i = first + 1
        while i < end - 1:
            if self.word(i) == "." and self.word(i + 1).endswith("_i") and self.word(i + 2) == "(" and self.pairs[i + 2] > i + 3:
                self.add("port", i + 3, self.pairs[i + 2] - 1, i)
            i = self.to(i, ",", ")") + 1

    def statement(self, i, clocked):
        word = self.word(i)
        if word == "begin":
            i = self.label(i + 1)
            while self.word(i) != "end":
                i = self.statement(i, clocked)
            return self.label(i + 1)
        if word in ("unique", "priority"):
            return self.statement(i + 1, clocked)
        if word == "if":
            close = self.pairs[i + 1]
            self.add("condition", i + 2, close - 1, i)
            i = self.statement(close + 1, clocked)
            return self.statement(i + 1, clocked) if self.word(i) == "else" else i
        if word == "for":
            return self.statement(self.pairs[i + 1] + 1, clocked)
        if word == "case":
            close = self.pairs[i + 1]
            self.add("selector", i + 2, close - 1, i)
            i = close + 1
            while self.word(i) != "endcase":
                i = self.statement(self.to(i, ":") + 1 if self.word(i) != "default" else i + 1 + (self.word(i + 1) == ":"), clocked)
            return i + 1
        if word in SILENT or word in DECLARATION or "::" in word or word == ";" or (self.tokens[i].kind == self.tokens[i + 1].kind == "word"):
            return self.to(i, ";") + 1
        return self.assignment(i, clocked)

    def assignment(self, i, clocked):
        equals = self.to(i, "=", "<=", ";")
        end = self.to(i, ";")
        if equals < end:
            self.add("clocked" if clocked and self.word(equals) == "<=" else "assignment", equals + 1, end - 1, i)
        return end + 1


def regions(text):
    return Reader(text).file()
