"""Whole campaigns on one small module: what is killed, what survives, exit codes, interruption."""
import signal
import subprocess
import time
import unittest

import support

import campaign
import ladder
import schema


class Toy(support.Box):
    def test_a_side_leaves_the_others_alone(self):
        self.assertEqual(self.mutate("--list", "--side", "rtl"), self.mutate("--list"))
        self.assertEqual(self.mutate("--list", "--side", "golden"), "")
        self.assertIn("below 95 %", self.mutate("--side", "rtl", "--only", self.mutants()[support.EQUIVALENT], expect=1))

    def test_verdicts_and_exit_codes(self):
        names = self.mutants()
        text = self.mutate(expect=1, said="1 survived, 1 of them not explained")
        count = len(self.listed())
        self.assertIn(f"{count} mutants of {count}: {count - 1} killed", text)
        self.assertIn(f"{names[support.EQUIVALENT]} rtl/lib/dp_toy.sv:9  {support.EQUIVALENT}  assign max_o", text)
        self.assertEqual(len(self.calls()), count)

        # Known results are not run again; the survivor explained, all is well.
        reason = f"# why\nEqual, so that\neither will do.\n    {names[support.EQUIVALENT]} max\n"
        self.write("tests/mutate/explained.txt", reason)
        self.assertIn("Equal, so that either will do.", self.mutate(said="0 of them not explained"))
        self.assertEqual(len(self.calls()), count)

        # Reasons of what is killed, or is not there any more, are reported.
        self.write("tests/mutate/explained.txt", f"{reason}Never.\n    {names['+ -> -']}\n    01234567 gone\n")
        text = self.mutate(said="01234567: no such mutant any more (Never.)")
        self.assertIn(f"{names['+ -> -']}: killed, by rtl/test_dp_toy (Never.)", text)

    def test_one_mutant(self):
        names = self.mutants()
        self.mutate("--only", names["+ -> -"], said="1 killed (100.0%)")
        self.mutate("--only", names[support.EQUIVALENT], expect=1, said="0 killed (0.0%)")

    def test_wrong_usage(self):
        self.mutate("--units", "dp_none", expect=2, said="dp_none: no such unit")
        self.mutate("--mutants", "few", expect=2, said="a number from 1 on")
        self.mutate("--ladder", "none.toml", expect=2, said="none.toml: No such file")
        self.write("tests/mutate/explained.txt", "Because.\n    + -> -\n")
        self.mutate(expect=2, said="no mutant's name")

    def test_the_original_must_pass(self):
        self.write("tests/rtl/test_dp_toy.cpp", support.TEST.replace("sum = 7", "sum = 8"))
        self.mutate(expect=2, said="the original does not pass: exit code 1")
        self.write("tests/rtl/test_dp_toy.cpp", support.TEST.replace("unsigned sum", "unsigned unsigned_sum"))
        self.mutate(expect=2, said="the mutated tree does not build")

    def test_results_survive_an_interruption(self):
        count = len(self.listed())
        with subprocess.Popen(self.words(), env=self.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            while len(self.calls()) < 4:
                self.assertIsNone(process.poll())
                time.sleep(0.02)
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(), 130)
        before = self.results()
        self.assertGreater(len(before), 0)
        self.assertLess(len(before), count)
        with (self.out / "results.jsonl").open("a", encoding="utf-8") as file:
            file.write('{"tree": "cut o')
        self.write("calls", "")
        self.mutate(expect=1, said=f"{count - 1} killed")
        self.assertEqual(len(self.calls()), count - len(before))
        self.assertEqual(len(self.results()), count)


class Parts(unittest.TestCase):
    def test_choice(self):
        text = "module m;\n" + "".join(f"assign y{i} = a{i} + b;\n" for i in range(90)) + "endmodule\n"
        mutants = schema.mutants_of("rtl/big.sv", text) + schema.mutants_of("rtl/small.sv", text[: text.index("assign y9 ")] + "endmodule\n", 91)
        picked = campaign.chosen(mutants, 20, "1")
        self.assertEqual(picked, campaign.chosen(mutants, 20, "1"))
        self.assertNotEqual(picked, campaign.chosen(mutants, 20, "2"))
        self.assertEqual(sum(m.file == "rtl/small.sv" for m in picked), 6)
        self.assertEqual(len(campaign.chosen(mutants, None, "1")), len(mutants))

    def test_judgement(self):
        step = ladder.Step("runs", "", [], predicted=True)
        good = '{"images": 1, "tiles_checked": 3, "cycles": 9, "model_cycles": 9, "layers": [{"cycles": 9, "model_cycles": 9}]}'
        self.assertIsNone(ladder.judge(step, good))
        self.assertEqual(ladder.judge(step, good.replace('"cycles": 9, "model_cycles": 9}]', '"cycles": 8, "model_cycles": 9}]')), "8 cycles, the model says 9")
        self.assertEqual(ladder.judge(step, good.replace('checked": 3', 'checked": 0')), "nothing compared")
        self.assertEqual(ladder.judge(step, ""), "no result")
        unit = ladder.Step("units", "", [])
        self.assertIsNone(ladder.judge(unit, "[====] Synthesis: Tested: 3 | Passing: 3"))
        self.assertEqual(ladder.judge(unit, "[====] Synthesis: Tested: 0 | Passing: 0"), "no test ran")


if __name__ == "__main__":
    unittest.main()
