"""The engine with dpacs itself, on a small block."""
import os
import re
import subprocess
import unittest

import support


class Real(support.Box):
    def setUp(self):
        super().setUp()
        self.program = os.environ.get("DPACS") or f"{support.ROOT}/build/dpacs"
        self.builds = os.environ.get("DPACS_DUT_DIR") or f"{support.ROOT}/build/dut"
        if not os.path.exists(f"{self.builds}/serial-small.so"):
            self.skipTest("build/dut/serial-small.so is not there")

    def test_a_wrong_tile_is_a_failure_that_its_command_repeats(self):
        self.matrix(count=4, more='fault = ["none", "flip:12:3"]')
        text = self.nightly("run", "--dpacs", self.program, "--tier", "smoke", expect=1, DPACS_DUT_DIR=self.builds)
        commands = re.findall(r"^FAILED blocks: .*\n    build/dpacs (.*)$", text, re.M)
        failed = self.rows("SELECT axes, status, kind, cause FROM attempt JOIN verdict USING (night, id) WHERE verdict = 'failed'")
        self.assertEqual(len(commands), len(failed) / 2)
        self.assertGreater(len(commands), 0)
        for axes, status, kind, cause in failed:
            self.assertIn('"fault": "flip:12:3"', axes)
            self.assertEqual((status, kind), ("mismatch", "conv3x3"))
            self.assertIn(cause, ("wrong accumulator", "wrong value"))
        environment = self.environment(DPACS_DUT_DIR=self.builds)
        for words in commands:
            repeated = subprocess.run([self.program, *words.split()], env=environment, cwd=support.ROOT, capture_output=True, check=False)
            self.assertEqual(repeated.returncode, 1)


if __name__ == "__main__":
    unittest.main()
