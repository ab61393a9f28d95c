"""scripts/accuracy/accuracy.py on made-up results: what it adds up, and that it sees everything that is not equal."""
import csv
import json
import os
import shutil
import subprocess
import tempfile
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
SCRIPT = os.path.join(ROOT, "scripts", "accuracy", "accuracy.py")
PART, IMAGES = 4, 10
NETWORKS = [("models/made-up.dpm", "parallel-small"), ("models/other.dpm", "serial-small")]


def cycles_of(image):
    return 1000 + 10 * image


class Table(unittest.TestCase):
    def setUp(self):
        self.box = tempfile.mkdtemp(prefix="dpacs-accuracy-")
        self.addCleanup(shutil.rmtree, self.box)
        self.records = []
        for net, build in NETWORKS:
            for first in range(0, IMAGES, PART):
                self.records.append(self.record(net, build, first, min(PART, IMAGES - first)))
        self.golden = {"made-up": 9, "other": 9}

    def record(self, net, build, first, count):
        cycles = [cycles_of(image) for image in range(first, first + count)]
        result = {"images": count, "labelled": count, "correct": count - (first == PART), "tiles_checked": 100 * count, "tiles_failed": 0,
                  "cycles": sum(cycles), "model_cycles": sum(cycles), "limit_cycles": 900.0 * count, "image_cycles": cycles}
        return {"id": f"{net}-{first}", "status": "ok", "message": "", "replay": "build/dpacs sim again",
                "case": {"net": net, "build": build, "first": first, "images": count}, "result": result}

    def path(self, name):
        return os.path.join(self.box, name)

    def run_script(self, code=0, missing=(), plot=False):
        with open(self.path("results.jsonl"), "w", encoding="utf-8") as out:
            out.writelines(json.dumps(record) + "\n" for record in self.records)
        with open(self.path("plan.txt"), "w", encoding="utf-8") as out:
            out.writelines(f"there    {record['id']} its name\n" for record in self.records)
            out.writelines(f"missing  {name} images of it\n" for name in missing)
        for network, correct in self.golden.items():
            with open(self.path(f"ref-{network}.json"), "w", encoding="utf-8") as out:
                json.dump({"images": IMAGES, "labelled": IMAGES, "correct": correct}, out)
        command = [SCRIPT, self.path("results.jsonl"), "--plan", self.path("plan.txt"), "--images", str(IMAGES), "-o", self.box]
        if not plot:
            command.append("--no-plot")
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def rows(self, name):
        with open(self.path(name), encoding="utf-8", newline="") as stored:
            return list(csv.DictReader(stored))

    def test_sums_over_the_cases(self):
        self.assertIn("equal: 20 images, 2,000 tiles,", self.run_script())
        row = self.rows("accuracy.csv")[0]
        self.assertEqual(row["network"], "made-up")
        self.assertEqual((row["images"], row["correct"], row["golden"], row["PyTorch"]), ("10", "9", "9", "-"))
        self.assertEqual((row["accuracy"], row["tiles"], row["wrong tiles"]), ("90.00 %", "1000", "0"))
        self.assertEqual((row["cycles"], row["least"], row["most"], row["limit"]), ("1045", "1000", "1090", "900"))
        with open(self.path("accuracy.md"), encoding="utf-8") as stored:
            self.assertIn("| made-up | parallel-small | 10 | 9 | 9 | - | 90.00 % | 1,000 | 0 | 1045 | 1,000 | 1,090 | 900 |\n", stored)
        every = self.rows("cycles.csv")
        self.assertEqual(len(every), 20)
        self.assertEqual([int(row["cycles"]) for row in every[:10]], [cycles_of(image) for image in range(10)])

    def test_histogram_counts_every_image(self):
        try:
            import matplotlib  # noqa: F401
        except ImportError:
            self.skipTest("python3-matplotlib is not installed")
        self.run_script(plot=True)
        bins = self.rows("cycles-per-image.csv")
        self.assertEqual(sum(int(row["images"]) for row in bins), 20)
        self.assertEqual({row["network"] for row in bins}, {"made-up", "other"})
        for row in bins:
            inside = [i for i in range(IMAGES) if 0 <= cycles_of(i) - int(row["cycles_from"]) < int(row["width"])]
            self.assertEqual(len(inside), int(row["images"]))
        with open(self.path("cycles-per-image.svg"), "rb") as stored:
            first = stored.read()
        self.assertIn(b"made-up: 1,000 to 1,090,", first)
        self.run_script(plot=True)
        with open(self.path("cycles-per-image.svg"), "rb") as stored:
            self.assertEqual(stored.read(), first)

    def fails(self, said, missing=()):
        text = self.run_script(code=1, missing=missing)
        self.assertIn(said, text)
        self.assertIn("NOT EQUAL", text)

    def test_a_failed_case(self):
        self.records[1]["status"], self.records[1]["message"] = "mismatch", "MISMATCH img 5"
        self.fails("made-up on parallel-small: images 4 to 7: mismatch: MISMATCH img 5; replay: build/dpacs sim again")

    def test_a_case_without_result(self):
        self.records[1]["status"], self.records[1]["result"] = "killed", None
        self.fails("6 of 10 images are there")

    def test_a_wrong_tile(self):
        self.records[0]["result"]["tiles_failed"] = 1
        self.fails("images 0 to 3: 1 wrong tiles of 400")

    def test_nothing_compared(self):
        self.records[0]["result"]["tiles_checked"] = 0
        self.fails("images 0 to 3: 0 wrong tiles of 0")

    def test_another_accuracy_than_golden(self):
        self.golden["other"] = 8
        self.fails("other on serial-small: 9 classified correctly, the golden reference: 8")

    def test_other_cycles_than_the_model(self):
        self.records[2]["result"]["model_cycles"] += 1
        self.fails("images 8 to 9: 2170 cycles, image by image 2170, the model says 2171")

    def test_cycles_that_do_not_add_up(self):
        self.records[2]["result"]["image_cycles"][0] -= 1
        self.fails("image by image 2169")

    def test_unlabelled_images(self):
        self.records[0]["result"]["labelled"] -= 1
        self.fails("9 of 10 images have labels")

    def test_a_missing_case(self):
        del self.records[2]
        self.fails("not run: images of it", missing=["models/made-up.dpm-8"])

    def test_the_same_images_twice(self):
        self.records[1]["case"]["first"] = 0
        self.fails("made-up on parallel-small: 6 of 10 images are there")

    def test_what_pytorch_chose_counts(self):
        for record in self.records[:3]:
            record["case"]["net"] = "models/fmnist-dense.dpm"
        self.golden["fmnist-dense"] = 9
        text = self.run_script(code=1)  # in truth all of the first ten are classified correctly
        self.assertIn("fmnist-dense on parallel-small: 9 classified correctly, PyTorch: 10", text)
        self.records[1]["result"]["correct"] += 1
        self.golden["fmnist-dense"] = 10
        self.run_script()
        self.assertEqual(self.rows("accuracy.csv")[0]["PyTorch"], "10")

    def test_wrong_input(self):
        self.golden = {"made-up": 9}
        self.assertIn("ref-other.json", self.run_script(code=2))
        del self.records[0]["case"]["first"]
        self.assertIn("holds cases of generated networks", self.run_script(code=2))


if __name__ == "__main__":
    unittest.main()
