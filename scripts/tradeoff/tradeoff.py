#!/usr/bin/python3
"""Accuracy against what it costs: scripts/tradeoff/tradeoff.py [LIST] [-o DIRECTORY] [--count N] [--whole N] [--jobs N]

LIST (models/networks.csv) names trained networks: container, group (the same network, trained from several seeds), kind (dense; smaller dense:
fewer channels or blocks; dynamic: pruned for every image anew), seed, data. Each runs
  - through golden on its whole test set: top-1,
  - through the cycle model on its whole test set: MACs and bytes,
  - through the RTL, both variations, on N (1,000) images, every tile compared (scripts/accuracy): cycles.
DIRECTORY (build/tradeoff) gets tradeoff.csv, tradeoff.md, pareto.svg and .csv, cycles-per-image.svg and .csv. What has been run stays. Exit codes are
those of `dpacs` (docs/usage.md).
"""
import argparse
import csv
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.join(ROOT, "scripts", folder) for folder in ("accuracy", "table")]

import accuracy  # noqa: E402
import sweep_results as sr  # noqa: E402

ARCHS = ["serial", "parallel"]
KINDS = ["dense", "smaller dense", "dynamic"]
HEADER = ["container", "group", "kind", "seed", "data"]
COLUMNS = ["network", "group", "kind", "seed", "data", "images", "correct", "top1", "macs", "bytes", "images_on_rtl", "correct_on_rtl",
           "tiles"] + [f"{what}_{arch}" for arch in ARCHS for what in ("cycles", "least", "most", "cycles_whole")]


