"""What a mutant has to pass: runs of `dpacs sim`, tests of its unit, random networks; tests/mutate/ladder.toml lists them."""
import json
import os
import re
import shlex
import signal
import subprocess
import threading
import tomllib

import process
import schema

LEVELS = ("runs", "units", "whole")
HANG = 3000  # idle cycles; the memory's latency is below 100
SPARE, TIMES = 3, 20  # a mutant may take so many seconds, and so many times what the original takes, of CPU time
MOST_TESTS = 5  # of a unit
TESTED = re.compile(r"Tested: (\d+)")


class LadderError(Exception):
    pass


class Step:
    def __init__(self, level, name, command, predicted=False, says=None):
        self.level, self.name, self.command, self.predicted = level, name, command, predicted
        self.says = says  # it has to fail, with these words
        self.seconds = None  # CPU time of the original


class Ladder:
    def __init__(self, tree, file):
        with open(file, "rb") as text:
            self.plan = {"run": [], "whole": [], "units": {}, "builds": [], "checker_builds": [], **tomllib.load(text)}
        self.tree, self.build = tree, tree.place / "build"
        self.kills = {}  # (unit, step's name) -> mutants
        self.lock = threading.Lock()
        self.runner = process.Runner()
        self.programs = sorted({whole["program"] for whole in self.plan["whole"]})
        self.runs = [self.run_of(i, entry) for i, entry in enumerate(self.plan["run"])]
        self.whole = [self.test("whole", whole["program"], name) for whole in self.plan["whole"] for name in whole["tests"]]
        self.units = {}  # program -> step

    def run_of(self, number, entry):
        options = shlex.split(entry["sim"])
        model = entry.get("model", f"build/network{number}.dpm")
        if "--images" not in options and "network" in entry:
            options += ["--images", "random"]
        command = ["build/dpacs", "sim", model, *options, "--hang-cycles", str(HANG), "--max-failures", "1"]
        command += ["--wave", "off", "--no-snapshots", "--no-baseline", "--json", "-"]
        return Step("runs", f"{entry.get('network', model)} {entry['sim']}", command, "--stall" not in options, entry.get("says"))

    def test(self, level, program, name=None):
        command = [f"build/tests/{program}", "-j1", "--fail-fast"]
        if name is not None:
            command += ["--filter", f"{program.removeprefix('test_')}/{name}"]
        return Step(level, f"{program} {name or ''}".strip(), command)

    def duts(self):
        more = self.plan["checker_builds"] if self.tree.side in (None, "checker") else []
        builds = {*self.plan["builds"], *more} | {re.search(r"--build (\S+)", entry["sim"])[1] for entry in self.plan["run"]}
        return [f"build/dut/{build}.so" for build in sorted(builds)]

    def networks(self):
        """What `dpacs gen` of the original makes."""
        for i, entry in enumerate(self.plan["run"]):
            if "network" in entry:
                net, *options = shlex.split(entry["network"])
                made = subprocess.run(
                    [self.tree.root / "build/dpacs", "gen", net, *options, "-o", self.build / f"network{i}.dpm"], capture_output=True, text=True, check=False
                )
                if made.returncode != 0:
                    raise LadderError(f"ladder: {entry['network']}: {made.stderr.strip()}")

    def tests_of(self, mutant):
        """Programs that test the mutant's unit: its own first, then those that contain the fewest others."""
        named = [prefix for prefix in self.plan["units"] if mutant.unit.startswith(prefix)]
        if named and not mutant.file.startswith("rtl/"):
            return list(self.plan["units"][max(named, key=len)])
        own = f"test_{mutant.unit}"
        found = {own: 0} if (self.tree.root / f"tests/rtl/{own}.cpp").exists() else {}
        for file in sorted((self.tree.root / "tests/rtl").glob("test_*.cpp")):
            size = len(self.modules(file)) if file.stem != own else 0
            if size and mutant.unit in self.modules(file):
                found.setdefault(file.stem, size)
        return [f"rtl/{program}" for program in sorted(found, key=lambda program: (found[program], program))[:MOST_TESTS]]

    def modules(self, test):
        """The units of a test, those within them too; every one has the package."""
        found, todo = {"dp_pkg"}, re.findall(r"^// verilate: (?:\w+=)?(\w+)", test.read_text(), re.M)
        while todo:
            unit = todo.pop()
            if unit not in found:
                found.add(unit)
                file = next(file for file in self.tree.files if file.endswith(f"/{unit}.sv"))
                todo += re.findall(r"^\s*(dp_\w+) (?:#\(|u_)", (self.tree.root / file).read_text(), re.M)
        return found

    def unit_step(self, program):
        """Steps of a program are measured when they are first needed."""
        with self.lock:
            if program not in self.units:
                self.units[program] = self.test("units", program)
            return self.units[program]

    def measure(self, steps):
        """The original passes each, and takes so long. Otherwise nothing that follows means anything."""
        for step in steps:
            if step.seconds is None:
                verdict, seconds = self.take(step, 0, 300)
                if verdict is not None:
                    raise LadderError(f"the original does not pass: {verdict}\n    {shlex.join(map(str, step.command))}")
                step.seconds = seconds

    def run(self, mutant, level):
        """(how it was noticed, step) or None"""
        if level == "units":
            steps = [self.unit_step(program) for program in self.tests_of(mutant)]
        else:
            steps = self.runs if level == "runs" else self.whole
            steps = sorted(steps, key=lambda step: step.seconds / (1 + self.kills.get((mutant.unit, step.name), 0)))
        for step in steps:
            verdict, _ = self.take(step, mutant.number, SPARE + TIMES * step.seconds)
            if verdict is not None:
                with self.lock:
                    self.kills[mutant.unit, step.name] = self.kills.get((mutant.unit, step.name), 0) + 1
                return verdict, step
        return None

    def take(self, step, number, seconds):
        """(what went wrong or None, CPU seconds)"""
        environment = {**os.environ, schema.VARIABLE: str(number), "DPACS_DUT_DIR": str(self.build / "dut"), "DPACS": str(self.build / "dpacs")}
        code, said, took = self.runner.run(step.command, self.tree.place, environment, seconds)
        if code < 0:
            return ("time-out" if code in (-signal.SIGKILL, -signal.SIGXCPU) else f"signal {-code}"), took
        if step.says is not None:
            return (None if code in (1, 3) and step.says in said else f"exit code {code}, other words"), took
        if code > 0:
            return f"exit code {code}", took
        return judge(step, said), took


def judge(step, said):
    """What exit code 0 does not say."""
    if step.level != "runs":
        tested = TESTED.search(said)
        return None if tested and int(tested[1]) > 0 else "no test ran"
    try:
        result, _ = json.JSONDecoder().raw_decode(said, said.find("{"))  # messages may stand around it
    except (ValueError, IndexError):
        return "no result"
    if not result["images"] or not result["tiles_checked"]:
        return "nothing compared"
    if step.predicted:
        for part in (result, *result["layers"]):
            if part["cycles"] != part["model_cycles"]:
                return f"{part['cycles']} cycles, the model says {part['model_cycles']}"
    return None
