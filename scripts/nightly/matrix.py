"""The matrix file: what a night may run. Whatever is wrong with it is told with file, suite and key.

    [tier.NAME]     budget = MINUTES, complete = true where every build must meet all that it has
    [[suite]]       name, cases = {TIER = N or "all"}, one list for each axis, and of what: model, network or height x width x channels
"""
import glob
import hashlib
import math
import os
import re
import tomllib
from dataclasses import dataclass

MAX_ALL = 100000  # cases that a suite may ask for with "all"


class BadMatrix(Exception):
    pass


def whole(low, high):
    def check(value):
        return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high

    return check, f"whole numbers from {low} to {high}"


def word(*choices):
    return (lambda value: value in choices), "any of " + ", ".join(choices)


def text(pattern, what):
    return (lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None), what


def is_keep(value):
    """Share of positions : share of groups; `one` is a single one."""
    parts = value.split(":") if isinstance(value, str) else []
    return len(parts) == 2 and all(p == "one" or re.fullmatch(r"0(\.\d+)?|1(\.0*)?", p) for p in parts)


SHAPE = {
    "height": whole(1, 256),
    "width": whole(1, 256),
    "channels": (lambda v: whole(8, 1024)[0](v) and v % 8 == 0, "multiples of 8 from 8 to 1024"),
    "kind": word("basic", "bottleneck"),
    "stride": whole(1, 2),
}
GENERATED = {
    "keep": (is_keep, 'texts "POSITIONS:GROUPS", each a share from 0 to 1 or `one`'),
    "mask": word("random", "clustered", "alternating"),
    "scope": word("block", "resolution"),
    "values": word("usual", "extreme", "saturating"),
    "group": whole(0, 4096),
}
RUN = {
    "build": text(r"[a-z-]+(\.check|\.cover)?", "names of hardware builds, dense or not"),
    "schedule": word("gang", "chain"),
    "stall": whole(0, 95),
    "latency": whole(1, 10000),
    "bandwidth": whole(1, 64),
    "base": (lambda v: whole(0, 2**32 - 1)[0](v) and v % 4096 == 0, "multiples of 4096 below 2^32"),
    "images": word("test set", "random", "signed"),
    "count": whole(1, 256),
    "fault": text(r"none|(flip|drop|read-error|write-error|withhold):[a-z0-9:]+", "none, or faults as in dpacs sim --fault"),
}
SOURCES = {"model": text(r".+\.dpm", "names of .dpm files"), "network": text(r"[a-z0-9]+|random(:[a-z0-9-]+)?", "networks of dpacs gen, without blocks")}
AXES = {**SOURCES, **SHAPE, **GENERATED, **RUN}
DEFAULTS = {"kind": ["basic"], "stride": [1], "keep": ["1:1"], "mask": ["random"], "scope": ["block"], "values": ["usual"], "group": [0]}
DEFAULTS |= {"schedule": ["gang"], "stall": [0], "latency": [80], "bandwidth": [48], "base": [0], "count": [1], "fault": ["none"]}
SETTINGS = {"name", "cases", "tags", "needs", "timeout", "fixed"}


@dataclass
class Suite:
    name: str
    axes: dict  # name -> list of values; every combination is a case
    cases: dict  # tier -> number of cases, or "all"
    tags: list
    needs: str  # environment variable without which the suite is left out
    timeout: int  # seconds for one case
    fixed: bool  # the same cases every night

    def size(self):
        return math.prod(len(values) for values in self.axes.values())

    def count(self, tier):
        wanted = self.cases.get(tier, 0)
        return self.size() if wanted == "all" else wanted

    def point(self, index):
        """Combination `index`, below size()."""
        chosen = {}
        for name, values in self.axes.items():
            index, at = divmod(index, len(values))
            chosen[name] = values[at]
        return chosen


@dataclass
class Matrix:
    path: str
    sha: str
    tiers: dict  # name -> budget in minutes
    complete: set  # tiers whose builds must have met all sizes and features
    suites: list

    def builds(self, tier):
        return sorted({build for suite in self.suites if suite.count(tier) for build in suite.axes["build"]})


def check_axis(where, name, values):
    good, what = AXES[name]
    if not isinstance(values, list) or not values:
        raise BadMatrix(f"{where}.{name}: expected a list, with {what}")
    for value in values:
        if not good(value):
            raise BadMatrix(f"{where}.{name}: {value!r}: expected {what}")
    if len(set(values)) != len(values):
        raise BadMatrix(f"{where}.{name}: a value is there twice")


