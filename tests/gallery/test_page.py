"""The page of scripts/gallery: its pictures hold the masks of an implementation that it does not ask; it fits a phone; what it refuses."""
import base64
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
SCRIPT = os.path.join(ROOT, "scripts", "gallery", "gallery.py")
DPACS = os.environ.get("DPACS", os.path.join(ROOT, "build", "dpacs"))
DUTS = os.environ.get("DPACS_DUT_DIR", os.path.join(ROOT, "build", "dut"))
DATA = "/usr/share/datasets/fashion-mnist"
MODEL = os.path.join(ROOT, "models", "fmnist-s50c50.dpm")
ARCHS, COUNT = ("serial", "parallel"), 12
MISSING = next((arch for arch in ARCHS if not os.path.exists(os.path.join(DUTS, f"{arch}-small.so"))), None)
sys.path[:0] = [os.path.join(ROOT, "models", "train"), os.path.join(ROOT, "models", "import")]

try:
    import jinja2  # noqa: F401
    from PIL import Image
except ImportError as error:
    raise unittest.SkipTest("python3-jinja2 or python3-pil is not installed") from error


def run(*arguments):
    return subprocess.run([SCRIPT, *arguments], capture_output=True, text=True, check=False, cwd=ROOT)


def picture(uri):
    """PNG bytes of a data URI."""
    return Image.open(io.BytesIO(base64.b64decode(uri.split(",", 1)[1])))


