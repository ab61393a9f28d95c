#!/usr/bin/python3
"""What the RTL takes on an FPGA: synth.py [--build NAME]... [--jobs N] [--list]

Yosys elaborates dp_top as each build of builds.mk and maps every module of it, alone and in the sizes of that build, to UltraScale+ cells
(synth_xilinx -family xcup); a module counts as often as it occurs. Modules that take too long whole are mapped in three smaller sizes and
extrapolated on a straight line: the table shows from which sizes, and how far off the line they lie. The table goes to stdout and, as
BUILD.csv and BUILD.json, to the output directory; what is done is kept there, and the next start goes on.

Run it where rtl/files.f and builds.mk are. Exit code 0: all is measured; 1: the array has more multipliers than the build has MACs a
cycle, the memories are 4.0 MB or more, or a module took too long; 2: bad usage, or RTL that Yosys refuses or maps to a latch.
"""
import argparse
import csv
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

DEVICE = {"name": "ZU9EG", "lut": 274080, "ff": 548160, "dsp": 2520, "bram36": 912, "uram": 0}
MEMORY_LIMIT = 4.0e6  # bytes on chip
PARAMETERS = ["Parallel", "Prune", "Pi", "Po", "MapWords", "WeightRows", "MaskW", "PatchBytes"]
ARRAY = "dp_macs"
# What is too slow whole, with the parameter and the sizes in which it is measured.
SCALED = {"dp_macs": ("Po", (1, 2, 3)), "dp_weight_ring": ("Po", (2, 4, 8)), "dp_requant": ("Po", (2, 4, 8))}
COUNT = "blackbox * unit %d; proc; opt_expr; opt_merge; opt_clean; stat"
MAP = "synth_xilinx -family xcup -noiopad -noclkbuf -top unit; stat"
RESOURCES = ["lut", "lutram", "ff", "dsp", "bram36", "uram"]  # lutram: LUTs that are memory, counted in lut too
NUMBERS = RESOURCES + ["multipliers", "memory_bits"]
FIELDS = ["module", "parameters", "count"] + NUMBERS + ["memory_in", "method", "off_line"]
# Cells of UG974, and how much of a resource each takes; a distributed RAM takes the LUTs of all its ports.
LUTRAM = {"RAM32M": 4, "RAM32M16": 8, "RAM64M": 4, "RAM64M8": 8, "RAM32X1S": 1, "RAM64X1S": 1, "RAM128X1S": 2, "RAM256X1S": 4, "RAM512X1S": 8,
          "RAM32X1D": 2, "RAM64X1D": 2, "RAM128X1D": 4, "RAM256X1D": 8,
          "RAM32X16DR8": 8, "RAM64X8SW": 8}
CELLS = {"lut": dict.fromkeys(["LUT1", "LUT2", "LUT3", "LUT4", "LUT5", "LUT6", "SRL16E", "SRLC32E"], 1) | LUTRAM, "lutram": LUTRAM,
         "ff": dict.fromkeys(["FDRE", "FDSE", "FDCE", "FDPE"], 1), "dsp": {"DSP48E2": 1}, "bram36": {"RAMB36E2": 1, "RAMB18E2": 0.5},
         "uram": {"URAM288": 1}, "part of a slice": dict.fromkeys(["CARRY4", "CARRY8", "MUXF7", "MUXF8", "MUXF9", "INV"], 0)}


class BadInput(Exception):
    """Bad usage, or RTL that Yosys refuses."""


class TooSlow(Exception):
    """A step that did not end in time."""


