"""What the tests of scripts/mutate share: a project with one small module and its test."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
MUTATE = ROOT / "scripts/mutate"
sys.path.insert(0, str(MUTATE))
sys.dont_write_bytecode = True

TOY = """module dp_toy (
    input  logic       clk_i,
    input  logic       rst_ni,
    input  logic [7:0] a_i,
    input  logic [7:0] b_i,
    output logic [7:0] max_o,
    output logic [7:0] sum_o
);
  assign max_o = (a_i < b_i) ? b_i : a_i;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) sum_o <= 8'd7;
    else if ((a_i != 8'd0) && (b_i != 8'd0)) sum_o <= sum_o + max_o * 8'd3 + (a_i ^ b_i) + (a_i & 8'd6) + (b_i | 8'd1);
  end
endmodule
"""
# From which the sizes of units are read: it has none.
TOP = """module dp_top #(
    parameter bit Parallel = 1'b1, parameter bit Prune = 1'b1, parameter int Pi = 8, parameter int Po = 8, parameter int MapWords = 8,
    parameter int WeightRows = 8, parameter int MaskW = 8, parameter int PatchBytes = 8
) (
    input logic clk_i
);
endmodule
"""
EQUIVALENT = "< -> <="  # of the maximum

# Looks at everything in all states that matter; notes every start, and takes its time.
TEST = """// verilate: dp_toy
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "Vdp_toy.h"

TestSuite(dp_toy);
Test(dp_toy, all) {
    const char *mutant = getenv("DPACS_MUTANT"), *calls = getenv("CALLS");
    FILE *file = fopen(calls, "a");
    (void)fprintf(file, "%s\\n", mutant);
    (void)fclose(file);
    usleep(200000);
    Vdp_toy toy;
    unsigned sum = 7;
    toy.rst_ni = 1;
    toy.clk_i = 0;
    toy.eval();
    toy.rst_ni = 0;
    toy.eval();
    toy.rst_ni = 1;
    for (unsigned i = 0; i < 400; i++) {
        unsigned a = i % 20, b = i / 20, max = a < b ? b : a;
        toy.a_i = a;
        toy.b_i = b;
        toy.clk_i = 0;
        toy.eval();
        cr_assert_eq(toy.max_o, max);
        cr_assert_eq(toy.sum_o, sum % 256);
        toy.clk_i = 1;
        toy.eval();
        if (a != 0 && b != 0) sum += 3 * max + (a ^ b) + (a & 6) + (b | 1);
    }
}
"""


class Box(unittest.TestCase):
    """Tests share one directory with the built tree; each starts without results."""

    @classmethod
    def setUpClass(cls):
        cls.box = Path(tempfile.mkdtemp(prefix="dpacs-mutate-"))
        cls.addClassCleanup(shutil.rmtree, cls.box, True)
        cls.out = cls.box / "build/mutate"
        for folder in ("rtl/lib", "csrc/golden", "driver", "tb", "tests/rtl", "build"):
            (cls.box / folder).mkdir(parents=True)
        for name in ("Makefile", *(file.name for file in ROOT.glob("*.mk")), "scripts", "models", "rtl/lint.vlt", "tests/rtl/unit.h"):
            os.symlink(ROOT / name, cls.box / name)
        for file in [ROOT / "build/libverilated.a", *(ROOT / "build").glob(".deps-*")]:
            shutil.copy2(file, cls.box / "build" / file.name)
        for name in ("golden", "golden_conv", "golden_mask", "golden_requant"):
            cls.write(f"csrc/golden/{name}.c", "")
        cls.write("rtl/files.f", "rtl/dp_pkg.sv\nrtl/lib/dp_toy.sv\nrtl/dp_top.sv\n")
        cls.write("rtl/dp_top.sv", TOP)
        cls.write("rtl/dp_pkg.sv", "package dp_pkg;\nendpackage\n")
        cls.write("rtl/lib/dp_toy.sv", TOY)
        cls.write("tests/rtl/test_dp_toy.cpp", TEST)
        cls.write("tests/mutate/ladder.toml", "")

    @classmethod
    def write(cls, name, text):
        (cls.box / name).parent.mkdir(parents=True, exist_ok=True)
        (cls.box / name).write_text(text, encoding="utf-8")

    def setUp(self):
        self.write("calls", "")
        self.write("tests/mutate/explained.txt", "")
        self.write("tests/rtl/test_dp_toy.cpp", TEST)
        (self.out / "results.jsonl").unlink(missing_ok=True)

    def words(self, *options):
        return ["/usr/bin/python3", "-B", str(MUTATE), "--root", str(self.box), "--mutants", "all", "--jobs", "2", *options]

    def environment(self):
        """Without what tells a Criterion program that it is a test of another one: this may be one, and starts some."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("BXFI")}
        return {**kept, "CALLS": str(self.box / "calls")}

    def mutate(self, *options, expect=0, said=""):
        done = subprocess.run(self.words(*options), env=self.environment(), capture_output=True, text=True, timeout=250, check=False)
        text = done.stdout + done.stderr
        self.assertEqual(done.returncode, expect, text)
        self.assertNotIn("Traceback", text)
        self.assertIn(said, text)
        return text

    def listed(self):
        return self.mutate("--list").splitlines()

    def mutants(self):
        """Operator -> name of the last one."""
        return {line.split("  ")[1]: line.split()[0] for line in self.listed()}

    def calls(self):
        return [line for line in (self.box / "calls").read_text(encoding="utf-8").split() if line != "0"]

    def results(self):
        return [json.loads(line) for line in (self.out / "results.jsonl").read_text(encoding="utf-8").splitlines()]
