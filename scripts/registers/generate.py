#!/usr/bin/python3
"""Makes from rtl/registers/dpacs.rdl what is committed: driver/core/registers.h, docs/registers.md, docs/registers.html, tests/rtl/register_map.h.

Needs the Python package systemrdl-compiler, which a build does not: pip install systemrdl-compiler, in a virtual environment. With --check
nothing is written; exit code 1: a file differs, 3: the package is not there.
"""

import argparse
import html
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SOURCE = ROOT / "rtl" / "registers" / "dpacs.rdl"
COLUMNS = 130  # .clang-format
NOTE = "Made by scripts/registers/generate.py from rtl/registers/dpacs.rdl"
# What has no field of its own in the map: meanings of a value, and what the counters count.
ERROR_CODES = ["NONE", "RESPONSE", "PROTOCOL", "ALIGN", "EMPTY", "RANGE", "NO_LIST", "ENDLESS", "COMMAND", "TIMEOUT"]
COUNTERS = ["BUSY", "MACS", "WEIGHT_BEATS", "OTHER_BEATS", "ARRAY", "WAIT_WEIGHTS", "WAIT_MASKS", "CONFLICTS"]
FLAGS = {"STATUS": "STATUS", "IRQ_ENABLE": "IRQ", "ERROR": "ERROR", "REFUSED": "REFUSED"}  # registers whose single bits get names


class Field:
    def __init__(self, node):
        self.name, self.low, self.high = node.inst_name, node.low, node.high
        self.text = node.get_property("desc") or ""
        self.reset = node.get_property("reset")
        self.reads, self.writes = node.is_sw_readable, node.is_sw_writable
        self.clears = node.get_property("onwrite") is not None

    mask = property(lambda self: (1 << self.high + 1) - (1 << self.low))
    bits = property(lambda self: f"[{self.high}:{self.low}]" if self.high != self.low else f"[{self.low}]")
    access = property(lambda self: "write 1 to clear" if self.clears else "rw" if self.reads and self.writes else "r" if self.reads else "w")


class Register:
    def __init__(self, node, name, offset, count, stride):
        self.name, self.offset, self.count, self.stride = name, offset, count, stride
        self.text = node.get_property("desc") or ""
        self.fields = [Field(field) for field in node.fields()]


def read_map():
    from systemrdl import RDLCompiler  # pylint: disable=import-outside-toplevel

    compiler = RDLCompiler()
    compiler.compile_file(str(SOURCE))
    registers = []
    for child in compiler.elaborate().top.children():
        if hasattr(child, "fields"):
            registers.append(Register(child, child.inst_name, child.address_offset, 1, 0))
            continue
        for part in child.children():
            registers.append(Register(part, f"{child.inst_name}_{part.inst_name}", child.raw_address_offset + part.address_offset,
                                      child.array_dimensions[0], child.array_stride))
    return sorted(registers, key=lambda r: r.offset)


def header(registers):
    lines = [f"/* The accelerator's registers (docs/registers.md). {NOTE}. */", "#ifndef DPACS_REGISTERS_H", "#define DPACS_REGISTERS_H", "", "enum {"]
    offsets = [(f"REG_{r.name}", r.offset) for r in registers if r.count == 1]
    offsets += [("REG_COUNTERS", min(r.offset for r in registers if r.count > 1))]
    lines += [f"    {name} = 0x{offset:02x}," for name, offset in sorted(offsets, key=lambda o: o[1])]
    lines[-1] = lines[-1].rstrip(",")
    by_name = {r.name: r for r in registers}
    version = {f.name: f.reset for f in by_name["VERSION"].fields}
    lines += ["};", "", f"enum {{ REG_ID_VALUE = 0x{by_name['ID'].fields[0].reset:08x}, "
              f"REG_VERSION_VALUE = 0x{version['MAJOR'] << 16 | version['MINOR']:08x} }};"]
    for name, prefix in FLAGS.items():
        flags = [f"{prefix}_{f.name} = 1 << {f.low}" for f in by_name[name].fields if f.low == f.high]
        line = "enum { " + ", ".join(flags) + " };"
        lines += ["", line] if len(line) <= COLUMNS else ["", "enum {", ",\n".join("    " + flag for flag in flags), "};"]
    lines += ["", "typedef enum {"] + [f"    ERROR_{code}," for code in ERROR_CODES]
    lines[-1] = lines[-1].rstrip(",")
    lines += ["} error_code;", "", "typedef enum {"] + [f"    COUNTER_{c}," for c in COUNTERS] + ["    COUNTERS", "} counter;", "", "#endif"]
    return "\n".join(lines) + "\n"


