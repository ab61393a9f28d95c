"""Sizes of builds.mk and features of the hardware (csrc/plan/plan_features.h) that a night's equal cases have met, printed as after `make test`."""
import json
import os
import sys

import coverage
import covered
import store

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "check"))
import met  # pylint: disable=wrong-import-position


def plain(build):
    """Without its variant, which is the same hardware."""
    return build.partition(".")[0]


def features(base, night):
    """feature -> build -> "met", 0, or -1 where the build does not have it. Dense builds have none."""
    found = {}
    for row in base.rows("SELECT * FROM covered WHERE night = ? ORDER BY build", night):
        names = coverage.names_of(row["names"])
        for name, is_met in zip(names, coverage.unpack(row["bits"], len(names))):
            fields = covered.fields(name)
            build = plain(row["build"])
            if fields["page"].startswith("v_feature/") and not build.endswith("-dense"):
                cells = found.setdefault(fields["o"], {})
                cells[build] = "met" if is_met or cells.get(build) == "met" else 0
    builds = {build for cells in found.values() for build in cells}
    return {feature: {build: cells.get(build, -1) for build in builds} for feature, cells in found.items()}


def tell(base, night, must):
    """Prints the tables where anything is known; whether there is a gap. `must`: every build of builds.mk is to have met all that it has."""
    rows = features(base, night)
    if not rows and not must:
        return False
    passed = base.rows("SELECT axes FROM verdict WHERE night = ? AND verdict = 'passed'", night)
    whole = {plain(json.loads(row["axes"])["build"]) for row in passed}
    builds, _ = met.features()
    try:
        gaps = met.show_units({}, {build.removesuffix("-dense") for build in whole})
    except OSError as error:
        raise store.StoreError(f"{error.filename}: {error.strerror}; make makes it") from error
    gaps += met.show_features(builds if must else [build for build in builds if build in whole], rows, "equal cases")
    return must and met.tell(gaps)
