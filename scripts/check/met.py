#!/usr/bin/python3
"""Which sizes of builds.mk the tests have met: met.py, after `make test`; of a night scripts/nightly asks. A gap is a failure.

Units: of each parameter the values that builds have, from build/units.txt; the unit's own test runs them (build/tests/rtl/test_UNIT.met), or
that of a unit which contains it in this size; or only whole runs do, which is said. Features (csrc/plan/plan_features.h): in how many networks
each build has met each (build/tests/features.BUILD.met, tests/whole/test_builds.c).
"""
import re
import sys
from pathlib import Path

TESTS = Path("build/tests")
# Tested inside another unit, or wiring of tested units (docs/verification.md).
INSIDE = {"dp_mask_unit": "dp_masks", "dp_array_sim": "dp_pe_array", "dp_ram": "dp_map_mem", "dp_conv_engine": "", "dp_top": ""}


def values_of(text):
    return dict(pair.split("=") for pair in text.split())


def sizes():
    """unit -> parameter -> value -> builds"""
    found = {}
    for line in Path("build/units.txt").read_text().splitlines():
        left, builds = line.split("|")
        unit, _, parameters = left.strip().partition(" ")
        for name, value in values_of(parameters).items():
            found.setdefault(unit, {}).setdefault(name, {}).setdefault(value, set()).update(builds.split())
    return found


def met_by_tests():
    """unit -> parameter -> values that its test has; parameters that a line leaves out have the module's default."""
    found = {}
    for file in (TESTS / "rtl").glob("*.met"):
        for line in file.read_text().splitlines():
            unit, _, parameters = line.strip().partition(" ")
            for name, value in values_of(parameters).items():
                found.setdefault(unit, {}).setdefault(name, set()).add(re.sub(r"\d+'b", "", value))
    return found


def features():
    """(builds, feature -> build -> networks; -1: the build does not have it)"""
    builds, rows = [], {}
    for name in re.findall(r"^BUILD_(\S+)", Path("builds.mk").read_text(), re.M):
        builds.append(name)
        file = TESTS / f"features.{name}.met"
        for line in file.read_text().splitlines() if file.exists() else []:
            _, feature, count = line.split("|")
            rows.setdefault(feature, {})[name] = int(count)
    return builds, rows


def show_units(met, whole):
    """`met`: of unit tests; `whole`: builds that whole networks ran on."""
    gaps = []
    print("units: sizes of the builds that a unit test has met; (in brackets: whole runs only)")
    for unit, parameters in sizes().items():
        words = []
        for name, values in parameters.items():
            if len(values) == 1:
                continue
            shown = []
            for value, builds in sorted(values.items(), key=lambda item: int(item[0])):
                own = value in met.get(unit, {}).get(name, ()) or value in met.get(INSIDE.get(unit), {}).get(name, ())
                if not own and not whole & {build.removesuffix("-dense") for build in builds}:
                    gaps.append(f"{unit} with {name}={value}")
                    shown.append("GAP " + value)
                else:
                    shown.append(value if own else f"({value})")
            words.append(f"{name} {' '.join(shown)}")
        if words:
            print(f"  {unit:<20} {'; '.join(words)}")
    return gaps


def cell(count):
    return {-1: "-", 0: "GAP"}.get(count, str(count))


def show_features(builds, rows, what):
    """`rows` as features() has them; `what` a number stands for."""
    gaps = [f"{build}: no features" for build in builds if not any(build in row for row in rows.values())]
    print(f"features: {what} in which a build met them\n  {'':<34}" + "".join(f"{build:>16}" for build in builds))
    for feature, row in rows.items():
        print(f"  {feature:<34}" + "".join(f"{cell(row.get(build, 0)):>16}" for build in builds))
        gaps += [f"{build} with {feature}" for build in builds if row.get(build, 0) == 0]
    return gaps


def tell(gaps):
    for gap in gaps:
        print(f"not met: {gap}", file=sys.stderr)
    return bool(gaps)


def main():
    builds, rows = features()
    whole = {build for build in builds if (TESTS / f"features.{build}.met").exists()}
    return 1 if tell(show_units(met_by_tests(), whole) + show_features(builds, rows, "networks")) else 0


if __name__ == "__main__":
    sys.exit(main())
