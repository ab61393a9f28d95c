#!/usr/bin/python3
"""Is this revision faster than another one? scripts/check/compare.py BASE [--runs N] [--only WORD]

Builds revision BASE in build/base/ (a worktree of git) and runs the same simulations with both programs, in turn, each on its own hardware
builds, every tile compared. Of every case: CPU time (user and system) of the whole run and its peak memory, medians of N runs, and the ratio
of base to this with its spread over the pairs of runs. CPU time, since the wall clock of a busy machine says little; run it on a quiet
one all the same. What differs in cycles or tiles is said. Exit code 0: measured; 1: a run failed; 2: usage, revision, or a build that fails.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys

MIB = 1 << 20
NETS = {
    "block": ["block:56x56x64", "--keep-spatial", "1", "--keep-channel", "1"],
    "half": ["block:56x56x64", "--keep-spatial", "0.5", "--keep-channel", "0.5"],
    "resnet18": ["resnet18", "--keep-spatial", "1", "--keep-channel", "1"],
}
TRAINED = "models/fmnist-s50c50.dpm"
# label, network (of NETS, or a file), build, images
CASES = [
    ("fmnist-s50c50", TRAINED, "parallel-small", 60),
    ("fmnist-s50c50", TRAINED, "serial-small", 20),
    ("block:56x56x64 keep 1", "block", "parallel-ref", 6),
    ("block:56x56x64 keep 0.5", "half", "parallel-ref", 8),
    ("block:56x56x64 keep 1", "block", "serial-ref", 3),
    ("resnet18 dense", "resnet18", "parallel-ref", 1),
]
SAME = ("cycles", "tiles_checked", "macs")  # of both revisions, unless they say otherwise


class Failed(Exception):
    """Says what failed; the exit code."""

    def __init__(self, text, code):
        super().__init__(text)
        self.code = code


def command_output(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def find_revision(name):
    full = command_output("git", "rev-parse", "--verify", "--quiet", name + "^{commit}")
    if full is None:
        raise Failed(f"BASE={name}: not a revision of this repository", 2)
    return full


def environment():
    """Without what a make that started this script says of itself, and without the place of hardware builds, which both would take from
    there. VERILATOR comes along."""
    return {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES", "DPACS_DUT_DIR")}


def make(directory, builds):
    targets = ["build/dpacs"] + [f"build/dut/{build}.so" for build in builds]
    if subprocess.run(["make", "-C", directory, *targets], env=environment(), stdout=sys.stderr, check=False).returncode != 0:
        raise Failed(f"{directory}: does not build", 2)


def check_out(revision):
    """The revision's files; where they are already, they stay, with what was built of them."""
    directory = os.path.join("build", "base", revision[:12])
    subprocess.run(["git", "worktree", "prune"], check=False)
    if not os.path.exists(os.path.join(directory, "Makefile")):
        done = subprocess.run(["git", "worktree", "add", "--quiet", "--force", "--detach", directory, revision],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failed(f"{directory}: {done.stderr.strip()}", 2)
    return directory


def quiet(directory, *arguments):
    done = subprocess.run(["build/dpacs", *arguments], cwd=directory, env=environment(), stdout=subprocess.DEVNULL, check=False)
    return done.returncode == 0


def generate(net, scratch, sides):
    """By the program that writes what both read: the container's version differs between revisions."""
    path = os.path.join(scratch, net + ".dpm")
    for side in sides:
        if quiet(side, "gen", *NETS[net], "-o", path) and all(quiet(reader, "info", path) for reader in sides):
            return
    raise Failed(f"dpacs gen {' '.join(NETS[net])}: nothing that both revisions read", 1)


def run(directory, model, build, count, scratch):
    """CPU seconds, peak bytes, the results."""
    results = os.path.join(scratch, "results.json")
    command = ["build/dpacs", "sim", model, "--build", build, "--count", str(count), "--no-baseline", "--wave", "off", "--json", results]
    if not model.endswith(os.path.basename(TRAINED)):
        command += ["--images", "random"]
    log = os.path.join(scratch, "log")
    with open(log, "wb") as out:
        # pylint: disable-next=consider-using-with
        child = subprocess.Popen(command, cwd=directory, env=environment(), stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        with open(log, encoding="utf-8", errors="replace") as text:
            raise Failed(f"{directory}: {' '.join(command)}: exit code {child.returncode}\n{text.read()}", 1)
    with open(results, encoding="utf-8") as text:
        return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, json.load(text)


def differences(base, this):
    return [f"{name} {base[name]} -> {this[name]}" for name in SAME if base[name] != this[name]]


def measure(sides, case, runs, scratch):
    """Base and this in turn; the order turns too, so that neither always finds the caches warm."""
    label, net, build, count = case
    model = os.path.abspath(net if net == TRAINED else os.path.join(scratch, net + ".dpm"))
    seconds, peaks, results = ([], []), ([], []), [None, None]
    for number in range(runs):
        for side in (0, 1) if number % 2 == 0 else (1, 0):
            cpu, peak, results[side] = run(sides[side], model, build, count, scratch)
            seconds[side].append(cpu)
            peaks[side].append(peak)
    ratios = sorted(base / this for base, this in zip(*seconds))
    cpu = [statistics.median(s) for s in seconds]
    peak = [statistics.median(p) / MIB for p in peaks]
    print(f"{label:<24} {build:<16} {cpu[0]:8.2f} {cpu[1]:8.2f} {cpu[0] / cpu[1]:7.2f} {ratios[0]:7.2f} {ratios[-1]:7.2f} "
          f"{results[1]['macs'] / cpu[1] / 1e6:9.0f} {peak[0]:8.1f} {peak[1]:8.1f} {peak[1] / peak[0]:6.2f}", flush=True)
    for line in differences(*results):
        print(f"    differs: {line}")


def compare(arguments):
    cases = [case for case in CASES if arguments.only in f"{case[0]} {case[2]}"]
    if not cases:
        raise Failed(f"ONLY={arguments.only}: no such case; there are " + ", ".join(f"{c[0]} {c[2]}" for c in CASES), 2)
    builds = list(dict.fromkeys(case[2] for case in cases))
    revision = find_revision(arguments.base)
    base = check_out(revision)
    make(base, builds)
    make(".", builds)
    scratch = os.path.abspath(os.path.join("build", "base", "runs"))
    os.makedirs(scratch, exist_ok=True)
    for net in {case[1] for case in cases} & set(NETS):
        generate(net, scratch, (base, "."))
    this = command_output("git", "describe", "--always", "--dirty") or "this tree"
    print(f"base {revision[:7]}, this {this}; {arguments.runs} runs of each in turn, medians; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print("CPU seconds of a whole run, base / this and the least and largest ratio of a pair; this one's MMAC per CPU second; peak MiB, this / base")
    print(f"{'network':<24} {'build':<16} {'base s':>8} {'this s':>8} {'faster':>7} {'least':>7} {'most':>7} {'MMAC/s':>9} {'base MiB':>8} {'this MiB':>8} {'memory':>6}")
    for case in cases:
        measure((base, "."), case, arguments.runs, scratch)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("base", help="a revision of this repository")
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="runs of each (5)")
    parser.add_argument("--only", default="", metavar="WORD", help="cases whose network or build holds it")
    arguments = parser.parse_args()
    if arguments.runs < 1:
        parser.error("--runs: at least 1")
    compare(arguments)


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        print(f"compare.py: {failure}", file=sys.stderr)
        sys.exit(failure.code)
    except OSError as error:
        print(f"compare.py: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
