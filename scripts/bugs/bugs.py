#!/usr/bin/python3
"""Puts the bugs of tests/bugs/bugs.txt into copies of the RTL, one at a time, and looks what `dpacs sim` makes of each:

    bugs.py [NAME…]

A bug must be caught, its bundle finished in time, its wave must hold the cycle in which it showed, and `dpacs explain` must name its stage. Ends with
0 if all are caught with their waves and at least 9 of 10 stages are right. Results: build/bugs/results.txt, bundles: build/bugs/NAME.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
WORK = ROOT / "build/bugs"
TREE = WORK / "tree"  # the project with other RTL
COUNT, BUILD = "4", "serial-small.trace"
SECONDS = 20  # from the failure to its bundle, on the default network
SHARE = 0.9  # of the stages that must be right


def read_bugs():
    bugs = []
    for block in re.split(r"\n\s*\n", (ROOT / "tests/bugs/bugs.txt").read_text()):
        lines = [line for line in block.splitlines() if line and not line.startswith("#")]
        if not lines:
            continue
        name, file, stages = (field.strip() for field in lines[0].split("|"))
        bug = {"name": name, "file": file, "stages": [s.strip() for s in stages.split(",")], "run": f"--build {BUILD}"}
        for line in lines[1:]:
            bug[{"-": "old", "+": "new", "@": "after", "=": "run"}[line[0]]] = line[1:].strip()
        bugs.append(bug)
    return bugs


def make_tree():
    """A place to build in: everything but the RTL and the hardware builds is the project's own."""
    (TREE / "build").mkdir(parents=True, exist_ok=True)
    for name in ("Makefile", *(file.name for file in ROOT.glob("*.mk")), "csrc", "driver", "tb", "scripts", "models"):
        if not (TREE / name).exists():
            (TREE / name).symlink_to(ROOT / name)
    for file in [ROOT / "build/libverilated.a", *(ROOT / "build").glob(".deps-*")]:
        if not (TREE / "build" / file.name).exists():
            shutil.copy2(file, TREE / "build" / file.name)


def copy_rtl(bug):
    """The RTL with the bug; only files that change get a new date."""
    if not (ROOT / bug["file"]).is_file():
        sys.exit(f"bugs: {bug['name']}: there is no {bug['file']}")
    for source in (ROOT / "rtl").rglob("*"):
        target = TREE / source.relative_to(ROOT)
        if source.is_dir():
            target.mkdir(parents=True, exist_ok=True)
            continue
        text = source.read_text()
        if str(source.relative_to(ROOT)) == bug["file"]:
            start = text.index(bug["after"]) if "after" in bug else 0
            at = text.find(bug["old"], start)
            if at < 0:
                sys.exit(f"bugs: {bug['name']}: {bug['file']} has no `{bug['old']}`")
            text = text[:at] + bug["new"] + text[at + len(bug["old"]):]
        if not target.exists() or target.read_text() != text:
            target.write_text(text)


def network7():
    file = WORK / "resnet18.dpm"
    if not file.exists():
        subprocess.run([ROOT / "build/dpacs", "gen", "resnet18", "-o", file], check=True)
    return str(file)


def run_bug(bug):
    arguments = bug["run"].split()
    build = arguments[arguments.index("--build") + 1]
    copy_rtl(bug)
    subprocess.run(["make", "-j2", "MODEL_OPT=-O0", f"build/dut/{build}.so"], cwd=TREE, check=True, stdout=subprocess.DEVNULL)
    bundle = WORK / bug["name"]
    shutil.rmtree(bundle, ignore_errors=True)
    arguments = [network7() if a == "NET7" else a for a in arguments]
    command = [ROOT / "build/dpacs", "sim", *arguments, "--count", COUNT, "--no-baseline", "--bundle", bundle]
    started = time.monotonic()
    ran = subprocess.run(command, env={**os.environ, "DPACS_DUT_DIR": str(TREE / "build/dut")}, text=True, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT)
    result = {"name": bug["name"], "file": Path(bug["file"]).stem, "code": ran.returncode, "seconds": time.monotonic() - started,
              "caught": ran.returncode in (1, 3) and (bundle / "failure.json").exists(), "wave": False, "stage": "-", "right": False}
    (WORK / f"{bug['name']}.log").write_text(ran.stdout)
    if result["caught"]:
        failure = json.loads((bundle / "failure.json").read_text())
        first, last = failure["window"]
        result["message"] = failure["message"]
        finished = re.search(r"^bundle: .*, ([0-9.]+) s after the failure$", ran.stdout, re.M)
        result["seconds"] = float(finished[1]) if finished else 999.0
        result["wave"] = failure["wave"] is not None and first <= failure["cycle"] <= last
        told = subprocess.run([ROOT / "build/dpacs", "explain", bundle], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout
        (bundle / "explain.txt").write_text(told)
        found = re.search(r"^first wrong stage: (.*)$", told, re.M)
        result["stage"] = found[1] if found else "-"
        result["right"] = result["stage"] in bug["stages"]
    return result


def main():
    bugs = [b for b in read_bugs() if not sys.argv[1:] or b["name"] in sys.argv[1:]]
    if not bugs:
        sys.exit("bugs: no such bug")
    make_tree()
    lines, results = [], []
    for bug in bugs:
        r = run_bug(bug)
        results.append(r)
        line = (f"{r['name']:<36} {r['file']:<16} {'caught' if r['caught'] else 'MISSED':<7} {'wave' if r['wave'] else 'NO WAVE':<8}"
                f"{r['seconds']:6.1f} s  {r['stage']}{'' if r['right'] else '  WRONG, not ' + '/'.join(bug['stages'])}")
        print(line, flush=True)
        lines.append(line)
    count = len(results)
    caught, waves, right = (sum(r[key] for r in results) for key in ("caught", "wave", "right"))
    slowest = max(r["seconds"] for r in results)
    lines.append(f"{count} bugs in {len({r['file'] for r in results})} modules: {caught} caught, {waves} with the cycle in the wave, "
                 f"{right} stages right; slowest bundle {slowest:.1f} s after its failure")
    print(lines[-1])
    (WORK / "results.txt").write_text("\n".join(lines) + "\n")
    return 0 if caught == waves == count and right >= SHARE * count and slowest < SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