def where(register):
    return f"0x{register.offset:02x}" + (f" + {register.stride}n" if register.count > 1 else "")


def markdown(registers):
    lines = ["# Registers", "", f"{NOTE}. What they do when something is", "wrong: [bus.md](bus.md). As a page: [registers.html](registers.html).", "",
             "| offset | register | bits | | reset | |", "|---|---|---|---|---|---|"]
    for r in registers:
        lines.append(f"| {where(r)} | **{r.name}** | | | | {r.text} |")
        lines += [f"| | {f.name} | {f.bits} | {f.access} | {'' if f.reset is None else hex(f.reset)} | {f.text} |" for f in r.fields]
    return "\n".join(lines) + "\n"


def page(registers):
    rows = []
    for r in registers:
        rows.append(f"<tr class=r><td>{where(r)}<td>{r.name}<td><td><td><td>{html.escape(r.text)}")
        rows += [f"<tr><td><td>{f.name}<td>{f.bits}<td>{f.access}<td>{'' if f.reset is None else hex(f.reset)}<td>{html.escape(f.text)}"
                 for f in r.fields]
    return ("<!doctype html>\n<html lang=en>\n<meta charset=utf-8>\n" f"<!-- {NOTE}. -->\n<title>DPACS: registers</title>\n"
            "<style>body{font:15px sans-serif;max-width:64em;margin:2em auto}table{border-collapse:collapse}"
            "td,th{padding:.2em .8em;text-align:left}.r{background:#eee;font-weight:bold}</style>\n<h1>Registers</h1>\n"
            "<p>AXI4-Lite, 32 bits. What they do when something is wrong: bus.md.\n<table>\n"
            "<tr><th>offset<th>register<th>bits<th>access<th>reset<th>\n" + "\n".join(rows) + "\n</table>\n</html>\n")


def register_map(registers):
    def total(r, select):
        return sum(f.mask for f in r.fields if select(f))

    lines = ["// Every register: where it is, which bits software can write, clear and read, and those that have a reset value, with it.", f"// {NOTE}.",
             "#ifndef DPACS_RTL_REGISTER_MAP_H", "#define DPACS_RTL_REGISTER_MAP_H", "", "#include <cstdint>", "", "struct RegisterBits {",
             "    const char *name;", "    uint8_t offset;", "    uint32_t written, cleared, readable, known, reset;", "};", "",
             "static const RegisterBits register_map[] = {"]
    for r in registers:
        for n in range(r.count):
            known = total(r, lambda f: f.reset is not None and f.reads)
            reset = sum(f.reset << f.low for f in r.fields if f.reset is not None and f.reads)
            values = [total(r, lambda f: f.writes and f.reads and not f.clears), total(r, lambda f: f.clears), total(r, lambda f: f.reads), known, reset]
            lines.append(f'    {{"{r.name}", 0x{r.offset + n * r.stride:02x}, ' + ", ".join(f"0x{v:08x}" for v in values) + "},")
    return "\n".join(lines + ["};", "", "#endif"]) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 where a file is not what it would be")
    check = parser.parse_args().check
    try:
        registers = read_map()
    except ImportError:
        print("generate.py: the Python package systemrdl-compiler is not installed", file=sys.stderr)
        sys.exit(3)
    wrong = 0
    for path, text in [("driver/core/registers.h", header(registers)), ("docs/registers.md", markdown(registers)),
                       ("docs/registers.html", page(registers)), ("tests/rtl/register_map.h", register_map(registers))]:
        file = ROOT / path
        if check and (not file.exists() or file.read_text() != text):
            print(f"{path} is not what rtl/registers/dpacs.rdl says: scripts/registers/generate.py", file=sys.stderr)
            wrong = 1
        elif not check:
            file.write_text(text)
    sys.exit(wrong)


if __name__ == "__main__":
    main()
