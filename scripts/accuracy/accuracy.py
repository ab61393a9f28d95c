#!/usr/bin/python3
"""Accuracy and cycles of whole test sets on the RTL: scripts/accuracy/accuracy.py RESULTS.jsonl --plan FILE [-o DIRECTORY]

Reads what `dpacs sweep --models` wrote, adds up the cases of a network on a hardware build, and holds the sums against the golden
reference (ref-NETWORK.json in DIRECTORY) and against the classes that the integer run in PyTorch chose (models/expected). Prints a table, and
leaves accuracy.md, accuracy.csv, cycles.csv (of every image) and, with matplotlib, cycles-per-image.svg and .csv in DIRECTORY.
Exit code 0: everything is equal; 1: something is not, or is missing; 2: the input is wrong.
"""
import argparse
import csv
import gzip
import io
import json
import os
import statistics
import sys
from dataclasses import dataclass, field

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
sys.path.insert(0, os.path.join(HERE, "..", "table"))

import sweep_results as sr  # noqa: E402

EXPECTED = os.path.join(ROOT, "models", "expected")
LABELS = "/usr/share/datasets/fashion-mnist/t10k-labels-idx1-ubyte.gz"
COLUMNS = ["network", "build", "images", "correct", "golden", "PyTorch", "accuracy", "tiles", "wrong tiles", "cycles", "least", "most", "limit"]


@dataclass
class Run:
    """A network on a build: sums over its cases."""

    network: str
    build: str
    correct: int = 0
    labelled: int = 0
    tiles: int = 0
    wrong: int = 0
    limit: float = 0
    cycles: dict = field(default_factory=dict)  # image -> cycles
    problems: list = field(default_factory=list)

    def add(self, record):
        case, result = record["case"], record["result"]
        what = f"images {case['first']} to {case['first'] + case['images'] - 1}"
        if result is None or record["status"] != "ok":
            self.problems.append(f"{what}: {record['status']}: {record['message']}; replay: {record['replay']}")
        if result is None:
            return
        self.wrong += result["tiles_failed"]
        self.tiles += result["tiles_checked"]
        self.correct += result["correct"]
        self.labelled += result["labelled"]
        self.limit += result["limit_cycles"]
        self.cycles.update(enumerate(result["image_cycles"], case["first"]))
        if result["tiles_failed"] or not result["tiles_checked"]:
            self.problems.append(f"{what}: {result['tiles_failed']} wrong tiles of {result['tiles_checked']}")
        if sum(result["image_cycles"]) != result["cycles"] or result.get("model_cycles") != result["cycles"]:
            self.problems.append(f"{what}: {result['cycles']} cycles, image by image {sum(result['image_cycles'])}, "
                                 f"the model says {result.get('model_cycles')}")


def read_runs(path, plan):
    """In the order of the plan."""
    runs = {}
    for record in sr.read_records(path, sr.read_plan(plan)):
        case = record["case"]
        if "first" not in case:
            raise sr.BadResults(f"{path}: holds cases of generated networks")
        network = os.path.splitext(os.path.basename(case["net"]))[0]
        runs.setdefault((network, case["build"]), Run(network, case["build"])).add(record)
    return list(runs.values())


def missing_cases(plan):
    with open(plan, encoding="utf-8") as lines:
        return [line.strip() for line in lines if line.startswith("missing ")]


def read_bytes_npy(path):
    """A one-dimensional array of bytes."""
    with open(path, "rb") as stored:
        start = stored.read(10)
        header = stored.read(int.from_bytes(start[8:10], "little")).decode("latin-1")
        if start[:6] != b"\x93NUMPY" or "'|u1'" not in header:
            raise sr.BadResults(f"{path}: expected uint8")
        return stored.read()


def torch_correct(network, images):
    """How many of the first images the integer run in PyTorch classified correctly; None where it is not known."""
    path = os.path.join(EXPECTED, network + "-classes.npy")
    if not os.path.exists(path) or not os.path.exists(LABELS):
        return None
    classes = read_bytes_npy(path)
    with gzip.open(LABELS) as stored:
        labels = stored.read()[8:]
    if len(classes) < images or len(labels) < images:
        return None
    return sum(a == b for a, b in zip(classes[:images], labels[:images]))


