"""The engine with a program that plays dpacs: verdicts, batches, budget, time-outs, signals, and kills at random moments."""
import os
import random
import re
import signal
import time
import unittest

import support


class Verdicts(support.Box):
    def attempts(self):
        return self.rows("SELECT number, status, kind, stage, cause FROM attempt ORDER BY number")

    def one(self, body, expect=1, said="", timeout=60, offered=""):
        self.fake(body, offered)
        self.matrix(count=1, timeout=timeout)
        return self.nightly("run", expect=expect, said=said)

    def test_equal(self):
        self.one("good", 0, "1 passed, 0 failed, 0 flaky, 0 not run (finished)")
        self.assertEqual(self.attempts(), [(1, "passed", None, None, None)])

    def test_wrong_twice_is_wrong(self):
        self.one("bad", 1, f"FAILED blocks: {support.WRONG}")
        place = ("conv3x3", "conv2", "wrong accumulator")
        self.assertEqual(self.attempts(), [(1, "mismatch", *place), (2, "mismatch", *place)])

    def test_wrong_once_is_flaky_and_kept(self):
        text = self.one('[ "$calls" -gt 1 ] && good; bad', 1, "0 passed, 0 failed, 1 flaky")
        self.assertIn(f"FLAKY blocks: {support.WRONG}", text)
        self.assertEqual([row[1] for row in self.attempts()], ["mismatch", "passed"])
        self.assertEqual(self.rows("SELECT output FROM attempt WHERE number = 1"), [(support.WRONG + "\n",)])

    def test_a_stage_that_was_explained(self):
        self.one("echo 'first wrong stage: partial sum (build/dpacs explain x)' >&2; bad")
        self.assertEqual(self.attempts()[0][2:], ("conv3x3", "partial sum", "wrong accumulator"))

    def test_a_wrong_accumulator_under_a_right_output(self):
        said = "MISMATCH img 0 b1.conv2 y=1 x=2 k=3 accumulator got 66 want 77, output 4 is right, cycle 88"
        self.one(f"echo '{said}' >&2; echo '{support.BAD}'; exit 1", 1, f"FAILED blocks: {said}")
        self.assertEqual(self.attempts()[0][2:], ("conv3x3", "conv2", "wrong accumulator"))

    def test_other_ends(self):
        ends = [
            ("echo 'HANG at cycle 9: no progress' >&2; exit 3", ("hang", "-", "-", "hang")),
            ("echo 'BUS ERROR at cycle 9: stray' >&2; exit 3", ("hang", "-", "-", "bus error")),
            ("echo 'dpacs: does not fit' >&2; exit 2", ("refused", "-", "-", "refused")),
            ("exit 4", ("no build", "-", "-", "no build")),
            ("exit 77", ("exit code 77", "-", "-", "exit code 77")),
            ("kill -SEGV $$", ("killed by signal 11", "-", "-", "killed by signal 11")),
            ("exit 0", ("no result", "-", "-", "no result")),
            ("echo garbage; exit 0", ("no result", "-", "-", "no result")),
            ("echo '{bad}'; exit 0".format(bad=support.BAD), ("no result", "-", "-", "no result")),
            ("echo '{}'; exit 0".format(support.GOOD.replace('"images":1', '"images":0')), ("no result", "-", "-", "no result")),
        ]  # fmt: skip
        import worker

        for body, expected in ends:
            self.fake(body)
            with self.subTest(body=body):
                record = worker.attempt(f"{self.box}/dpacs", {"arguments": ["sim"], "timeout": 60, "id": "x"}, "")
                self.assertEqual(tuple(record[name] for name in ("status", "kind", "stage", "cause")), expected)

    def test_a_case_without_end_is_ended(self):
        self.one("exec sleep 1000", timeout=1)
        self.assertEqual([row[1] for row in self.attempts()], ["time-out", "time-out"])
        self.expect_no_process(self.box)

    def test_a_case_that_takes_its_worker_along(self):
        self.fake("kill -KILL $PPID; sleep 10")
        self.matrix(count=1, more=support.MATRIX[support.MATRIX.index("[[suite]]") :].format(count=1, timeout=9, more="").replace('"blocks"', '"b"'))
        self.nightly("run", expect=1, said="2 failed")
        self.assertEqual(self.rows("SELECT DISTINCT status FROM attempt"), [("worker died",)])
        self.assertEqual(sorted(self.calls().values()), [2, 2])

    def test_bundles_where_the_program_has_them(self):
        self.one('mkdir -p "$bundle" && echo x >"$bundle/failure.json"; bad', offered="--bundle=DIR")
        found = sorted(os.listdir(f"{self.out}/report/failures/1"))
        self.assertEqual(len([name for name in found if name.endswith(".txt")]), 2)
        self.assertEqual(len([name for name in found if not name.endswith(".txt")]), 2)
        with open(f"{self.out}/report/index.html", encoding="utf-8") as page:
            links = re.findall(r'href="(failures/[^"]+)"', page.read())
        self.assertEqual(len(links), 4)
        for link in links:
            self.assertTrue(os.path.exists(f"{self.out}/report/{link}"), link)


    def test_bundles_are_not_kept_without_end(self):
        import worker

        self.fake('mkdir -p "$bundle"; bad', offered="--bundle=DIR")
        self.matrix(count=40)
        self.nightly("run", expect=1, said="40 failed")
        made = [name for name in os.listdir(f"{self.out}/report/failures/1") if not name.endswith(".txt")]
        self.assertGreaterEqual(len(made), worker.MOST_BUNDLES)
        self.assertLessEqual(len(made), worker.MOST_BUNDLES + 2)


