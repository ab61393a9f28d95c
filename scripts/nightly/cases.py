"""From the matrix to the night's cases: the date gives all seeds, a case is one `dpacs sim` command line."""
import hashlib
import json
import os
import random
import shlex
from dataclasses import dataclass

TEST_IMAGES = 10000  # of Fashion-MNIST and of CIFAR-10
DEFAULT = {"schedule": "gang", "stall": 0, "latency": 80, "bandwidth": 48, "base": 0, "fault": "none"}
GEN_DEFAULT = {"mask": "random", "values": "usual", "group": 0}


@dataclass
class Case:
    id: str
    suite: str
    arguments: list  # of dpacs
    axes: dict  # what it is, without seeds: name -> value
    timeout: int
    place: float = 0  # 0 to 1: how far in its suite

    def command(self):
        return shlex.join(["build/dpacs", *self.arguments])

    def record(self):
        """As the workers get it."""
        return {"id": self.id, "suite": self.suite, "arguments": self.arguments, "timeout": self.timeout, "build": self.axes["build"]}


def seed_of(*words):
    return int.from_bytes(hashlib.sha256(" ".join(map(str, words)).encode()).digest()[:8], "big")


def share(point, part):
    """What --keep-spatial or --keep-channel get. No share of groups is less than one group."""
    if part != "one":
        return part
    return f"{1 / (point['height'] * point['width']):.9f}"


def block_name(point):
    wide = 4 if point["kind"] == "bottleneck" else 1
    name = f"block:{point['height']}x{point['width']}x{point['channels'] * wide}"
    # No record shows what the last block writes to the map: another one reads it.
    return name + (":bottleneck" if wide > 1 else "") + (":s2" if point["stride"] == 2 else "") + ":read"


def model_name(point, seed):
    if "model" in point:
        return point["model"]
    if "keep" not in point:  # a random network: all that it is follows from its seed
        return f"gen:{point['network']},seed={seed}"
    positions, groups = point["keep"].split(":")
    words = ["gen:" + (point.get("network") or block_name(point))]
    words.append("keep-spatial=" + share(point, positions))
    words.append("keep-channel=" + ("0" if groups == "one" else groups))
    words += [f"{name}={point[name]}" for name, usual in GEN_DEFAULT.items() if point[name] != usual]
    if point["scope"] == "resolution":
        words.append("resolution-mask")
    return ",".join([*words, f"seed={seed}"])


def make_case(suite, point, place, *words):
    seed = seed_of(*words) % 2**31
    arguments = ["sim", model_name(point, seed), "--build", point["build"], "--seed", str(seed), "--count", str(point["count"])]
    if point["images"] != "test set":
        arguments += ["--images", point["images"]]
    else:
        arguments += ["--first", str(seed % (TEST_IMAGES - point["count"] + 1))]
    for name, usual in DEFAULT.items():
        if point[name] != usual:
            arguments += [f"--{name}", f"0x{point[name]:08x}" if name == "base" else str(point[name])]
    arguments += ["--strict", "--no-baseline"]
    axes = {name: value for name, value in point.items() if name != "fault" or value != "none"}
    axes["arch"] = point["build"].split("-")[0]
    return Case(hashlib.sha256(json.dumps(arguments).encode()).hexdigest()[:12], suite.name, arguments, axes, suite.timeout, place)


def draw(suite, count, seed):
    """Indices of `count` combinations: none twice before all were there once."""
    chooser = random.Random(seed)
    indices = []
    while len(indices) < count:
        indices += chooser.sample(range(suite.size()), min(count - len(indices), suite.size()))
    return indices


def plan(matrix, tier, date, tags=()):
    """The cases in their order, and the suites that are left out, with the reason. Whatever the budget, all suites get their share."""
    cases, left_out = {}, []
    for suite in matrix.suites:
        count = suite.count(tier)
        if not count or (tags and not set(tags) & set(suite.tags)):
            continue
        if suite.needs and not os.environ.get(suite.needs):
            left_out.append((suite.name, f"{suite.needs} is not set"))
            continue
        when = "fixed" if suite.fixed else date
        for number, index in enumerate(draw(suite, count, seed_of(when, suite.name))):
            case = make_case(suite, suite.point(index), (number + 0.5) / count, when, suite.name, number)
            cases.setdefault(case.id, case)
    return sorted(cases.values(), key=lambda case: (case.place, case.suite)), left_out