def check(run, images, golden, torch):
    """Everything that has to be equal."""
    if sorted(run.cycles) != list(range(images)):
        run.problems.append(f"{len(run.cycles)} of {images} images are there")
    elif run.labelled != images:
        run.problems.append(f"{run.labelled} of {images} images have labels")
    for who, value in (("the golden reference", golden), ("PyTorch", torch)):
        if value is not None and value != run.correct:
            run.problems.append(f"{run.correct} classified correctly, {who}: {value}")


def row(run, golden, torch):
    cycles = list(run.cycles.values()) or [0]
    images = max(1, len(run.cycles))
    return [run.network, run.build, len(run.cycles), run.correct, golden, "-" if torch is None else torch, f"{100 * run.correct / images:.2f} %",
            run.tiles, run.wrong, f"{statistics.fmean(cycles):.0f}", min(cycles), max(cycles), f"{run.limit / images:.0f}"]


def as_csv(header, rows):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def as_markdown(rows):
    def line(cells):
        return "| " + " | ".join(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in cells) + " |\n"

    return line(COLUMNS) + "|" + "---|" * len(COLUMNS) + "\n" + "".join(map(line, rows))


def print_table(rows):
    cells = [COLUMNS] + [[str(cell) for cell in cells] for cells in rows]
    widths = [max(len(line[i]) for line in cells) for i in range(len(COLUMNS))]
    for line in cells:
        print("  ".join(text.ljust(width) if i < 2 else text.rjust(width) for i, (text, width) in enumerate(zip(line, widths))))


def read_golden(path, images):
    with open(path, encoding="utf-8") as stored:
        found = json.load(stored)
    if found["images"] != images:
        raise sr.BadResults(f"{path}: {found['images']} images, expected {images}")
    return found["correct"]


def report(arguments):
    runs = read_runs(arguments.results, arguments.plan)
    rows, failed = [], missing_cases(arguments.plan)
    for line in failed:
        print(f"not run: {line.split(maxsplit=2)[2]}")
    for run in runs:
        golden = read_golden(os.path.join(arguments.output, f"ref-{run.network}.json"), arguments.images)
        torch = torch_correct(run.network, arguments.images) if arguments.torch else None
        check(run, arguments.images, golden, torch)
        rows.append(row(run, golden, torch))
        for problem in run.problems:
            print(f"{run.network} on {run.build}: {problem}")
            failed.append(problem)
    print_table(rows)
    sr.write_aside(f"{arguments.output}/accuracy.csv", as_csv(COLUMNS, rows))
    sr.write_aside(f"{arguments.output}/accuracy.md", as_markdown(rows))
    every = [[run.network, run.build, image, cycles] for run in runs for image, cycles in sorted(run.cycles.items())]
    sr.write_aside(f"{arguments.output}/cycles.csv", as_csv(["network", "build", "image", "cycles"], every))
    if arguments.plot:
        draw(runs, arguments.output)
    if failed or not runs:
        print(f"NOT EQUAL: {len(failed)} problems" if runs else "nothing was run")
        return 1
    tiles, images = sum(run.tiles for run in runs), sum(len(run.cycles) for run in runs)
    print(f"equal: {images:,} images, {tiles:,} tiles, the accuracy of each network and the cycles that the model predicts")
    return 0


def draw(runs, directory):
    try:
        import histogram  # pylint: disable=import-outside-toplevel
    except ImportError as error:
        print(f"no histogram: {error} (Debian: python3-matplotlib)")
        return
    histogram.draw([(run.network, run.build, list(run.cycles.values())) for run in runs if run.cycles], directory)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", help="what `dpacs sweep --models` wrote")
    parser.add_argument("--plan", required=True, metavar="FILE", help="what `dpacs sweep --dry-run` printed: only these cases count")
    parser.add_argument("--images", type=int, required=True, metavar="N", help="so many a network")
    parser.add_argument("--no-torch", dest="torch", action="store_false", help="other images than those that PyTorch had")
    parser.add_argument("--no-plot", dest="plot", action="store_false", help="no histogram")
    parser.add_argument("-o", "--output", default="build/accuracy", metavar="DIRECTORY", help="for the tables (build/accuracy)")
    return report(parser.parse_args())


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, KeyError, ValueError, sr.BadResults) as error:
        print(f"accuracy.py: {error}", file=sys.stderr)
        sys.exit(2)
