"""scripts/accuracy/accuracy.sh on the hardware, with a few images: the table, a run that is killed and goes on, images that are not there."""
import csv
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
SCRIPT = os.path.join("scripts", "accuracy", "accuracy.sh")
DUTS = os.environ.get("DPACS_DUT_DIR", os.path.join(ROOT, "build", "dut"))
DATA = "/usr/share/datasets/fashion-mnist"
MISSING = next((name for name in ("parallel-small", "serial-small") if not os.path.exists(os.path.join(DUTS, name + ".so"))), None)


@unittest.skipIf(MISSING, f"build/dut/{MISSING}.so is not there")
@unittest.skipUnless(os.path.isdir(DATA), "dataset-fashion-mnist is not installed")
class Whole(unittest.TestCase):
    def setUp(self):
        self.box = tempfile.mkdtemp(prefix="dpacs-accuracy-")
        self.addCleanup(shutil.rmtree, self.box)
        self.results = os.path.join(self.box, "results.jsonl")

    def start(self, **variables):
        env = dict(os.environ, OUT=self.box, COUNT="6", PART="2", MODELS="models/fmnist-s50c50.dpm models/fmnist-s75c75.dpm")
        env.update(variables)
        return subprocess.Popen(["sh", SCRIPT], cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                start_new_session=True)

    def run_script(self, code=0, **variables):
        with self.start(**variables) as process:
            text = process.communicate()[0]
        self.assertEqual(process.returncode, code, text)
        return text

    def records(self):
        if not os.path.exists(self.results):
            return []
        with open(self.results, encoding="utf-8") as lines:
            return [json.loads(line) for line in lines if line.endswith("\n")]

    def test_every_image_is_run_and_a_second_start_runs_none(self):
        self.assertIn("equal: 18 images, ", self.run_script())
        with open(os.path.join(self.box, "accuracy.csv"), encoding="utf-8", newline="") as stored:
            rows = list(csv.DictReader(stored))
        self.assertEqual([(row["network"], row["build"]) for row in rows],
                         [("fmnist-s50c50", "parallel-small"), ("fmnist-s75c75", "parallel-small"), ("fmnist-s50c50", "serial-small")])
        for row in rows:
            self.assertEqual((row["images"], row["wrong tiles"]), ("6", "0"))
            self.assertEqual(row["correct"], row["golden"])
            self.assertEqual(row["correct"], row["PyTorch"])
            self.assertLess(int(row["least"]), int(row["most"]))
        before = self.records()
        self.assertIn("6 of 6 cases are there already", self.run_script())
        self.assertEqual(self.records(), before)

    def test_goes_on_after_kill(self):
        process = self.start(JOBS="1")
        limit = time.monotonic() + 100
        while len(self.records()) < 2 and time.monotonic() < limit:
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        finished = self.records()
        self.assertGreaterEqual(len(finished), 2)
        self.assertLess(len(finished), 9)
        self.assertIn("equal: 18 images, ", self.run_script())
        everything = self.records()
        self.assertEqual(everything[: len(finished)], finished)
        self.assertEqual(len({record["id"] for record in everything}), 9)
        self.assertEqual(len(everything), 9)

    def test_no_images(self):
        text = self.run_script(code=2, IMAGES=os.path.join(self.box, "nowhere"))
        self.assertIn("nowhere: No such file or directory", text)
        self.assertFalse(os.path.exists(self.results))

    def test_fewer_images_than_asked_for(self):
        self.assertIn("there are 10000 images", self.run_script(code=2, COUNT="10001"))


if __name__ == "__main__":
    unittest.main()