def axes_of(where, suite):
    """The suite's axes, each with its values, in the order of AXES."""
    given = {name: values for name, values in suite.items() if name not in SETTINGS}
    for name, values in given.items():
        if name not in AXES:
            raise BadMatrix(f"{where}.{name}: no such key")
        check_axis(where, name, values)
    is_block = any(name in given for name in ("height", "width", "channels"))
    sources = [name for name in SOURCES if name in given] + ["height"] * is_block
    if len(sources) != 1:
        raise BadMatrix(f"{where}: expected one of model, network, and height with width and channels")
    if "build" not in given:
        raise BadMatrix(f"{where}.build: missing")
    allowed = {"model": [*RUN], "network": [*GENERATED, *RUN], "height": [*SHAPE, *GENERATED, *RUN]}[sources[0]]
    kind, random = sources[0], [network.split(":")[0] == "random" for network in given.get("network", [])]
    if any(random):
        if not all(random):
            raise BadMatrix(f"{where}.network: random networks have a suite of their own")
        allowed, kind = [*RUN], "random networks"
    for name in given:
        if name not in allowed + sources:
            raise BadMatrix(f"{where}.{name}: not for a suite with {kind}")
    if is_block and not all(name in given for name in ("height", "width", "channels")):
        raise BadMatrix(f"{where}: height, width and channels come together")
    if "network" in given and any("one" in keep.split(":")[0] for keep in given.get("keep", [])):
        raise BadMatrix(f"{where}.keep: one position: for single blocks only, whose map has one size")
    if (is_block or any(random)) and "test set" in given.get("images", []):
        raise BadMatrix(f"{where}.images: 'test set': {'single blocks' if is_block else kind} have random images only")
    defaults = dict(DEFAULTS, images=["test set" if "model" in given else "random"])
    return {name: given.get(name, defaults.get(name)) for name in AXES if name in given or (name in allowed and name in defaults)}


def find_models(where, patterns):
    models = []
    for pattern in patterns:
        found = sorted(glob.glob(pattern))
        if not found:
            raise BadMatrix(f"{where}.model: {pattern!r}: no such file")
        models += found
    return models


def suite_of(where, suite, tiers):
    name, cases = suite.get("name"), suite.get("cases")
    if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9-]+", name):
        raise BadMatrix(f"{where}.name: {name!r}: expected a word of a-z, 0-9 and -")
    if not isinstance(cases, dict) or not cases:
        raise BadMatrix(f"{where}.cases: expected {{TIER = number of cases or \"all\"}}")
    for tier, count in cases.items():
        if tier not in tiers:
            raise BadMatrix(f"{where}.cases.{tier}: no such tier")
        if count != "all" and not whole(1, MAX_ALL)[0](count):
            raise BadMatrix(f'{where}.cases.{tier}: {count!r}: expected 1 to {MAX_ALL}, or "all"')
    tags, needs, timeout = suite.get("tags", []), suite.get("needs", ""), suite.get("timeout", 600)
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise BadMatrix(f"{where}.tags: expected a list of words")
    if not isinstance(needs, str):
        raise BadMatrix(f"{where}.needs: expected the name of an environment variable")
    if not whole(1, 86400)[0](timeout):
        raise BadMatrix(f"{where}.timeout: {timeout!r}: expected seconds, 1 to 86400")
    if not isinstance(suite.get("fixed", False), bool):
        raise BadMatrix(f"{where}.fixed: expected true or false")
    axes = axes_of(where, suite)
    if "model" in axes:
        axes["model"] = find_models(where, axes["model"])
    made = Suite(name, axes, cases, tags, needs, timeout, suite.get("fixed", False))
    for tier, count in cases.items():
        if count == "all" and made.size() > MAX_ALL:
            raise BadMatrix(f"{where}.cases.{tier}: all are {made.size()} cases, more than {MAX_ALL}")
    return made


def read(path):
    """Model names are found from the current directory on."""
    try:
        with open(path, "rb") as file:
            raw = file.read()
        table = tomllib.loads(raw.decode("utf-8"))
    except OSError as error:
        raise BadMatrix(f"{path}: {os.strerror(error.errno)}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadMatrix(f"{path}: {error}") from error
    for key in table:
        if key not in ("tier", "suite"):
            raise BadMatrix(f"{path}: {key}: no such key")
    tiers, complete = {}, set()
    if not isinstance(table.get("tier"), dict) or not table["tier"]:
        raise BadMatrix(f"{path}: tier: missing")
    for name, tier in table["tier"].items():
        if not isinstance(tier, dict) or set(tier) - {"complete"} != {"budget"} or not whole(1, 10000)[0](tier["budget"]):
            raise BadMatrix(f"{path}: tier.{name}: expected budget = minutes, 1 to 10000")
        if not isinstance(tier.get("complete", False), bool):
            raise BadMatrix(f"{path}: tier.{name}.complete: expected true or false")
        tiers[name] = tier["budget"]
        if tier.get("complete"):
            complete.add(name)
    if not isinstance(table.get("suite"), list) or not all(isinstance(suite, dict) for suite in table["suite"]):
        raise BadMatrix(f"{path}: suite: missing")
    suites = []
    for number, suite in enumerate(table["suite"], 1):
        where = f"{path}: suite {suite.get('name', number)!r}"
        suites.append(suite_of(where, suite, tiers))
        if any(other.name == suites[-1].name for other in suites[:-1]):
            raise BadMatrix(f"{where}.name: there are two")
    return Matrix(path, hashlib.sha256(raw).hexdigest(), tiers, complete, suites)