class Failed(Exception):
    """A program did not do it: its exit code. It has said why."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


@dataclass
class Network:
    """A line of the list, and what was measured."""

    container: str
    group: str
    kind: str
    seed: str
    data: str
    row: dict = field(default_factory=dict)
    cycles: dict = field(default_factory=dict)  # variation -> of every image on the RTL

    @property
    def name(self):
        return os.path.splitext(os.path.basename(self.container))[0]


@dataclass
class Group:
    """Means over the seeds of a network."""

    name: str
    kind: str
    data: str
    seeds: list  # of Network

    def mean(self, column):
        return sum(network.row[column] for network in self.seeds) / len(self.seeds)


def read_list(path):
    with open(path, encoding="utf-8", newline="") as file:
        reader = csv.DictReader(line for line in file if not line.startswith("#"))
        if reader.fieldnames != HEADER:
            raise ValueError(f"{path}: the first line has to be {','.join(HEADER)}")
        networks = [Network(**row) for row in reader]
    names = [network.name for network in networks]
    for network in networks:
        if network.kind not in KINDS:
            raise ValueError(f"{path}: {network.container}: unknown kind \"{network.kind}\" ({', '.join(KINDS)})")
        if names.count(network.name) > 1:
            raise ValueError(f"{path}: {network.name} is there twice")
        if not os.path.exists(network.container):
            raise ValueError(f"{path}: {network.container}: no such file")
    if not networks:
        raise ValueError(f"{path}: no networks")
    return networks


def kept_json(path, network, arguments, *command):
    """What `dpacs` says; not asked again while model and program are older than its answer."""
    newest = max(os.path.getmtime(network.container), os.path.getmtime(arguments.program))
    if not os.path.exists(path) or os.path.getmtime(path) < newest:
        done = subprocess.run([arguments.program, *command, "--json", path], stdout=subprocess.DEVNULL, check=False)
        if done.returncode:
            raise Failed(done.returncode)
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def work_of(network, arguments):
    """Accuracy, MACs, bytes and cycles of the whole test set, without the RTL."""
    stem = os.path.join(arguments.output, f"whole{arguments.whole or ''}-{network.name}")
    count = ["--count", str(arguments.whole)] if arguments.whole else []
    golden = kept_json(f"{stem}.json", network, arguments, "ref", network.container, *count)
    if not golden["labelled"]:
        raise ValueError(f"{network.container}: its images have no labels")
    images = golden["images"]
    row = {"network": network.name, "group": network.group, "kind": network.kind, "seed": network.seed, "data": network.data, "images": images,
           "correct": golden["correct"], "top1": 100 * golden["correct"] / golden["labelled"]}
    for arch in ARCHS:
        model = kept_json(f"{stem}-{arch}.json", network, arguments, "model", network.container, "--arch", arch, "--build", f"{arch}-small",
                          "--count", str(images))
        row[f"cycles_whole_{arch}"] = model["model_cycles"] / images
        if arch == ARCHS[0]:
            row["macs"], row["bytes"] = model["macs"] / images, (model["bytes_weights"] + model["bytes_other"]) / images
    return row


def run_hardware(networks, arguments):
    """scripts/accuracy on both variations; its exit code is 1 where anything is not equal."""
    models = " ".join(network.container for network in networks)
    environment = dict(os.environ, MODELS=models, SERIAL=models, COUNT=str(arguments.count), OUT=arguments.output, DPACS=arguments.program,
                       JOBS=str(arguments.jobs), PART=str(min(arguments.count, 250)))
    code = subprocess.run([os.path.join(ROOT, "scripts", "accuracy", "accuracy.sh")], env=environment, check=False).returncode
    if code:
        raise Failed(code)
    runs = accuracy.read_runs(os.path.join(arguments.output, "results.jsonl"), os.path.join(arguments.output, "plan.txt"))
    for network in networks:
        for run in (run for run in runs if run.network == network.name):
            arch = run.build.split("-")[0]
            network.cycles[arch] = list(run.cycles.values())
            network.row.update({f"cycles_{arch}": sum(network.cycles[arch]) / len(run.cycles), f"least_{arch}": min(network.cycles[arch]),
                                f"most_{arch}": max(network.cycles[arch]), "images_on_rtl": len(run.cycles), "correct_on_rtl": run.correct,
                                "tiles": network.row.get("tiles", 0) + run.tiles})


def group(networks):
    groups = {}
    for network in networks:
        groups.setdefault(network.group, []).append(network)
    for name, seeds in groups.items():
        if len({(n.kind, n.data) for n in seeds}) > 1:
            raise ValueError(f"group {name}: its networks differ in kind or data")
    return [Group(name, seeds[0].kind, seeds[0].data, seeds) for name, seeds in groups.items()]


def front(points):
    """Those (cost, accuracy, …) that none is at least as good as in both, and better in one; by cost."""
    best = []
    for point in sorted(points, key=lambda p: (p[0], -p[1])):
        if not best or point[1] > best[-1][1]:
            best.append(point)
    return best


def dense_cost(points, accuracy_wanted):
    """What a dense network of this accuracy costs, and whether that is known: between two neighbours on the front of the dense ones in proportion;
    of the cheapest, if that is better, it is the most that it may be. None: none is so good.
    """
    before = None
    for point in front(points):
        if point[1] >= accuracy_wanted:
            if before is None:
                return point[0], point[1] == accuracy_wanted
            return before[0] + (point[0] - before[0]) * (accuracy_wanted - before[1]) / (point[1] - before[1]), True
        before = point
    return None


def verdicts(groups, cost):
    """For every dynamic network: what a dense one of its accuracy costs (dense_cost), and whether it stands on the front of all."""
    found = []
    for data in dict.fromkeys(g.data for g in groups):
        points = [(g.mean(cost), g.mean("top1"), g) for g in groups if g.data == data]
        dense = [p for p in points if p[2].kind != "dynamic"]
        stands = {p[2].name for p in front(points)}
        found += [(g, dense_cost(dense, g.mean("top1")), g.name in stands) for _, _, g in points if g.kind == "dynamic"]
    return found


def table(groups):
    """Markdown: a line for each network, seeds in one; then the verdict on the dynamic ones."""
    lines = ["| network | kind | seeds | top-1 | MACs | bytes | " + " | ".join(f"cycles {arch}" for arch in ARCHS) + " |", "|---" * 8 + "|"]
    for g in groups:
        top1 = f"{g.mean('top1'):.2f}"
        if len(g.seeds) > 1:
            top1 += " (" + ", ".join(f"{n.row['top1']:.2f}" for n in g.seeds) + ")"
        lines.append(f"| {g.name} | {g.kind} | {len(g.seeds)} | {top1} | {g.mean('macs'):,.0f} | {g.mean('bytes'):,.0f} | "
                     + " | ".join(f"{g.mean(f'cycles_whole_{arch}'):,.0f}" for arch in ARCHS) + " |")
    for arch in ARCHS:
        lines += ["", f"| dynamic, {arch} | cycles | a dense one of its accuracy | | on the front |", "|---" * 5 + "|"]
        for g, dense, stands in verdicts(groups, f"cycles_whole_{arch}"):
            cycles = g.mean(f"cycles_whole_{arch}")
            beside = ["none is as good", ""]
            if dense is not None:
                difference = cycles / dense[0] - 1  # which says nothing where the dense one may be cheaper yet, and this one is
                beside = [f"{'' if dense[1] else 'at most '}{dense[0]:,.0f}", f"{100 * difference:+.1f} %" if dense[1] or difference > 0 else ""]
            lines.append(f"| {g.name} | {cycles:,.0f} | {beside[0]} | {beside[1]} | {'yes' if stands else 'no'} |")
    return "\n".join(lines) + "\n"


def write(networks, groups, arguments):
    cells = [[network.row[column] if not isinstance(network.row[column], float) else f"{network.row[column]:.2f}" for column in COLUMNS]
             for network in networks]
    sr.write_aside(os.path.join(arguments.output, "tradeoff.csv"), accuracy.as_csv(COLUMNS, cells))
    sr.write_aside(os.path.join(arguments.output, "tradeoff.md"), table(groups))
    print(table(groups), end="")
    if arguments.plot:
        import draw  # pylint: disable=import-outside-toplevel
        draw.pareto(groups, front, arguments.output)
        draw.distribution(networks, arguments.output)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("list", nargs="?", default="models/networks.csv", help="the networks (models/networks.csv)")
    parser.add_argument("-o", "--output", default="build/tradeoff", metavar="DIRECTORY", help="build/tradeoff")
    parser.add_argument("--count", type=int, default=1000, metavar="N", help="images of each network on the RTL (1000)")
    parser.add_argument("--whole", type=int, default=0, metavar="N", help="images of each network in golden (the whole test set)")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="processes (2)")
    parser.add_argument("--no-plot", dest="plot", action="store_false", help="no SVG")
    parser.add_argument("--program", default=os.environ.get("DPACS", os.path.join("build", "dpacs")), help="the dpacs program")
    arguments = parser.parse_args()
    networks = read_list(arguments.list)
    groups = group(networks)
    os.makedirs(arguments.output, exist_ok=True)
    for network in networks:
        print(f"golden reference and cycle model, whole test set: {network.container}", flush=True)
        network.row = work_of(network, arguments)
    run_hardware(networks, arguments)
    write(networks, groups, arguments)


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        sys.exit(failure.code if failure.code > 0 else 2)
    except (OSError, KeyError, ValueError, sr.BadResults) as error:
        print(f"tradeoff.py: {error}", file=sys.stderr)
        sys.exit(2)
