#!/usr/bin/python3
"""Puts everything that Vivado needs for an IP-XACT component of the accelerator into a folder: package.py [-o build/package/dpacs].

Sources in the order of rtl/files.f, constraints, the registers of docs/registers.md (made of rtl/registers/dpacs.rdl), package.tcl. Then the script is run
by tclsh with Vivado's commands replaced by checks (check.tcl): every file, port, bus and register that it names is there. Vivado itself is not
needed, and not replaced: docs/board.md says what this does not show. Exit code 1: something is not there.
"""

import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HERE = ROOT / "scripts" / "package"
TOP = "rtl/board/dp_zynq.sv"  # plain Verilog, and named so here


def copy_sources(folder):
    names = (ROOT / "rtl/files.f").read_text(encoding="utf-8").split()
    there = [name.removesuffix(".sv") + ".v" if name == TOP else name for name in names]
    if there == names:
        sys.exit(f"package: {TOP} is not in rtl/files.f")
    for name, to in zip(names, there):
        (folder / to).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / to)
    (folder / "files.txt").write_text("".join(name + "\n" for name in there), encoding="utf-8")


def read_registers():
    """(version, [(name, offset, text)]) of the map."""
    page, rdl = ((ROOT / name).read_text(encoding="utf-8") for name in ("docs/registers.md", "rtl/registers/dpacs.rdl"))
    count = int(re.search(r"COUNTERS\s*\[(\d+)\]", rdl).group(1))
    registers = []
    for offset, step, name, text in re.findall(r"^\| (0x[0-9a-f]+)(?: \+ (\d+)n)? \| \*\*(\w+)\*\* \| \| \| \| (.*) \|$", page, re.M):
        for i in range(count if step else 1):
            registers.append((name + (str(i) if step else ""), int(offset, 16) + i * int(step or 0), text))
    version = page[page.index("**VERSION**") :]
    major, minor = (int(re.search(rf"\| {part} \|.*\| (0x\w+) \|", version).group(1), 16) for part in ("MAJOR", "MINOR"))
    return f"{major}.{minor}", sorted(registers, key=lambda r: r[1])


def write_registers(folder):
    version, registers = read_registers()
    lines = [f"set dpacs_version {version}", "set dpacs_range 256", "set dpacs_registers {"]
    lines += [f"    {name} 0x{offset:02x} {{{text}}}" for name, offset, text in registers]
    (folder / "registers.tcl").write_text("\n".join(lines) + "\n}\n", encoding="utf-8")


def read_top():
    """dp_zynq as Yosys has it: ports, and what each is wired to."""
    script = f"read_verilog -sv {ROOT}/rtl/dp_pkg.sv {ROOT / TOP}; hierarchy -top dp_zynq; proc; opt_clean; write_json"
    done = subprocess.run(["yosys", "-q", "-p", script], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit("package: " + done.stderr.strip())
    return json.loads(done.stdout)["modules"]["dp_zynq"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--out", type=pathlib.Path, default=ROOT / "build/package/dpacs", help="folder, made anew (build/package/dpacs)")
    folder = parser.parse_args().out.resolve()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    copy_sources(folder)
    write_registers(folder)
    for name in ("package.tcl", "dpacs.xdc", "dpacs_ooc.xdc"):
        shutil.copyfile(HERE / name, folder / name)
    ports = read_top()["ports"]
    (folder / "ports.txt").write_text("".join(f"{name} {port['direction']} {len(port['bits'])}\n" for name, port in ports.items()), encoding="utf-8")
    done = subprocess.run(["tclsh", HERE / "check.tcl", folder / "package.tcl", folder], check=False)
    sys.exit(1 if done.returncode != 0 else 0)


if __name__ == "__main__":
    main()
