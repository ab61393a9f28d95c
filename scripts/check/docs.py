#!/usr/bin/python3
"""Do the figures in the documents hold? docs.py [FOLDER [CHECK…]] compares those of FOLDER (the project) with what they
come from.

Of README.md, CHANGELOG.md, docs/ and waves/: the output of `make sim`, the sums of the published table, the hardware builds, the views, the
nightly plan, modules that the synthesis tables lack. What only a measurement can tell names its revision. Prose has at most 100 columns.
Exit code 0: all hold; 1: some do not, a line each. $DPACS is the program (build/dpacs).
"""
import os
import re
import statistics
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent
NUMBERS = "no one two three four five six seven eight nine ten eleven twelve".split()
COLUMNS = 100
PROSE = ["README.md", "CHANGELOG.md", "docs/*.md", "waves/README.md", "rtl/README.md"]
# Sections whose figures only a run can tell.
MEASURED = {
    "docs/results.md": ["Networks", "The whole test set on the RTL", "The published table", "Gang and chain", "Cycles against the limit, small networks and single blocks"]
    + ["Pruned against dense", "What the design steps brought", "Speed of the simulation", "Building and running"],
    "docs/table.md": ["The published table"],
    "docs/synthesis.md": ["The reference builds"],
    "docs/mutation.md": ["Measured"],
    "docs/nightly.md": ["Measured"],
    "docs/coverage.md": ["Measured"],
    "docs/board.md": ["Cycles"],
}


