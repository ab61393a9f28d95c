"""A copy of the project with all mutants in its sources, in which the project's own Makefile builds."""
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import schema

# What is mutated, by sides, each with its own bar: the hardware (rtl/files.f), what every tile must be, and what compares, plans and predicts.
SIDES = {
    "rtl": 0.95,
    "golden": 0.92,
    "checker": 0.90,
}
SOURCES = {
    "golden": ["csrc/golden/*.c"],
    "checker": ["csrc/naive/*.c", "csrc/plan/*.c", "csrc/cycle/*.c", "tb/check/scoreboard*.c", "tb/check/watchdog.c", "tb/check/hang.c",
                "tb/check/collect.c", "tb/bus/axi_check.c", "tb/bus/axi_mem*.c", "tb/run/sim*.c", "tb/run/bench*.c"],
}
MAKEFILES = ("Makefile", "builds.mk", "dut.mk", "install.mk", "program.mk", "rooms.mk")
LINKS = (*MAKEFILES, "driver", "models", "scripts", "tests")
COPIED = ("rtl", "csrc", "tb")
# -w: an expression that is never true is worth a warning in an original only. -O1 of the models: they are small, and many.
MAKE = ("make", "--no-print-directory", "OPTIMIZE=-O2 -g -march=native -w", "MODEL_OPT=-O1")


class TreeError(Exception):
    pass


class Tree:
    def __init__(self, root, place, side=None):
        """With a side only its sources are mutated: the hardware of a campaign on C is built as ever. Mutants keep their numbers."""
        self.root, self.place, self.side = Path(root), Path(place), side
        self.side_of = {file: "rtl" for file in (self.root / "rtl/files.f").read_text().split()}
        for name, patterns in SOURCES.items():
            found = [path for pattern in patterns for path in sorted(self.root.glob(pattern))]
            self.side_of |= {str(path.relative_to(self.root)): name for path in found}
        self.files = list(self.side_of)
        self.mutants, self.text = [], {}
        for file in self.files:
            text = (self.root / file).read_text()
            mutants = schema.mutants_of(file, text, len(self.mutants) + 1)
            self.mutants += mutants
            self.text[file] = schema.mutated(file, text, mutants) if side in (None, self.side_of[file]) else text

    def write(self):
        """Only files that change get a new date, so that make builds what is out of date."""
        (self.place / "build").mkdir(parents=True, exist_ok=True)
        for name in LINKS:
            link(self.place / name, self.root / name)
        for source in sorted(path for folder in COPIED for path in (self.root / folder).rglob("*")):
            name = str(source.relative_to(self.root))
            if source.is_file():
                put(self.place / name, self.text.get(name, None) or source.read_text())
        put(self.place / "csrc/base/mutant.c", schema.DEFINED)
        for file in [self.root / "build/libverilated.a", self.root / "build/libfst.a", *(self.root / "build").glob(".deps-*")]:
            if file.exists() and not (self.place / "build" / file.name).exists():
                shutil.copy2(file, self.place / "build" / file.name)

    def make(self, targets, jobs, log):
        environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "DPACS_DUT_DIR")}
        with open(log, "w", encoding="utf-8") as out:
            done = subprocess.run(
                [*MAKE, f"-j{jobs}", *targets], cwd=self.place, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, check=False
            )
        if done.returncode != 0:
            raise TreeError(f"the mutated tree does not build: {log}")

    def checksum(self, *more):
        """Of everything that a result depends on. (The mutants are in the text of the tree.)"""
        total = hashlib.sha256("".join(self.text.values()).encode())
        paths = [self.root / name for name in (*MAKEFILES, "scripts/build/build-unit.sh", *more)]
        for folder, pattern in (("csrc", "*/*.[ch]"), ("driver", "*/*.[ch]"), ("rtl", "**/*"), ("tb", "*/*"), ("tests", "*/*.[ch]"), ("tests/rtl", "*.*")):
            paths += [path for path in (self.root / folder).glob(pattern) if path.is_file()]
        for path in sorted(paths):
            total.update(str(path.relative_to(self.root)).encode() + b"\0" + path.read_bytes())
        return total.hexdigest()[:16]


def link(path, target):
    if not path.is_symlink():
        os.symlink(target, path)


def put(path, text):
    if not path.exists() or path.read_text() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