class Nights(support.Box):
    def wait_for_calls(self, more, process=None):
        """Until so many cases more have begun, or the process has ended."""
        path, end = f"{self.box}/calls", time.monotonic() + 60
        size = os.path.getsize(path) if os.path.exists(path) else 0
        while (os.path.getsize(path) if os.path.exists(path) else 0) < size + 8 * more and (process is None or process.poll() is None):
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)

    def test_the_budget_ends_a_night_and_the_next_start_goes_on(self):
        self.fake("sleep 0.5; good")
        self.matrix(count=60)
        self.nightly("run", "--budget", 0.1, said="(budget)")
        first = self.verdicts()
        self.assertGreater(first["passed"], 2)
        self.assertGreater(first["missing"], 20)
        self.fake("good")  # another program: another night
        self.nightly("run", said="60 of 60 cases to run")
        self.assertEqual(self.rows("SELECT count(*) FROM night"), [(2,)])
        self.fake("sleep 0.5; good")
        self.nightly("run", "--budget", 0.1, said=f"{first['missing']} of 60 cases to run")

    def test_what_is_done_is_not_run_again(self):
        self.fake('[ $((seed % 2)) = 0 ] && good; bad')
        self.matrix(count=12)
        text = self.nightly("run", expect=1)
        calls = self.calls()
        self.assertEqual(self.nightly("run", expect=1, said="0 of 12 cases to run").splitlines()[-2], text.splitlines()[-2])
        self.assertEqual(self.calls(), calls)
        self.write("dut/serial-small.so", "other hardware")
        self.nightly("run", expect=1, said="12 of 12 cases to run")
        self.assertEqual(self.rows("SELECT count(*) FROM night"), [(2,)])

    def test_short_cases_go_out_together(self):
        import cases
        import engine

        runner = engine.Engine("dpacs", "", 2, 60, type("", (), {"pipe": os.pipe()[0]}), None)
        self.assertEqual(runner.batch_size(1000), 1)
        runner.finished, runner.seconds = 100, 1.0
        self.assertEqual(runner.batch_size(1000), engine.MOST)
        self.assertEqual(runner.batch_size(40), 10)
        self.assertEqual(runner.batch_size(2), 1)
        runner.seconds = 50
        self.assertEqual(runner.batch_size(1000), 4)
        self.assertEqual(cases.Case("a", "s", ["sim", "a b"], {}, 1).command(), "build/dpacs sim 'a b'")

    def test_a_signal_ends_it_and_its_cases(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            self.fake(f"sleep 0.{number}; good")
            self.matrix(count=40)
            process = self.begin("run")
            self.wait_for_calls(5)
            process.send_signal(number)
            self.assertEqual(process.wait(timeout=60), 130)
            self.expect_no_process(self.box)
        self.expect_intact()
        self.assertEqual(len(self.rows("SELECT why FROM start WHERE why LIKE 'stopped by signal%'")), 2)

    def test_nothing_outlives_a_kill(self):
        self.fake("while :; do sleep 0.1; done")
        self.matrix()
        process = self.begin("run")
        self.wait_for_calls(2)
        support.kill(process)
        time.sleep(1)
        self.expect_no_process(self.box)

    def test_inputs_that_are_not_there(self):
        self.matrix()
        self.nightly("run", expect=2, said=f"{self.box}/dpacs: No such file or directory; make builds it")
        self.fake()
        os.unlink(f"{self.box}/dut/serial-small.so")
        self.nightly("run", expect=2, said="serial-small.so: No such file or directory; make builds it")
        self.write("out", "a file")
        self.write("dut/serial-small.so", "")
        self.nightly("run", expect=2, said="out")
        for option in ("--jobs", "--budget"):
            self.nightly("run", option, 0, expect=2, said=option)

    def test_twenty_kills_lose_and_double_nothing(self):
        """A case runs until its result is written: each kill may cost each worker the running one, and one whose result is on its way."""
        count, kills, jobs = 220, 20, 2
        self.fake('sleep 0.$((seed % 3)); [ $((seed % 9)) = 0 ] && bad; good')
        self.matrix(count=count)
        chooser = random.Random(20)
        for number in range(kills):
            process = self.begin("run")
            if number % 2:
                self.wait_for_calls(1, process)
            time.sleep(chooser.uniform(0, 0.8))
            done = process.poll()
            support.kill(process)
            if done is not None:
                self.assertEqual(done, 1)
        self.expect_intact()
        self.assertGreaterEqual(self.rows("SELECT count(*) FROM start WHERE ended IS NULL")[0][0], kills / 2)
        self.nightly("run", expect=1, said="(finished)")
        self.expect_intact()
        self.expect_no_process(self.box)
        calls = self.calls()
        wrong = sum(int(seed) % 9 == 0 for seed in calls)
        self.assertEqual(self.verdicts(), {"passed": count - wrong, "failed": wrong})
        self.assertEqual(self.rows("SELECT count(*) FROM attempt"), [(count + wrong,)])
        self.assertEqual(len(calls), count)
        self.assertLessEqual(sum(calls.values()), count + wrong + kills * jobs * 2)
        self.assertEqual(self.rows("SELECT count(*) FROM night"), [(1,)])


if __name__ == "__main__":
    unittest.main()