class Synthesis:
    """Runs of Yosys, and their results by what they depend on: in `directory`, whatever ends us."""

    def __init__(self, directory, seconds):
        self.directory, self.seconds = Path(directory), seconds
        (self.directory / "cache").mkdir(parents=True, exist_ok=True)
        self.files = {Path(name).stem: name for name in Path("rtl/files.f").read_text().split()}
        self.version = self.yosys("", "yosys -V", self.directory / "version.log").strip()

    def yosys(self, script, what, log):
        """What Yosys prints when it runs the script (without one: its version)."""
        command = ["yosys", "-QT", "-p", script] if script else ["yosys", "-V"]
        try:
            done = subprocess.run(["nice", "-n", "15"] + command, capture_output=True, text=True, timeout=self.seconds, check=False)
        except subprocess.TimeoutExpired as error:
            raise TooSlow(f"{what}: took more than {self.seconds} s (--timeout)") from error
        if done.returncode:
            log.write_text(done.stdout + done.stderr)
            lines = done.stderr.splitlines() or [f"ended with status {done.returncode}"]
            said = next((text for text in lines if "ERROR" in text), lines[-1])
            raise BadInput(f"{what}: {said} (all of it: {log})")
        return done.stdout

    def run(self, modules, top, values, commands, what):
        """`commands` on `top`, which is called `unit` then: what the log says of sizes, the first and the last statistics."""
        files = [name for stem, name in self.files.items() if stem in modules or stem == "dp_pkg"]
        # (`hierarchy -chparam` fails on dp_mask_unit in Yosys 0.23.)
        sizes = f"chparam {''.join(f'-set {name} {value} ' for name, value in values.items())}{top}; " if values else ""
        script = f"read_verilog -sv {' '.join(files)}; {sizes}hierarchy -check -top {top}; rename -top unit; {commands}"
        key = hashlib.sha256("\0".join([self.version, script] + [Path(name).read_text() for name in files]).encode()).hexdigest()[:24]
        kept = self.directory / "cache" / f"{top}-{key}.json"
        if not kept.exists():
            text = self.yosys(script, what, self.directory / f"{top}.log")
            sizes = re.findall(r"^(?:Parameter |Generating RTLIL|.*derive mode).*", text, re.M)
            reports = re.findall(r"Printing statistics\.\n(.*?)(?:^\d[\d.]* Executing|\Z)", text, re.M | re.S)
            aside = kept.with_suffix(f".{os.getpid()}")
            aside.write_text(json.dumps(["\n".join(sizes), reports[0], reports[-1]]))
            os.replace(aside, kept)
        sizes, first, last = json.loads(kept.read_text())
        return sizes, statistics(first), statistics(last)


def statistics(report):
    """Of every module: the bits of its memories, and how many cells of each type it has."""
    modules = {}
    for name, text in re.findall(r"=== (\S+) ===\n(.*?)(?====|\Z)", report, re.S):
        bits = re.search(r"Number of memory bits: +(\d+)", text)
        modules[name] = {"memory_bits": int(bits[1]), "cells": {cell: int(count) for cell, count in re.findall(r"^     (\S+) +(\d+)$", text, re.M)}}
    return modules


class Unit:
    """A module in the sizes of a build."""

    def __init__(self, base, values, children, memory_bits):
        self.base, self.values, self.children, self.memory_bits = base, values, children, memory_bits
        self.count, self.below = 0, set()

    def sizes(self):
        return " ".join(f"{name}={value}" for name, value in self.values.items())

    def title(self):
        return f"{self.base} {self.sizes()}".strip()

    def measure(self, synthesis):
        """A row of the table. Multipliers are counted in full size, after equal ones were merged."""
        name, small = SCALED.get(self.base, ("", ()))
        whole = int(self.values.get(name, 0))
        is_whole = whole <= max(small, default=0)
        found, mapped = self.run(synthesis, self.values, f"{COUNT}; {MAP}" if is_whole else COUNT)
        row = {"module": self.base, "parameters": self.sizes(), "count": self.count, "multipliers": found.get("$mul", 0), "memory_bits": self.memory_bits}
        if is_whole:
            row |= self.resources(mapped) | {"method": "whole", "off_line": 0}
        else:
            measured = [self.resources(self.run(synthesis, self.values | {name: size}, f"{COUNT}; {MAP}")[1]) for size in small]
            lines = {resource: line(small, [part[resource] for part in measured]) for resource in RESOURCES}
            row |= {resource: round(start + slope * whole) for resource, (slope, start, _) in lines.items()}
            row |= {"method": f"from {name}={' '.join(map(str, small))}", "off_line": max(off for _, _, off in lines.values())}
        inside = [place for place, cells in (("block RAM", "bram36"), ("LUTs", "lutram"), ("URAM", "uram")) if row[cells]]
        return row | {"memory_in": (" and ".join(inside) or "registers") if self.memory_bits else ""}

    def run(self, synthesis, values, commands):
        _, first, last = synthesis.run(self.below | {self.base}, self.base, values, commands, self.title())
        return first["unit"]["cells"], last["unit"]["cells"]

    def resources(self, cells):
        cells = {cell: number for cell, number in cells.items() if "dp_" not in cell}
        if unknown := [cell for cell in cells if not any(cell in known for known in CELLS.values())]:
            raise BadInput(f"{self.title()}: cells that synth.py does not know (latches?): {' '.join(unknown)}")
        return {resource: sum(number * CELLS[resource].get(cell, 0) for cell, number in cells.items()) for resource in RESOURCES}


