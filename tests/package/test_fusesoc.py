"""dpacs.core names the files of rtl/files.f, and fusesoc, where it is installed, runs its targets."""

import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
NAME = "dpacs:accelerator:dpacs"


def read_core():
    text = (ROOT / "dpacs.core").read_text(encoding="utf-8")
    return text, yaml.safe_load(text)


class Core(unittest.TestCase):
    def test_names_the_files_of_the_list(self):
        files = (ROOT / "rtl/files.f").read_text(encoding="utf-8").split()
        self.assertEqual(read_core()[1]["filesets"]["rtl"]["files"], files)

    def test_names_files_that_are_there(self):
        for fileset in read_core()[1]["filesets"].values():
            for entry in fileset["files"]:
                name = entry if isinstance(entry, str) else next(iter(entry))
                self.assertTrue((ROOT / name).is_file(), name)

    def test_parameters_are_those_of_the_top(self):
        top = (ROOT / "rtl/dp_top.sv").read_text(encoding="utf-8")
        declared = {name: int(value.replace("1'b", "")) for name, value in re.findall(r"^    parameter .*?(\w+) = ([\w']+),", top, re.M)}
        given = {name: parameter["default"] for name, parameter in read_core()[1]["parameters"].items()}
        self.assertEqual(given, declared)

    def test_version_is_that_of_the_register_map(self):
        page = (ROOT / "docs/registers.md").read_text(encoding="utf-8")
        page = page[page.index("**VERSION**") :]
        version = [int(re.search(rf"\| {part} \|.*\| (0x\w+) \|", page).group(1), 16) for part in ("MAJOR", "MINOR")]
        self.assertEqual(read_core()[1]["name"], f"{NAME}:{version[0]}.{version[1]}")


@unittest.skipUnless(shutil.which("fusesoc"), "fusesoc is not installed (PyPI has it)")
class Targets(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="dpacs-fusesoc-")
        self.addCleanup(shutil.rmtree, self.folder)

    def run_target(self, target, *options, root=ROOT):
        done = subprocess.run(["fusesoc", "--cores-root", root, "run", "--build-root", f"{self.folder}/{target}", "--target", target, *options, NAME],
                              cwd=self.folder, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def copy(self):
        root = pathlib.Path(self.folder) / "copy"
        root.mkdir()
        shutil.copytree(ROOT / "rtl", root / "rtl")
        shutil.copytree(ROOT / "tests/package", root / "tests/package")
        shutil.copyfile(ROOT / "dpacs.core", root / "dpacs.core")
        return root

    def test_lint(self):
        code, said = self.run_target("lint")
        self.assertEqual(code, 0, said)

    def test_lint_bites(self):
        root = self.copy()
        top = root / "rtl/dp_top.sv"
        top.write_text(top.read_text().replace("logic [7:0] weight_granule,", "logic [6:0] weight_granule,"))
        self.assertNotEqual(self.run_target("lint", root=root)[0], 0)

    def test_sim(self):
        code, said = self.run_target("sim")
        self.assertEqual(code, 0, said)
        self.assertIn("first job: refused and aborted as it should be", said)

    def test_sim_bites(self):
        root = self.copy()
        fetch = root / "rtl/control/dp_fetch.sv"
        self.assertIn("dp_pkg::ErrNoList", fetch.read_text())
        fetch.write_text(fetch.read_text().replace("dp_pkg::ErrNoList", "dp_pkg::ErrEndless"))
        code, said = self.run_target("sim", root=root)
        self.assertNotEqual(code, 0)
        self.assertIn("FAILED after", said)

    def test_synth_is_set_up(self):
        code, said = self.run_target("synth", "--setup")
        self.assertEqual(code, 0, said)


if __name__ == "__main__":
    unittest.main()
