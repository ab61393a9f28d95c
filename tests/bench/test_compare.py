"""`make bench BASE=REVISION`: scripts/check/compare.py in a small repository whose program plays dpacs."""
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
SCRIPT = os.path.join(ROOT, "scripts", "check", "compare.py")
MAKEFILE = """
build/dpacs: dpacs.py
\t@mkdir -p build && cp dpacs.py build/dpacs && chmod +x build/dpacs
build/dut/%.so: hardware
\t@mkdir -p build/dut && cp hardware $@
"""
# Takes the CPU time and the memory that the hardware beside it says, and notes that it was called.
PROGRAM = """#!/usr/bin/python3
CALLS = {calls!r}
import json, os, sys, time
arguments = sys.argv[1:]
VERSION = {version}
if arguments[0] == "gen":
    open(arguments[arguments.index("-o") + 1], "w").write(str(VERSION))
    sys.exit(0)
if arguments[0] == "info":
    sys.exit(int(open(arguments[1]).read()) > VERSION)
here = os.path.dirname(os.path.abspath(__file__))
build = arguments[arguments.index("--build") + 1]
directory = os.environ.get("DPACS_DUT_DIR") or os.path.join(here, "dut")
hardware = json.load(open(os.path.join(directory, build + ".so")))
with open(CALLS, "a") as calls:
    calls.write(hardware["name"] + "\\n")
if not os.path.exists(arguments[1]):
    sys.exit(arguments[1] + ": no such network")
if hardware["code"]:
    print("MISMATCH img 0")
    sys.exit(hardware["code"])
memory = bytearray(hardware["mib"] << 20)
while time.process_time() < hardware["seconds"]:
    pass
with open(arguments[arguments.index("--json") + 1], "w") as out:
    json.dump({{"cycles": hardware["cycles"], "tiles_checked": 7, "macs": 1000000}}, out)
"""
OLD = {"name": "old", "seconds": 0.36, "mib": 90, "cycles": 100, "code": 0}
NEW = {"name": "new", "seconds": 0.12, "mib": 30, "cycles": 100, "code": 0}


class Compare(unittest.TestCase):
    def setUp(self):
        self.box = tempfile.mkdtemp(prefix="dpacs-compare-")
        self.addCleanup(shutil.rmtree, self.box)
        self.calls = os.path.join(self.box, "calls")
        self.write("Makefile", MAKEFILE)
        self.program(version=1)
        self.write(".gitignore", "/build/\n/calls\n")
        self.write("models/fmnist-s50c50.dpm", "")
        self.git("init", "-q")
        self.commit(OLD)
        self.commit(NEW)

    def write(self, name, text):
        path = os.path.join(self.box, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)

    def program(self, version):
        self.write("dpacs.py", PROGRAM.format(calls=self.calls, version=version))

    def git(self, *arguments):
        author = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *author, *arguments], cwd=self.box, check=True, stdout=subprocess.DEVNULL)

    def commit(self, hardware):
        self.write("hardware", json.dumps(hardware))
        self.git("add", "-A")
        self.git("commit", "-q", "-m", hardware["name"])

    def compare(self, base, *options, code=0):
        env = dict(os.environ, DPACS_DUT_DIR=os.path.join(self.box, "build", "dut"))
        done = subprocess.run([SCRIPT, base, *options], cwd=self.box, env=env, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def row(self, text, network, build):
        line = next(line for line in text.splitlines() if re.match(rf"{re.escape(network)} +{build} ", line))
        return [float(word) for word in line.split(build)[1].split()]

    def test_the_other_revision_runs_on_its_own_hardware_in_turn(self):
        text = self.compare("HEAD~1", "--runs", "3", "--only", "serial-ref")
        base, this, faster, least, most, _, base_mib, this_mib, memory = self.row(text, "block:56x56x64 keep 1", "serial-ref")
        self.assertGreater(base, 0.35)
        self.assertLess(this, base)
        self.assertAlmostEqual(faster, base / this, delta=0.3)
        self.assertLessEqual(least, faster)
        self.assertGreaterEqual(most, faster)
        self.assertGreater(least, 1.5)
        self.assertGreater(base_mib - this_mib, 50)
        self.assertAlmostEqual(memory, this_mib / base_mib, delta=0.02)
        with open(self.calls, encoding="utf-8") as calls:
            self.assertEqual(calls.read().split(), ["old", "new", "new", "old", "old", "new"])
        self.assertNotIn("differs", text)

    def test_all_cases_are_run(self):
        text = self.compare("HEAD", "--runs", "1")
        self.assertEqual(len(re.findall(r"^(?:fmnist|block|resnet)", text, re.M)), 6)
        self.assertAlmostEqual(self.row(text, "resnet18 dense", "parallel-ref")[2], 1, delta=0.5)

    def test_networks_are_what_both_read(self):
        for ours, theirs in ((1, 2), (2, 1)):
            self.program(theirs)
            self.commit(dict(OLD, name=f"writes {theirs}"))
            self.program(ours)
            self.commit(dict(NEW, name=f"writes {ours}"))
            self.compare("HEAD~1", "--runs", "1", "--only", "serial-ref")
            with open(os.path.join(self.box, "build", "base", "runs", "block.dpm"), encoding="utf-8") as network:
                self.assertEqual(network.read(), "1")

    def test_other_cycles_are_said(self):
        self.commit(dict(NEW, name="newer", cycles=90))
        self.assertIn("differs: cycles 100 -> 90", self.compare("HEAD~1", "--runs", "1", "--only", "serial-ref"))

    def test_an_uncommitted_change_is_what_is_measured(self):
        self.write("hardware", json.dumps(dict(NEW, cycles=80)))
        self.assertIn("differs: cycles 100 -> 80", self.compare("HEAD", "--runs", "1", "--only", "serial-ref"))

    def test_a_second_start_takes_what_is_built(self):
        self.compare("HEAD~1", "--runs", "1", "--only", "serial-ref")
        base = os.path.join(self.box, "build", "base")
        tree = next(name for name in os.listdir(base) if name != "runs")
        before = os.stat(os.path.join(base, tree, "build", "dpacs")).st_mtime_ns
        self.compare("HEAD~1", "--runs", "1", "--only", "serial-ref")
        self.assertEqual(os.stat(os.path.join(base, tree, "build", "dpacs")).st_mtime_ns, before)
        shutil.rmtree(os.path.join(self.box, "build"))  # as make clean does
        self.compare("HEAD~1", "--runs", "1", "--only", "serial-ref")

    def test_wrong_revisions_cases_and_builds(self):
        self.assertIn("BASE=nosuch: not a revision", self.compare("nosuch", code=2))
        self.assertIn("ONLY=nosuch: no such case; there are fmnist", self.compare("HEAD", "--only", "nosuch", code=2))
        self.write("Makefile", "build/dpacs:\n\tfalse\n")
        self.git("commit", "-q", "-a", "-m", "broken")
        self.assertIn("does not build", self.compare("HEAD", code=2))

    def test_a_run_that_fails_ends_it(self):
        self.commit(dict(NEW, name="wrong", code=1))
        self.assertIn("exit code 1\nMISMATCH img 0", self.compare("HEAD~1", "--only", "serial-ref", code=1))


if __name__ == "__main__":
    unittest.main()