def line(x, y):
    """Least squares: slope, start, and how far the points lie off the line at most, as a share of their value."""
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    slope = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y)) / sum((a - mean_x) ** 2 for a in x)
    start = mean_y - slope * mean_x
    return slope, start, max([abs(start + slope * a - b) / b for a, b in zip(x, y) if b], default=0)


def read_builds():
    text = Path("builds.mk").read_text()
    return {name: dict(zip(PARAMETERS, map(int, numbers.split()))) for name, numbers in re.findall(r"^BUILD_([\w-]+) *:=([\d ]+)", text, re.M)}


def elaborate(synthesis, name, values, top="dp_top"):
    """Every unit of a build, with its sizes (from the log) and its children (from the statistics)."""
    bits = {key: f"1'b{value}" if key in ("Parallel", "Prune") else value for key, value in values.items()}
    log, found, _ = synthesis.run(synthesis.files, top, bits, "stat", name)
    sizes, base, own = {"unit": (top, bits)}, "", {}
    for said in log.splitlines():
        if match := re.search(r"derive mode using pre-parsed AST for module `\\(\w+)'", said):
            base, own = match[1], {}
        elif match := re.match(r"Parameter \\(\w+) = (\S+)", said):
            own[match[1]] = re.sub(r"'([01]+)$", r"'b\1", match[2])
        elif match := re.match(r"Generating RTLIL representation for module `(\$paramod.*)'", said):
            sizes.setdefault(match[1], (base, dict(own)))  # (a module may be generated again, after its children)
    units = {}
    for key, numbers in found.items():
        children = {cell.lstrip("\\"): count for cell, count in numbers["cells"].items() if "dp_" in cell}
        units[key] = Unit(*sizes.get(key, (key, {})), children, numbers["memory_bits"])

    def visit(key, times):
        unit = units[key]
        unit.count += times
        for child, number in unit.children.items():
            unit.below |= {units[child].base} | visit(child, times * number)
        return unit.below

    visit("unit", 1)
    return [unit for unit in units.values() if unit.count]


def measure_all(synthesis, units, jobs):
    """Rows of the table, the largest first, and what took too long."""
    rows, late = [], []

    def one(unit):
        began = time.monotonic()
        try:
            rows.append(unit.measure(synthesis))
        except TooSlow as error:
            late.append(str(error))
        print(f"[{len(rows) + len(late)}/{len(units)}] {unit.title()} ({time.monotonic() - began:.0f} s)", file=sys.stderr)

    with ThreadPoolExecutor(jobs) as pool:
        steps = [pool.submit(one, unit) for unit in units]
        try:
            for step in steps:
                step.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    rows.sort(key=lambda row: (-row["lut"] * row["count"], row["module"], row["parameters"]))
    return rows, late


def check(name, values, rows, memory_bits):
    """What is wrong with a build, a line each."""
    macs = values["Pi"] * values["Po"] * (9 if values["Parallel"] else 1)
    array = sum(row["multipliers"] * row["count"] for row in rows if row["module"] == ARRAY)
    if array > macs:
        yield f"{name}: {array} multipliers in {ARRAY}, more than {macs} MACs a cycle"
    if memory_bits / 8 >= MEMORY_LIMIT:
        yield f"{name}: {memory_bits / 8e6:.2f} MB of memory on chip, not below {MEMORY_LIMIT / 1e6:.1f} MB"


