"""Reads what `dpacs sweep` wrote and what was published, and puts the two side by side.

A group is one network on one hardware build under one schedule and memory; it has a dense baseline and cells. A cell is a setting of
the published table: percent pruned, spatial-channel, with block or resolution masks.
"""
import csv
import json
import os
from dataclasses import dataclass, field

PUBLISHED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "published")
CELLS = [f"{s}-{c}" for c in (25, 50, 75) for s in (25, 50, 75)]
RESOLUTION_CELLS = ["25-25", "50-50", "75-75"]
NETS = ["resnet18", "resnet34", "resnet50", "resnet101"]
ARCHS = ["parallel", "serial"]
BASELINE = ("block", "baseline")


class BadResults(Exception):
    """Says which file and line."""


@dataclass
class Measured:
    """One cell or baseline: per image, the mean over its seeds."""

    cycles: float = 0
    limit: float = 0
    macs: float = 0
    bytes: float = 0
    failed: str = ""  # why, "" if every tile is equal
    results: list = field(default_factory=list)  # the objects of `dpacs sim`, one a seed

    def add(self, record):
        result = record["result"]
        if record["status"] != "ok" or not result or result["tiles_failed"] != 0 or result["images"] < 1:
            self.failed = f"{record['status']}: {record['message']}"
            return
        self.results.append(result)
        images, count = result["images"], len(self.results)
        for name, value in (
            ("cycles", result["cycles"]),
            ("limit", result["limit_cycles"]),
            ("macs", result["macs"]),
            ("bytes", result["bytes_weights"] + result["bytes_other"]),
        ):
            mean = getattr(self, name)
            setattr(self, name, mean + (value / images - mean) / count)


@dataclass
class Group:
    net: str
    arch: str
    build: str
    schedule: str = "gang"
    bandwidth: int = 48
    mask: str = "random"
    extra: tuple = ()  # latency, stall, channels in a group, fault
    baseline: Measured = None
    cells: dict = field(default_factory=dict)  # (scope, "25-50") -> Measured

    def title(self):
        text = f"{self.net} on {self.build}, {self.schedule}, {self.bandwidth} bytes a cycle"
        return text if self.mask == "random" else f"{text}, {self.mask} masks"


def read_plan(path):
    """The identities in what `dpacs sweep … --dry-run` prints."""
    with open(path, encoding="utf-8") as lines:
        return {words[1] for words in map(str.split, lines) if len(words) > 2}


def read_records(path, plan=None):
    """The last record of each case, in the order of the first ones. A torn last line is not there. With a plan: its cases only, so
    that results of hardware builds that are gone do not mix with those of today's."""
    records = {}
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.endswith("\n"):
                break
            try:
                record = json.loads(line)
                key = json.dumps(record["case"], sort_keys=True)
                wanted = plan is None or record["id"] in plan
                _ = record["status"], record["message"], record["result"]
            except (ValueError, KeyError, TypeError) as error:
                raise BadResults(f"{path}:{number}: not the result of a sweep") from error
            if wanted:
                records[key] = record
    return list(records.values())


def percent(keep):
    return f"{round(1000 * (1 - keep)) / 10:g}"


def read_groups(path, plan=None):
    groups, baselines = {}, {}
    for record in read_records(path, read_plan(plan) if plan else None):
        case = record["case"]
        platform = (case["net"], case["arch"], case["build"], case["schedule"], case["bandwidth"])
        extra = (case["latency"], case["stall"], case["group"], case["fault"])
        if case["dense"]:
            baselines.setdefault((platform, extra), Measured()).add(record)
            continue
        group = groups.setdefault((platform, case["mask"], extra), Group(*platform, case["mask"], extra))
        cell = (case["scope"], f"{percent(case['keep_spatial'])}-{percent(case['keep_channel'])}")
        group.cells.setdefault(cell, Measured()).add(record)
    for platform, extra in baselines:
        if not any(key[0] == platform and key[2] == extra for key in groups):
            groups[(platform, "random", extra)] = Group(*platform, "random", extra)
    for (platform, _, extra), group in groups.items():
        group.baseline = baselines.get((platform, extra))
    return list(groups.values())


def read_csv(name, directory):
    with open(os.path.join(directory, name), encoding="utf-8") as lines:
        return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def published_latencies(directory=PUBLISHED):
    """(net, arch) -> {(scope, cell or "baseline"): ms}"""
    latencies = {}
    for scope, name in (("block", "latency_zcu102_ms.csv"), ("resolution", "latency_resolution_mask_ms.csv")):
        for row in read_csv(name, directory):
            cells = latencies.setdefault((row["net"], row["impl"]), {})
            cells.update({(scope, cell): float(ms) for cell, ms in row.items() if cell not in ("net", "impl")})
    return latencies


def published_flops(directory=PUBLISHED):
    """net -> {(scope, cell) or BASELINE: FLOPs}"""
    flops = {}
    for row in read_csv("accuracy.csv", directory):
        config = row["config"].replace("s", "").replace("c", "") if row["config"] != "baseline" else "baseline"
        scope = "block" if config == "baseline" else row["mask"]
        flops.setdefault(row["net"], {})[(scope, config)] = float(row["flops"])
    return flops


def published_speedup(latencies, net, arch, cell):
    """None where nothing was published."""
    known = latencies.get((net, arch), {})
    return known[BASELINE] / known[cell] if cell in known and BASELINE in known else None


def write_aside(path, text):
    """The file is there whole, or as it was before."""
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    aside = f"{path}.{os.getpid()}.tmp"
    try:
        with open(aside, "w", encoding="utf-8", newline="") as out:
            out.write(text)
        os.replace(aside, path)
    except OSError:
        if os.path.exists(aside):
            os.unlink(aside)
        raise
