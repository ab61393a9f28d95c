"""Runs cases, one after another: a line of JSON in for a case, a line of JSON out for its result.

A case that fails runs once more, to tell flaky from wrong. Nothing is written but failure bundles, so that a full disk stops the
engine and fails no case. A worker never outlives the engine, nor a case its worker.
"""
import ctypes
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

import coverage

STATUS = {0: "passed", 1: "mismatch", 2: "refused", 3: "hang", 4: "no build", 5: "no memory", 130: "interrupted"}
OUTPUT = 20000  # characters that are kept of what a failed case said
MOST_BUNDLES = 40  # of a night: where everything fails, the first ones say enough
NUMBERS = {"cycles": "cycles", "limit_cycles": "limit_cycles", "images": "images", "tiles": "tiles_checked", "macs": "macs"}
RECORD = re.compile(r"^(MISMATCH|UNEXPECTED|DUPLICATE|MISSING) img \d+ (\S+)(.*) cycle \d+", re.M)
ENDED = re.compile(r"^(HANG|BUS ERROR|ASSERTION|CYCLES)\b.*", re.M)
EXPLAINED = re.compile(r"^first wrong stage: (.+?)(?: \(|$)", re.M)
PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None)


def die_with_parent():
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def offers(program):
    """The help of `dpacs sim`: it may have --bundle DIR, which keeps what one needs to look into a failure, and --coverage FILE."""
    try:
        return subprocess.run([program, "sim", "--help"], capture_output=True, text=True, timeout=60, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""


def classify(status, output, layers):
    """Where a failure belongs: kind of layer, stage, cause; and its first line."""
    record, ended, explained = RECORD.search(output), ENDED.search(output), EXPLAINED.search(output)
    stage = explained.group(1) if explained else "-"
    if record:
        fault, name, rest = record.groups()
        part = name.rpartition(".")[2]
        kind = next((layer["kind"] for layer in layers if layer["name"] == name), part)
        cause = {"MISMATCH": "wrong value"}.get(fault, fault.lower())
        if re.search(r" acc -?\d+ want | accumulator got ", rest):
            cause = "wrong accumulator"
        return kind, part if stage == "-" else stage, cause, record.group(0)
    if ended:
        return "-", stage, ended.group(1).lower(), ended.group(0)
    first = next((line for line in output.splitlines() if line.strip()), "")
    return "-", stage, status, first


class Pipe:
    """A file for the program to write to that takes no room on a disk; `read` is all of it once the program has ended."""

    def __init__(self):
        self.outlet, self.inlet = os.pipe()
        self.name, self.content = f"/dev/fd/{self.inlet}", b""
        self.thread = threading.Thread(target=self.collect)

    def collect(self):
        with open(self.outlet, "rb") as file:
            self.content = file.read()

    def start(self):
        """Once the program has the other end."""
        os.close(self.inlet)
        self.thread.start()

    def read(self):
        self.thread.join()
        return self.content

    def drop(self):
        """The program did not start."""
        os.close(self.inlet)
        os.close(self.outlet)


def run_once(program, arguments, timeout, pipe=None):
    """(exit code or None after the time-out, standard output, standard error)"""
    with subprocess.Popen(
        [program, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
        preexec_fn=die_with_parent, pass_fds=[pipe.inlet] if pipe else [],
    ) as process:
        if pipe:
            pipe.start()
        try:
            out, err = process.communicate(timeout=timeout)
            return process.returncode, out, err
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            return None, out, err


def judge(code, json_text):
    """(status, the result as dpacs has it or {}). Passed is what says so and shows it."""
    try:
        result = json.loads(json_text)
    except ValueError:
        result = {}
    if code is None:
        return "time-out", result
    if code < 0:
        return f"killed by signal {-code}", result
    if code == 0 and (result.get("tiles_failed") != 0 or "tiles_checked" not in result or not result.get("images")):
        return "no result", result
    return STATUS.get(code, f"exit code {code}"), result


def attempt(program, case, bundle, wave=(), pipe=None):
    if bundle:
        shutil.rmtree(bundle, ignore_errors=True)  # of a start that was killed
    began, clock = time.time(), time.monotonic()
    extra = ["--json", "-"] + (["--bundle", bundle, *wave] if bundle else []) + (["--coverage", pipe.name] if pipe else [])
    try:
        code, out, err = run_once(program, case["arguments"] + extra, case["timeout"], pipe)
    except OSError as error:
        code, out, err = 4, "", f"{program}: {os.strerror(error.errno)}"
        if pipe:
            pipe.drop()
    status, result = judge(code, out)
    record = {"status": status, "exit_code": code, "began": began, "seconds": time.monotonic() - clock}
    record["sim_seconds"] = result.get("sim_seconds")
    record |= {name: result.get(field) for name, field in NUMBERS.items()}
    if status != "passed":
        kind, stage, cause, message = classify(status, err, result.get("layers", []))
        record |= {"kind": kind, "stage": stage, "cause": cause, "message": message[:500], "output": err[:OUTPUT]}
    return record


class Runner:
    """Runs cases with one program, and knows which points of coverage it has told."""

    def __init__(self, program, bundles):
        said = offers(program)
        self.program, self.bundles = program, bundles if bundles and "--bundle" in said else ""
        self.covered = coverage.Collector() if "--coverage" in said else None

    def run(self, case):
        attempts, pipe = [], Pipe() if self.covered else None
        for number, wave in ((1, ("--wave", "off")), (2, ())):  # waves cost time, and most cases pass
            wanted = self.bundles and len(os.listdir(self.bundles)) < MOST_BUNDLES
            bundle = os.path.join(self.bundles, f"{case['id']}-{number}") if wanted else ""
            attempts.append(attempt(self.program, case, bundle, wave, pipe if number == 1 else None))
            if attempts[0]["status"] == "passed":
                break
        result = {"id": case["id"], "attempts": attempts}
        if pipe and attempts[0]["status"] == "passed":
            result["coverage"] = self.covered.add(case["build"], pipe.read())
        return result


def interrupted(result):
    """Ctrl-C reaches the cases too: such an end says nothing about the case."""
    return any(attempt["status"] == "interrupted" for attempt in result["attempts"])


def work(program, bundles, lines, out, until=None):
    """`until`: no case begins after it, in seconds since 1970."""
    runner = Runner(program, bundles)
    for line in lines:
        if until is not None and time.time() >= until:
            break
        result = runner.run(json.loads(line))
        if interrupted(result):
            break
        out.write(json.dumps(result) + "\n")
        out.flush()


def main(program, bundles, parent):
    """As the engine's child: cases on standard input."""
    die_with_parent()
    if os.getppid() != parent:
        sys.exit(1)
    work(program, bundles, sys.stdin, sys.stdout)