def mask_of(tinted, height, width):
    """Rows of 0 and 1: what is computed is not grey. Every pixel of a position has to agree."""
    rows = []
    for y in range(height):
        row = ""
        for x in range(width):
            box = (x * tinted.width // width, y * tinted.height // height, (x + 1) * tinted.width // width, (y + 1) * tinted.height // height)
            colored = {not r == g == b for r, g, b in tinted.crop(box).getdata()}
            assert len(colored) == 1, (y, x)
            row += "1" if colored.pop() else "0"
        rows.append(row)
    return rows


@unittest.skipIf(MISSING, f"build/dut/{MISSING}-small.so is not there")
@unittest.skipUnless(os.path.isdir(DATA), "dataset-fashion-mnist is not installed")
class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.box = tempfile.mkdtemp(prefix="dpacs-gallery-")
        cls.figure = os.path.join(cls.box, "figure.png")
        cls.done = run(MODEL, "--count", str(COUNT), "-o", cls.box, "--figure", cls.figure)
        if cls.done.returncode == 0:
            with open(os.path.join(cls.box, "index.html"), encoding="utf-8") as file:
                cls.text = file.read()

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.box)

    def setUp(self):
        self.assertEqual(self.done.returncode, 0, self.done.stderr)

    def cards(self):
        """Image -> (text, {block: (picture, groups)}); an image that stands twice is there twice alike."""
        cards = {}
        for number, body in re.findall(r'<article class="card" data-image="(\d+)">(.*?)</article>', self.text, re.DOTALL):
            blocks = re.findall(r'<figure data-block="(\w+)" data-groups="(\d+)"><img src="(data:[^"]+)"', body)
            self.assertEqual(cards.setdefault(int(number), (body, blocks)), (body, blocks))
        return cards

    def hardware(self, arch, *options):
        done = subprocess.run([DPACS, "sim", MODEL, "--arch", arch, "--no-baseline", "--json", "-", *options], capture_output=True, text=True,
                              check=True, cwd=ROOT)
        return json.loads(done.stdout)

    def test_masks_are_those_of_pytorch(self):
        try:
            import torch
        except ImportError:
            self.skipTest("python3-torch is not installed")
        import data
        import int_reference
        torch.set_num_threads(1)
        model = int_reference.load(MODEL)
        images, labels = data.load(DATA, "test", COUNT)
        runner = int_reference.Runner(model)
        classes = int_reference.classify(runner.run(images.unsqueeze(1).long()))
        cards = self.cards()
        self.assertEqual(sorted(cards), list(range(COUNT)))  # so few are all shown
        for number, (body, blocks) in cards.items():
            self.assertEqual(len(blocks), 6)
            for name, groups, uri in blocks:
                want = runner.masks[f"{name}.out"][number]
                self.assertEqual(mask_of(picture(uri).convert("RGB"), *want.shape), ["".join(map(str, row)) for row in want.tolist()])
                self.assertEqual(groups, "".join(map(str, runner.masks[f"{name}.groups"][number].tolist())))
            right = classes[number] == labels[number]
            self.assertEqual('class="passed">right' in body, bool(right))
            self.assertEqual("wrong: taken for" in body, not right)

    def test_pictures_and_cycles_are_those_of_the_rtl(self):
        cards = self.cards()
        for number in list(cards)[:4]:
            body, blocks = cards[number]
            for arch in ARCHS:
                result = self.hardware(arch, "--first", str(number), "--count", "1")
                self.assertIn(f"{result['cycles']:,} cycles {arch}", body)
                layers = {layer["name"]: layer for layer in result["layers"]}
                for layer in layers.values():
                    self.assertRegex(body, rf"<td>{layer['name']}</td>.*>{layer['cycles']:,}<")
                for name, groups, uri in blocks:
                    layer = layers[f"{name}.conv2"]
                    side = round(layer["positions"] ** 0.5)
                    rows = mask_of(picture(uri).convert("RGB"), side, side)
                    self.assertEqual("".join(rows).count("1"), layer["positions_kept"])
                    self.assertEqual(groups.count("1"), layer["groups_kept"])

    def test_easiest_and_hardest(self):
        cycles = self.hardware("serial", "--count", str(COUNT))["image_cycles"]
        order = sorted(range(COUNT), key=lambda i: cycles[i])
        for title, want in (("Easiest", order[:4]), ("Hardest", order[:-5:-1])):
            part = self.text.split(f"<h2>{title}</h2>")[1].split("<h2>")[0]
            self.assertEqual([int(n) for n in re.findall(r'data-image="(\d+)"', part)], want)
        self.assertIn(f">{min(cycles):,}<", self.text)
        self.assertIn(f">{max(cycles):,}<", self.text)

    def test_figure(self):
        self.assertLess(os.path.getsize(self.figure), 150_000)
        with Image.open(self.figure) as drawn:
            self.assertEqual(drawn.size, (176 + 7 * 90, 24 + 6 * 108))
            self.assertGreater(len(drawn.convert("RGB").getcolors(1 << 16)), 20)

    def test_in_a_browser(self):
        """As it is, and with all its tables open; on a phone, too."""
        with open(os.path.join(self.box, "open.html"), "w", encoding="utf-8") as file:
            file.write(self.text.replace("<details>", "<details open>"))
        for page in ("index.html", "open.html"):
            done = subprocess.run([f"{ROOT}/scripts/nightly/check-report.sh", self.box, f"{self.box}/pictures", page], capture_output=True,
                                  text=True, check=False)
            if done.returncode == 77:
                self.skipTest(done.stdout.strip())
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_other_images_and_networks(self):
        """Noise for a network that prunes nothing, and for a block without stem and head: no labels, no classes in words."""
        for model, said in (("models/fmnist-dense.dpm", "found: class "), ("gen:block:7x7x16,keep-spatial=0.5", "<h2>Images</h2>")):
            done = run(model, "--images", "random", "--count", "2", "-o", self.box)
            self.assertEqual(done.returncode, 0, done.stderr)
            with open(os.path.join(self.box, "index.html"), encoding="utf-8") as file:
                text = file.read()
            self.assertIn(said, text)
            self.assertNotIn("wrong: taken", text)

    def refuses(self, said, *arguments, code=2):
        out = os.path.join(self.box, "nothing")
        done = run(*arguments, "-o", out)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        self.assertIn(said, done.stderr)
        self.assertFalse(os.path.exists(out))

    def test_what_it_refuses(self):
        broken = os.path.join(self.box, "broken.dpm")
        with open(MODEL, "rb") as whole, open(broken, "wb") as part:
            part.write(whole.read()[:-64])
        self.refuses("nosuch.dpm", "nosuch.dpm")
        self.refuses("broken.dpm", broken)
        self.refuses("/nonexistent", "--images", "/nonexistent")
        self.refuses("there are 10000 images", "--count", "10001")
        self.refuses("nowhere/dpacs", "--program", "nowhere/dpacs")


if __name__ == "__main__":
    unittest.main()
