"""Sizes and features that a night has met: what is printed, and which gaps are failures."""
import contextlib
import io
import json
import os
import re
import subprocess
import unittest

import support
import coverage
import sizes
import store
from test_store import ABOUT, attempt, cases

FEATURE = "C '\1page\2v_feature/plan\1o\2{name}' {count}\n"
BUILDS = "BUILD_serial-a := 0 1 8\nBUILD_parallel-b := 1 1 16\n"
UNITS = "dp_x W=8 | serial-a serial-a-dense\ndp_x W=16 | parallel-b parallel-b-dense\n"


def features(**counts):
    return "".join(FEATURE.format(name=name, count=count) for name, count in counts.items())


class Sizes(support.Box):
    def setUp(self):
        super().setUp()
        os.mkdir(f"{self.box}/build")
        self.write("builds.mk", BUILDS)
        self.write("build/units.txt", UNITS)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.box)

    def told(self, files, must=True):
        """(is there a gap, what is printed, what is complained of), of [(build, coverage file or None: the case has failed)]."""
        collector, out, err = coverage.Collector(), io.StringIO(), io.StringIO()
        with store.Store(f"{self.box}/r.db") as base:
            planned = [cases.Case(str(i), "s", ["sim", str(i)], {"build": build}, 60) for i, (build, _) in enumerate(files)]
            night = base.begin_night(json.dumps(files), ABOUT, planned, [])
            for i, (build, text) in enumerate(files):
                result = {"id": str(i), "attempts": [attempt() if text else attempt("mismatch")] + ([] if text else [attempt("mismatch")])}
                if text:
                    result["coverage"] = collector.add(build, text.encode())
                base.add(night, [result])
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                gap = sizes.tell(base, night, must)
        return gap, out.getvalue(), err.getvalue()

    def test_all_is_met(self):
        gap, out, err = self.told([("serial-a", features(given=1, head=0)), ("serial-a.check", features(given=0, head=2)), ("parallel-b", features(given=1, dual=1, head=1))])
        self.assertFalse(gap, err)
        self.assertRegex(out, r"dp_x +W \(8\) \(16\)\n")
        self.assertRegex(out, r"given +met +met\n")
        self.assertRegex(out, r"dual +- +met\n")
        self.assertNotIn("GAP", out)

    def test_a_feature_that_no_equal_case_has_is_a_gap(self):
        gap, out, err = self.told([("serial-a", features(given=1, head=0)), ("parallel-b", features(given=1, head=1))])
        self.assertTrue(gap)
        self.assertRegex(out, r"head +GAP +met\n")
        self.assertEqual(err, "not met: serial-a with head\n")

    def test_a_build_that_has_only_failed_is_a_gap(self):
        gap, out, err = self.told([("serial-a", features(given=1)), ("parallel-b", None)])
        self.assertTrue(gap)
        self.assertRegex(out, r"dp_x +W \(8\) GAP 16\n")
        self.assertIn("not met: parallel-b: no features\n", err)

    def test_a_part_of_a_night_is_shown_and_not_judged(self):
        gap, out, err = self.told([("serial-a", features(given=0))], must=False)
        self.assertFalse(gap)
        self.assertIn("GAP", out)
        self.assertEqual(err, "")
        self.assertEqual(self.told([("serial-a", "C '\1page\2v_functional/masks\1o\2x' 1\n")], must=False), (False, "", ""))

    def test_dense_builds_have_no_features(self):
        gap, _, err = self.told([("serial-a", features(given=1)), ("serial-a-dense", features(given=0)), ("parallel-b", features(given=1))])
        self.assertFalse(gap, err)


class Whole(support.Box):
    """`complete` in the matrix: the program's own features, on a build that meets few of them."""

    def run_tier(self, *options, expect):
        program = os.environ.get("DPACS") or f"{support.ROOT}/build/dpacs"
        builds = os.environ.get("DPACS_DUT_DIR") or f"{support.ROOT}/build/dut"
        if not os.path.exists(f"{builds}/serial-small.so") or not os.path.exists(f"{support.ROOT}/build/units.txt"):
            self.skipTest("build/dut/serial-small.so or build/units.txt is not there")
        self.matrix(count=2)
        with open(f"{self.box}/matrix.toml", encoding="utf-8") as file:
            text = file.read()
        self.write("matrix.toml", text.replace("budget = 1", "budget = 1\ncomplete = true"))
        return self.nightly("run", "--dpacs", program, *options, expect=expect, DPACS_DUT_DIR=builds)

    def test_a_whole_night_with_a_gap_fails(self):
        said = self.run_tier(expect=1)
        self.assertIn("2 passed, 0 failed", said)
        self.assertRegex(said, r"two ring rows +GAP")
        self.assertIn("not met: serial-small with two ring rows", said)
        self.assertIn("not met: parallel-ref: no features", said)

    def test_some_suites_are_not_judged(self):
        said = self.run_tier("--tags", "x", expect=0)
        self.assertRegex(said, r"two ring rows +GAP")
        self.assertNotIn("not met", said)

    def test_the_features_of_the_matrix_are_for_every_build(self):
        """The suites that see to it have all six."""
        said = subprocess.run(["/usr/bin/python3", support.NIGHTLY, "plan", "--tier", "smoke", "--tags", "features"], cwd=support.ROOT,
                              capture_output=True, text=True, check=True).stdout  # fmt: skip
        with open(f"{support.ROOT}/builds.mk", encoding="utf-8") as file:
            builds = re.findall(r"^BUILD_(\S+)", file.read(), re.M)
        self.assertEqual(set(re.findall(r"--build (\S+)", said)), set(builds))


if __name__ == "__main__":
    unittest.main()
