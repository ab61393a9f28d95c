"""scripts/tradeoff on the hardware, with a few images: numbers of the table are those of the program; what is wrong ends it."""
import csv
import json
import os
import shutil
import subprocess
import tempfile
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
SCRIPT = os.path.join("scripts", "tradeoff", "tradeoff.py")
DPACS = os.environ.get("DPACS", os.path.join(ROOT, "build", "dpacs"))
DUTS = os.environ.get("DPACS_DUT_DIR", os.path.join(ROOT, "build", "dut"))
DATA = "/usr/share/datasets/fashion-mnist"
MISSING = next((name for name in ("parallel-small", "serial-small") if not os.path.exists(os.path.join(DUTS, name + ".so"))), None)
COUNT, WHOLE = 3, 40
LIST = """container,group,kind,seed,data
models/fmnist-dense.dpm,wide,dense,1,fashion-mnist
models/fmnist-s75c75.dpm,pruned,dynamic,1,fashion-mnist
"""


@unittest.skipIf(MISSING, f"build/dut/{MISSING}.so is not there")
@unittest.skipUnless(os.path.isdir(DATA), "dataset-fashion-mnist is not installed")
class Run(unittest.TestCase):
    def setUp(self):
        self.box = tempfile.mkdtemp(prefix="dpacs-tradeoff-")
        self.addCleanup(shutil.rmtree, self.box)
        with open(os.path.join(self.box, "list.csv"), "w", encoding="utf-8") as file:
            file.write(LIST)

    def run_script(self, code=0, *options, path=None):
        done = subprocess.run([SCRIPT, path or os.path.join(self.box, "list.csv"), "-o", self.box, "--count", str(COUNT), "--whole", str(WHOLE),
                               "--program", DPACS, *options], capture_output=True, text=True, check=False, cwd=ROOT)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def dpacs(self, command, network, *options):
        done = subprocess.run([DPACS, command, f"models/{network}.dpm", "--json", "-", *options], capture_output=True, text=True, check=True, cwd=ROOT)
        return json.loads(done.stdout)

    def test_numbers(self):
        try:
            import matplotlib  # noqa: F401
            plots = True
        except ImportError:
            plots = False
        text = self.run_script(0, *([] if plots else ["--no-plot"]))
        with open(os.path.join(self.box, "tradeoff.csv"), encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([row["network"] for row in rows], ["fmnist-dense", "fmnist-s75c75"])
        for row in rows:
            name = row["network"]
            golden = self.dpacs("ref", name, "--count", str(WHOLE))
            self.assertEqual((int(row["images"]), int(row["correct"])), (WHOLE, golden["correct"]))
            self.assertEqual(float(row["top1"]), 100 * golden["correct"] / WHOLE)
            self.assertEqual((int(row["images_on_rtl"]), int(row["correct_on_rtl"])), (COUNT, self.dpacs("ref", name, "--count", str(COUNT))["correct"]))
            tiles = 0
            for arch in ("serial", "parallel"):
                hardware = self.dpacs("sim", name, "--arch", arch, "--count", str(COUNT), "--no-baseline")
                tiles += hardware["tiles_checked"]
                self.assertEqual(row[f"cycles_{arch}"], f"{hardware['cycles'] / COUNT:.2f}")
                self.assertEqual((int(row[f"least_{arch}"]), int(row[f"most_{arch}"])), (min(hardware["image_cycles"]), max(hardware["image_cycles"])))
                model = self.dpacs("model", name, "--arch", arch, "--count", str(WHOLE))
                self.assertEqual(row[f"cycles_whole_{arch}"], f"{model['model_cycles'] / WHOLE:.2f}")
                if arch == "serial":
                    self.assertEqual(row["macs"], f"{model['macs'] / WHOLE:.2f}")
                    self.assertEqual(row["bytes"], f"{(model['bytes_weights'] + model['bytes_other']) / WHOLE:.2f}")
            self.assertEqual(int(row["tiles"]), tiles)
        if plots:
            for name in ("pareto.svg", "pareto.csv", "cycles-per-image.svg"):
                self.assertGreater(os.path.getsize(os.path.join(self.box, name)), 200)
        self.assertIn("equal: 12 images", text)
        again = self.run_script(0, "--no-plot")
        self.assertIn("2 of 2 cases are there already", again)

    def test_refuses(self):
        self.assertIn("nosuch.csv", self.run_script(2, path="nosuch.csv"))
        broken = os.path.join(self.box, "broken.dpm")
        with open(os.path.join(ROOT, "models", "fmnist-s75c75.dpm"), "rb") as whole, open(broken, "wb") as part:
            part.write(whole.read()[:-64])
        with open(os.path.join(self.box, "list.csv"), "a", encoding="utf-8") as file:
            file.write(f"{broken},broken,dense,1,fashion-mnist\n")
        self.assertIn("broken.dpm", self.run_script(2))
        self.assertFalse(os.path.exists(os.path.join(self.box, "tradeoff.csv")))

    def test_a_hardware_that_differs_is_an_error(self):
        """A build that is not that of the sources: nothing of it counts."""
        duts = os.path.join(self.box, "dut")
        os.mkdir(duts)
        shutil.copy(os.path.join(DUTS, "serial-small.so"), os.path.join(duts, "parallel-small.so"))
        shutil.copy(os.path.join(DUTS, "serial-small.so"), os.path.join(duts, "serial-small.so"))
        environment = dict(os.environ, DPACS_DUT_DIR=duts)
        done = subprocess.run([SCRIPT, os.path.join(self.box, "list.csv"), "-o", self.box, "--count", "1", "--whole", "5", "--program", DPACS],
                              capture_output=True, text=True, check=False, cwd=ROOT, env=environment)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        self.assertFalse(os.path.exists(os.path.join(self.box, "tradeoff.csv")))


if __name__ == "__main__":
    unittest.main()
