"""All mutants of a source in one text: which of them is at work, the environment variable DPACS_MUTANT says at run time."""
import collections
import dataclasses
import hashlib
import os

import csource
import lexer
import operators
import verilog

VARIABLE = "DPACS_MUTANT"
# Read once. Whatever is not a number is 0: the original.
PACKAGE = f"""
  int unsigned mutant = $c("(std::getenv(\\"{VARIABLE}\\") ? std::atoi(std::getenv(\\"{VARIABLE}\\")) : 0)");
"""
DECLARED = "extern unsigned dp_mutant;\n"
DEFINED = f"""#include <stdlib.h>
unsigned dp_mutant;
__attribute__((constructor)) static void read_mutant(void) {{
    const char *text = getenv("{VARIABLE}");
    dp_mutant = text != NULL ? (unsigned)atoi(text) : 0;
}}
"""


@dataclasses.dataclass
class Mutant:
    number: int
    name: str  # a short hash: the same until its statement changes
    file: str
    line: int
    operator: str
    text: str  # the line
    region: object
    source: str  # of the expression, changed

    @property
    def unit(self):
        return self.file.rpartition("/")[2].rpartition(".")[0]

    @property
    def title(self):
        return f"{self.file}:{self.line}  {self.operator}  {self.text}"


def mutants_of(file, text, first=1):
    """The mutants of a source, numbered from `first`."""
    found, seen, lines = [], collections.Counter(), lexer.Lines(text)
    for region in (verilog if file.endswith(".sv") else csource).regions(text):
        statement = region.statement
        for operator, at, source in dropped(region) if region.kind == "statement" else operators.changes(region):
            key = f"{os.path.basename(file)}|{statement}|{operator}"  # a file that moves keeps its mutants' names
            name = hashlib.sha1(f"{key}|{seen[key]}".encode()).hexdigest()[:8]
            seen[key] += 1
            start = region.tokens[at].start
            found.append(Mutant(first + len(found), name, file, lines.number(start), operator, lines.line(start), region, source))
    return found


def dropped(region):
    yield "left out", region.first, ""


def mutated(file, text, mutants):
    """The source with all its mutants in it."""
    by_region = collections.defaultdict(list)
    for mutant in mutants:
        by_region[id(mutant.region)].append(mutant)
    variable = "dp_pkg::mutant" if file.endswith(".sv") else "dp_mutant"
    if file.endswith("dp_pkg.sv"):
        variable = "mutant"
    edits = []  # (offset, order, length, text)
    for group in by_region.values():
        region = group[0].region
        if region.kind == "statement":
            edits.append((region.start, 0, 0, f"{{ if ({variable} != {group[0].number}) "))
            edits.append((region.end, 0, 0, " }"))
        else:
            edits.append((region.start, 1, region.end - region.start, choice(variable, group, region.source())))
    parts, at = [], 0
    for start, _, length, new in sorted(edits):
        parts += [text[at:start], new]
        at = start + length
    text = "".join(parts) + text[at:]
    if file.endswith("dp_pkg.sv"):
        head, package, rest = text.partition("package dp_pkg;\n")
        return head + package + PACKAGE + rest
    return text if file.endswith(".sv") else DECLARED + text


def choice(variable, group, original):
    """One test where none of the group is at work. Widths and signs stay: both sides of `?` are of the expression's context."""
    first, last = group[0].number, group[-1].number
    chosen = f"({group[-1].source})"
    for mutant in reversed(group[:-1]):
        chosen = f"{variable} == {mutant.number} ? ({mutant.source}) : {chosen}"
    test = f"{variable} == {first}" if first == last else f"{variable} >= {first} && {variable} <= {last}"
    return f"(({test}) ? ({chosen}) : ({original}))"