class Docs:
    def __init__(self, folder):
        self.folder, self.wrong = Path(folder), []

    def read(self, name):
        return (self.folder / name).read_text(encoding="utf-8")

    def fail(self, name, text):
        self.wrong.append(f"{name}: {text}")

    def expect(self, name, text):
        """These words, whatever the line breaks."""
        if " ".join(text.split()) not in " ".join(self.read(name).split()):
            self.fail(name, f"should say: {text}")

    def make_sim(self):
        shown = self.read("README.md").partition("OUTPUT OF make sim: begin")[2].partition("<!--")[0].split("```")[1].strip().splitlines()
        program = os.environ.get("DPACS", PROJECT / "build/dpacs")
        done = subprocess.run([program, "sim", "--count", "20"], cwd=PROJECT, capture_output=True, text=True, check=False)
        said = done.stdout.strip().splitlines()
        if done.returncode != 0:
            self.fail("README.md", f"dpacs sim ends with code {done.returncode}: {done.stderr.strip()[:200]}")
            return
        for old, new in zip(shown, said):
            if old != new and not (old.startswith("simulated") and new.split(" in ")[0] == old.split(" in ")[0]):
                self.fail("README.md", f"make sim prints now: {new}")
        if len(shown) != len(said):
            self.fail("README.md", f"make sim prints {len(said)} lines, {len(shown)} are shown")

    def table(self):
        """What docs/table.md sums up to, and what other documents say of it."""
        rows, group = [], None
        for line in self.read("docs/table.md").splitlines():
            title = re.match(r"## (\S+ on \S+),", line)
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if title:
                group = title[1]
            elif line.startswith("|") and group and re.fullmatch(r"\d+", cells[1]):
                rows.append((f"{group.split()[0]} {cells[0]} {group[len(group.split()[0]) + 1:]}", cells))
        ratios = [(int(cells[1]) / int(cells[2]), name) for name, cells in rows]
        faster = [(float(cells[6]), float(cells[7]), float(cells[9]), name) for name, cells in rows if cells[6] != "-"]
        slowest, slow = max((int(cells[1]) / 187480 / float(cells[5]), name) for name, cells in rows)
        above = sum(ours > published for ours, published, _, _ in faster)
        share, poorest = min((share, name) for _, _, share, name in faster)
        median, (worst, where) = statistics.median(ratio for ratio, _ in ratios), max(ratios)
        for name in ("README.md", "docs/table.md"):
            self.expect(name, f"bit-exact: {len(rows)} of {len(rows)} runs ({len(rows) - len(faster)} baselines, {len(faster)} cells)")
            self.expect(name, f"above the published speedup: {above} of {len(faster)} cells")
            self.expect(name, f"cycles/limit: median {median:.3f}, worst {worst:.3f} ({where})")
            self.expect(name, f"worst {share:.3f} ({poorest})")
        self.expect("README.md", f"largest ratio {slowest:.3f} ({slow})")
        self.expect("docs/table.md", f"largest ratio {slowest:.3f} ({slow})")
        self.expect("docs/results.md", f"the slowest {slowest:.3f} of")
        self.expect("README.md", f"{min(ratios)[0]:.3f} is the least of the table")
        self.expect("docs/results.md", f"| bit-exact | {len(rows)} of {len(rows)} runs")
        self.expect("docs/results.md", f"median {median:.3f}; worst {worst:.3f}")
        self.expect("docs/results.md", f"{above} of {len(faster)} cells")

    def views(self):
        views = sorted(view.stem for view in (self.folder / "waves").glob("*.view"))
        listed = sorted(re.findall(r"^\| `(\w+)` \|", self.read("waves/README.md"), re.M))
        if listed != views:
            self.fail("waves/README.md", f"lists the views {' '.join(listed)}; there are {' '.join(views)}")
        self.expect("CHANGELOG.md", f"{NUMBERS[len(views)]} views")

    def builds(self):
        table = re.findall(r"^BUILD_(\S+)\s*:=.*#\s*(\d+)", (PROJECT / "builds.mk").read_text(), re.M)
        listed = {}
        for names, macs in re.findall(r"^\| (`\S+-\w+`(?:, `\S+`)*) \|[^|]*\| ([\d, ]+) \|", self.read("README.md"), re.M):
            listed.update(zip(re.findall(r"`([^`]+)`", names), macs.split(", ")))
        if listed != dict(table):
            self.fail("README.md", f"lists the builds {listed}; builds.mk has {dict(table)}")

    def plan(self):
        environment = {name: value for name, value in os.environ.items() if name != "CIFAR10_DIR"}
        counts = []
        for tier in ("smoke", "daily", "full"):
            words = ["/usr/bin/python3", "scripts/nightly", "plan", "--tier", tier]
            said = subprocess.run(words, cwd=PROJECT, env=environment, capture_output=True, text=True, check=True).stdout
            counts.append(f"{int(re.search(r': ([0-9]+) cases', said)[1]):,} ({tier})")
        self.expect("docs/nightly.md", ", ".join(counts))

    def modules(self):
        text = self.read("docs/synthesis.md")
        for module in re.findall(r"(dp_\w+)\.sv", (PROJECT / "rtl/files.f").read_text()):
            if module != "dp_pkg" and not re.search(rf"\b{module}\b", text):
                self.fail("docs/synthesis.md", f"{module} is in no table, and nothing says so")

    def revisions(self):
        for name, titles in MEASURED.items():
            text = self.read(name)
            for title in titles:
                section = re.search(rf"^##? {re.escape(title)}\n(.*?)(?=^##? |\Z)", text, re.M | re.S)
                if not section or not re.search(r"[Rr]evisions?\s+`[0-9a-f]{7,}`", section[1]):
                    self.fail(name, f"'{title}' does not say at which revision it was measured" if section else f"no section '{title}'")

    def columns(self):
        for name in sorted(str(path.relative_to(self.folder)) for pattern in PROSE for path in self.folder.glob(pattern)):
            fenced = False
            for number, line in enumerate(self.read(name).splitlines(), 1):
                fenced ^= line.startswith("```")
                if len(line) > COLUMNS and not fenced and not line.startswith(("|", "    ", "![")):
                    self.fail(name, f"line {number} has {len(line)} columns")


CHECKS = ("make_sim", "table", "views", "builds", "plan", "modules", "revisions", "columns")


def main():
    docs = Docs(sys.argv[1] if len(sys.argv) > 1 else PROJECT)
    for check in sys.argv[2:] or CHECKS:
        getattr(docs, check)()
    print("\n".join(docs.wrong) or "docs: all figures hold")
    return 1 if docs.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
