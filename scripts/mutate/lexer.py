"""Tokens of SystemVerilog and C, as far as mutating expressions needs them: comments and white space fall away, offsets stay."""
import bisect
import collections
import re

Token = collections.namedtuple("Token", "kind text start end")

VERILOG = re.compile(
    r"""(?P<space>\s+|//[^\n]*|/\*.*?\*/)
    |(?P<directive>`\w+)
    |(?P<string>"(?:\\.|[^"\\])*")
    |(?P<number>\d*'s?[bodhBODH][0-9a-fA-F_xzXZ?]+|'[01](?!\w)|\d[\d_]*)
    |(?P<word>[A-Za-z_$][\w$]*(?:::\w+)*)
    |(?P<operator>>>>|<<<|===|!==|\+:|-:|<<|>>|<=|>=|==|!=|&&|\|\||'\{|\*\*|.)""",
    re.S | re.X,
)
C = re.compile(
    r"""(?P<space>\s+|//[^\n]*|/\*.*?\*/|\#(?:\\\n|[^\n])*)
    |(?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])+')
    |(?P<number>0[xX][0-9a-fA-F]+[uUlL]*|\d[\d.]*[uUlL]*)
    |(?P<word>[A-Za-z_]\w*)
    |(?P<operator><<=|>>=|\.\.\.|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|.)""",
    re.S | re.X,
)
OPEN, CLOSE = {"(": ")", "[": "]", "{": "}", "'{": "}"}, {")", "]", "}"}


def tokens(text, grammar):
    found, at = [], 0
    while at < len(text):
        match = grammar.match(text, at)
        if match.lastgroup != "space":
            found.append(Token(match.lastgroup, match.group(), match.start(), match.end()))
        at = match.end()
    return found


def partners(found):
    """Index of a bracket -> index of the one that closes it, and back."""
    pairs, stack = {}, []
    for i, token in enumerate(found):
        if token.kind != "operator":
            continue
        if token.text in OPEN:
            stack.append(i)
        elif token.text in CLOSE:
            pairs[stack[-1]], pairs[i] = i, stack[-1]
            stack.pop()
    return pairs


class Lines:
    def __init__(self, text):
        self.text = text
        self.starts = [0] + [m.end() for m in re.finditer("\n", text)]

    def number(self, offset):
        return bisect.bisect_right(self.starts, offset)

    def line(self, offset):
        start = self.starts[self.number(offset) - 1]
        return self.text[start:].split("\n", 1)[0].strip()