def print_table(name, rows, total):
    def text(row):
        parts = [f"{row[key]:.10g}" for key in NUMBERS[:-1]] + [f"{row['memory_bits'] / 1024:.1f}"]
        off = f", {row['off_line']:.1%} off" if row["off_line"] else ""
        return [row["module"] + (f" x{row['count']}" if row["count"] > 1 else "")] + parts + [row["memory_in"], row["method"] + off]

    lines = [[name] + NUMBERS[:-1] + ["Kibit", "in", "measured"]] + [text({**row, **scaled(row)}) for row in rows]
    lines.append(["total"] + text(total | {"module": "", "count": 1, "memory_in": "", "method": "", "off_line": 0})[1:])
    lines.append([DEVICE["name"]] + [str(DEVICE.get(key, "")) for key in NUMBERS] + ["", ""])
    lines.append(["used"] + [f"{total[key] / DEVICE[key]:.0%}" if DEVICE.get(key) else "" for key in NUMBERS] + ["", ""])
    widths = [max(map(len, column)) for column in zip(*lines)]
    for cells in lines:
        aligned = [cell.rjust(width) if 0 < i <= len(NUMBERS) else cell.ljust(width) for i, (cell, width) in enumerate(zip(cells, widths))]
        print("  ".join(aligned).rstrip())


def scaled(row):
    return {key: row[key] * row["count"] for key in NUMBERS}


def report(directory, name, values, rows):
    total = {key: sum(scaled(row)[key] for row in rows) for key in NUMBERS}
    array = sum(row["multipliers"] * row["count"] for row in rows if row["module"] == ARRAY)
    array_dsp = sum(row["dsp"] * row["count"] for row in rows if row["module"] == ARRAY)
    print_table(name, rows, total)
    print(f"multipliers: {array} in the array, {total['multipliers'] - array} elsewhere; memory on chip: {total['memory_bits'] / 8e6:.2f} MB")
    print(f"with two int8 products in each DSP48E2 of the array: {total['dsp'] - array_dsp + (array + 1) // 2:g} DSPs\n")
    with open(directory / f"{name}.csv", "w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    text = json.dumps({"build": name, "parameters": values, "device": DEVICE, "total": total, "modules": rows}, indent=1)
    (directory / f"{name}.json").write_text(text + "\n")
    return total


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", action="append", metavar="NAME", help="a build of builds.mk (parallel-ref and serial-ref)")
    parser.add_argument("--module", action="append", metavar="NAME", help="this module only (all)")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="runs of Yosys at once (2)")
    parser.add_argument("--timeout", type=int, default=900, metavar="S", help="seconds for one run of Yosys (900)")
    parser.add_argument("--list", action="store_true", help="print the modules, their sizes and how often they occur; measure nothing")
    parser.add_argument("-o", "--output", default="build/synth", metavar="DIRECTORY", help="for results and what is kept (build/synth)")
    arguments = parser.parse_args()
    builds, wrong = read_builds(), []
    names = arguments.build or ["parallel-ref", "serial-ref"]
    if unknown := [name for name in names if name not in builds]:
        raise BadInput(f"{unknown[0]}: no such build; there are {' '.join(builds)}")
    if arguments.jobs < 1 or arguments.timeout < 1:
        raise BadInput("--jobs and --timeout: at least 1")
    synthesis = Synthesis(arguments.output, arguments.timeout)
    for name in names:
        units = elaborate(synthesis, name, builds[name])
        chosen = [unit for unit in units if unit.base in (arguments.module or [unit.base])]
        if missing := set(arguments.module or []) - {unit.base for unit in chosen}:
            raise BadInput(f"{min(missing)}: not a module of {name}")
        if arguments.list:
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `--list | head`
            print("\n".join(f"{name} {unit.title()} x{unit.count}" for unit in chosen))
            continue
        rows, late = measure_all(synthesis, chosen, arguments.jobs)
        total = report(synthesis.directory, name, builds[name], rows)
        wrong += late + list(check(name, builds[name], rows, total["memory_bits"]))
    print("".join(f"FAILED: {text}\n" for text in wrong), end="")
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, BadInput, TooSlow) as error:
        print(f"synth.py: {error}", file=sys.stderr)
        sys.exit(2)
