#!/usr/bin/python3
"""Makes csrc/plan/plan_layout.h, the layout of a command for C, from the packed structs cmd_t and flags_t of rtl/dp_pkg.sv: the one source.

With --check nothing is written; exit code 1: the file differs. Fields must be whole bytes, in the order in which they lie in memory from the last one on.
"""

import argparse
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SOURCE = ROOT / "rtl" / "dp_pkg.sv"
TARGET = ROOT / "csrc" / "plan" / "plan_layout.h"


def fields(package, name):
    """(field, low bit, width, comment) of a packed struct, from the lowest bit on."""
    body = re.search(r"typedef struct packed \{([^{}]*)\} " + name + ";", package)
    if body is None:
        sys.exit(f"layout.py: no packed struct {name} in {SOURCE}")
    result, low = [], 0
    for line in reversed(body.group(1).strip().splitlines()):
        match = re.match(r"\s*(logic|flags_t)\s*(?:\[(\d+):0\])?\s+(\w+);\s*(?://\s*(.*))?$", line)
        if match is None:
            sys.exit(f"layout.py: {name}: cannot read '{line.strip()}'")
        width = 32 if match.group(1) == "flags_t" else int(match.group(2) or 0) + 1
        result.append((match.group(3), low, width, match.group(4) or ""))
        low += width
    return result, low


def header():
    package = SOURCE.read_text()
    command, bits = fields(package, "cmd_t")
    flags, flag_bits = fields(package, "flags_t")
    if bits != 512 or flag_bits != 32:
        sys.exit(f"layout.py: a command has {bits} bits, its flags {flag_bits}")
    lines = ["/* Layout of a command: bytes, and bits of its flags. Made by scripts/registers/layout.py from rtl/dp_pkg.sv. */",
             "#ifndef DPACS_PLAN_LAYOUT_H", "#define DPACS_PLAN_LAYOUT_H", "", "typedef enum {"]
    for name, low, width, comment in command:
        if low % 8 or width % 8:
            sys.exit(f"layout.py: {name} is not whole bytes")
        said = re.match(r"\d+", comment)
        if said is None or int(said.group()) != low // 8:
            sys.exit(f"layout.py: {name} lies at byte {low // 8}, its comment says '{comment}'")
        lines.append(f"    PLAN_AT_{name.upper()} = {low // 8},")
    lines += ["    PLAN_COMMAND_BYTES = 64", "} plan_at;", "", "/* dp_pkg::flags_t */", "typedef enum {"]
    named = [(name, low) for name, low, width, _ in flags if name != "reserved"]
    lines += [f"    PLAN_{name.upper()} = 1 << {low}," for name, low in named]
    lines[-1] = lines[-1].rstrip(",")
    return "\n".join(lines + ["} plan_flag;", "", "#endif"]) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 where the file is not what it would be")
    check = parser.parse_args().check
    text = header()
    if not check:
        TARGET.write_text(text)
    elif not TARGET.exists() or TARGET.read_text() != text:
        print(f"{TARGET.relative_to(ROOT)} is not what rtl/dp_pkg.sv says: scripts/registers/layout.py", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
