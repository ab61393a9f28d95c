"""What the tests of scripts/nightly share: a directory of their own, a small matrix, a program that plays dpacs."""
import collections
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
NIGHTLY = os.path.join(ROOT, "scripts", "nightly")
sys.path.insert(0, NIGHTLY)
sys.dont_write_bytecode = True

GOOD = '{"images":1,"tiles_checked":7,"tiles_failed":0,"macs":90,"cycles":200,"limit_cycles":100,"sim_seconds":0.01,"layers":[]}'
BAD = GOOD.replace('"tiles_failed":0', '"tiles_failed":1').replace("[]", '[{"name":"b1.conv2","kind":"conv3x3"}]')
WRONG = "MISMATCH img 0 b1.conv2 y=1 x=2 k=3 got 4 want 5 acc 66 want 77 cycle 88"

# Plays dpacs: notes what it was called with, then does what the test says. $1 is the command, $seed the case's seed.
FAKE = """#!/bin/sh
case $1 in --version) echo "dpacs 0.9"; exit 0 ;; esac
case "$*" in *--help*) echo "{help}"; exit 0 ;; esac
while [ $# -gt 0 ]; do case $1 in --seed) seed=$2 ;; --bundle) bundle=$2 ;; --coverage) coverage=$2 ;; esac; shift; done
echo "$seed" >>'{box}/calls'
calls=$(grep -cx "$seed" '{box}/calls')
good() {{ echo '{good}'; exit 0; }}
bad() {{ echo '{wrong}' >&2; echo '{bad}'; exit 1; }}
{body}
"""

MATRIX = """
[tier.smoke]
budget = 1
[tier.daily]
budget = 2
[[suite]]
name = "blocks"
tags = ["x"]
cases = {{ smoke = {count}, daily = "all" }}
height = [1, 2, 3, 4, 5]
width = [1, 2, 3]
channels = [8, 16]
keep = ["1:1", "one:one", "0.5:0.5"]
build = ["serial-small"]
schedule = ["gang", "chain"]
timeout = {timeout}
{more}
"""


class Box(unittest.TestCase):
    """A test with a directory, a matrix of `count` small cases, and results in out/."""

    def setUp(self):
        self.box = tempfile.mkdtemp(prefix="dpacs-nightly-")
        self.addCleanup(shutil.rmtree, self.box, True)
        self.out, self.database = f"{self.box}/out", f"{self.box}/out/nightly.db"
        os.mkdir(f"{self.box}/dut")
        self.write("dut/serial-small.so", "hardware")

    def write(self, name, text):
        path = os.path.join(self.box, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def fake(self, body="good", offered=""):
        text = FAKE.format(box=self.box, body=body, good=GOOD, bad=BAD, wrong=WRONG, help=offered)
        os.chmod(self.write("dpacs", text), 0o755)

    def matrix(self, count=6, timeout=60, more=""):
        return self.write("matrix.toml", MATRIX.format(count=count, timeout=timeout, more=more))

    def words(self, command="run", *options, matrix="matrix.toml"):
        words = ["/usr/bin/python3", NIGHTLY, command]
        if command != "report":
            words += ["--matrix", os.path.join(self.box, matrix)]
        if command in ("run", "plan"):
            words += ["--date", "2026-01-02"]
        if command in ("run", "report"):
            words += ["--out", self.out]
        if command == "run":
            words += ["--dpacs", f"{self.box}/dpacs", "--jobs", "2"]
        return words + [str(option) for option in options]

    def environment(self, **more):
        return {**os.environ, "DPACS_DUT_DIR": f"{self.box}/dut", "PYTHONDONTWRITEBYTECODE": "1", **more}

    def nightly(self, *words, expect=0, said="", matrix="matrix.toml", **environment):
        """Runs it to its end; returns what it said."""
        done = subprocess.run(
            self.words(*words, matrix=matrix), cwd=ROOT, env=self.environment(**environment), capture_output=True, text=True, timeout=250,
            check=False,
        )
        text = done.stdout + done.stderr
        self.assertEqual(done.returncode, expect, text)
        self.assertNotIn("Traceback", text)
        self.assertIn(said, text)
        return text

    def begin(self, *words):
        return subprocess.Popen(
            self.words(*words), cwd=ROOT, env=self.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )

    def calls(self):
        """Seed -> how often the program ran it."""
        with open(f"{self.box}/calls", encoding="utf-8") as lines:
            return collections.Counter(lines.read().split())

    def rows(self, sql):
        import store

        with store.Store(self.database) as base:
            return [tuple(row) for row in base.rows(sql)]

    def verdicts(self):
        return dict(self.rows("SELECT verdict, count(*) FROM verdict GROUP BY verdict"))

    def expect_intact(self):
        self.assertEqual(self.rows("PRAGMA integrity_check"), [("ok",)])
        self.assertEqual(self.rows("PRAGMA foreign_key_check"), [])

    def expect_no_process(self, name):
        """None stays that was started with this word in its command line; one that was told to end may take a moment."""
        left = self.processes(name)
        for _ in range(100):
            if not left:
                break
            time.sleep(0.1)
            left = self.processes(name)
        self.assertFalse(left)

    @staticmethod
    def processes(name):
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    line = file.read().decode(errors="replace")
            except OSError:
                continue
            if name in line and int(pid) != os.getpid():
                found.append(line)
        return found


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.wait()
