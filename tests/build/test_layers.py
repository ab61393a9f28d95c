"""What scripts/build/layers.py says of small projects: two rooms, some files, one thing wrong at a time."""
import subprocess
import tempfile
import unittest
from pathlib import Path

LAYERS = Path(__file__).parents[2] / "scripts/build/layers.py"
ROOMS = """ROOMS := csrc/low csrc/high \\
    tb/top
uses_csrc/low :=
uses_csrc/high := low
all_of_csrc := low high
uses_tb/top := $(all_of_csrc)
"""
# b calls a, c calls b, d calls c and a
CLEAN = {
    "csrc/low/a.h": "int a(void);\n",
    "csrc/low/a.c": '#include "a.h"\nint a(void) { return 1; }\n',
    "csrc/high/b.h": '#include "a.h"\nint b(void);\n',
    "csrc/high/b.c": '#include "b.h"\nint b(void) { return a(); }\n',
    "csrc/high/c.c": '#include "b.h"\nint c(void);\nint c(void) { return b(); }\n',
    "tb/top/d.c": '#include "a.h"\nint c(void);\nint d(void);\nint d(void) { return a() + c(); }\n',
}


class Layers(unittest.TestCase):
    def run_on(self, changes, allow=""):
        """The exit code and what it prints, of CLEAN with changes."""
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for name, text in {"rooms.mk": ROOMS, "scripts/build/layers.allow": allow, **CLEAN, **changes}.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
            paths = [f"-I{root}/{room}" for room in ("csrc/low", "csrc/high", "tb/top")]
            for source in root.glob("*/*/*.c"):
                out = root / "build/obj" / source.relative_to(root).with_suffix(".o")
                out.parent.mkdir(parents=True, exist_ok=True)
                subprocess.run(["gcc", "-c", *paths, "-o", out, source], check=True)
            done = subprocess.run([LAYERS, "--root", root], capture_output=True, text=True, check=False)
            return done.returncode, done.stdout + done.stderr

    def expect(self, code, words, changes, allow=""):
        got, text = self.run_on(changes, allow)
        self.assertEqual(got, code, text)
        self.assertIn(words, text)

    def test_a_clean_project(self):
        self.expect(0, "layers: 6 files in 3 rooms, 0 circles, 0 wrong", {})

    def test_a_call_upwards(self):
        text = 'int b(void);\nint a(void);\nint a(void) { return b(); }\n'
        self.expect(1, "csrc/low/a.c uses csrc/high/b.c (b): rooms.mk does not allow csrc/low to use csrc/high", {"csrc/low/a.c": text})

    def test_an_include_upwards(self):
        text = '#include "b.h"\nint a(void) { return 1; }\n'
        self.expect(1, "csrc/low/a.c uses csrc/high/b.h (includes it): rooms.mk", {"csrc/low/a.c": text})

    def test_data_counts_as_a_call(self):
        text = 'extern int up;\nint a(void);\nint a(void) { return up; }\n'
        self.expect(1, "csrc/low/a.c uses csrc/high/e.c (up): rooms.mk", {"csrc/low/a.c": text, "csrc/high/e.c": "int up = 1;\n"})

    def test_a_circle_of_calls(self):
        text = 'int c(void);\nint b(void);\nint b(void) { return c(); }\n'
        code, said = self.run_on({"csrc/high/b.c": text})
        self.assertEqual(code, 1, said)
        self.assertIn("a circle:\n  csrc/high/b.c -> csrc/high/c.c (c)\n  csrc/high/c.c -> csrc/high/b.c (b)\n", said)
        self.assertIn("1 circles, 1 wrong", said)

    def test_a_circle_of_three_headers(self):
        headers = {f"csrc/high/{name}.h": f'#pragma once\n#include "{other}.h"\n' for name, other in ("xy", "yz", "zx")}
        self.expect(1, "csrc/high/z.h -> csrc/high/x.h (includes it)", headers)

    def test_an_allowed_circle(self):
        text = 'int c(void);\nint b(void);\nint b(void) { return c(); }\n'
        self.expect(0, "1 circles, 0 wrong", {"csrc/high/b.c": text}, "csrc/high: b.c c.c e.c # on purpose\n")
        self.expect(1, "a circle", {"csrc/high/b.c": text}, "csrc/high: b.c e.c # too small\n")
        self.expect(2, "without a reason", {"csrc/high/b.c": text}, "csrc/high: b.c c.c\n")

    def test_a_line_without_a_circle(self):
        self.expect(1, "layers.allow: csrc/high: b.c c.c: no such circle any more", {}, "csrc/high: b.c c.c # once\n")

    def test_what_is_missing(self):
        self.expect(2, "rooms.mk names no ROOMS", {"rooms.mk": ""})
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "rooms.mk").write_text("ROOMS := r\nuses_r :=\n")
            (root / "r").mkdir()
            (root / "r/a.c").write_text("")
            done = subprocess.run([LAYERS, "--root", root], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 2)
            self.assertIn("a.o: not there; `make lint` builds the objects first", done.stderr)


if __name__ == "__main__":
    unittest.main()
