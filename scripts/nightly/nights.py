"""What the database says about a night and those before it, as the report and JUnit XML show it."""
import collections
import functools
import json
import math
import statistics

HISTORY = 14  # nights that tonight is compared with
MORE_CYCLES, LESS_SPEED = 1.02, 0.8  # from here on a series is marked as worse
LEAST_POINTS = 3  # common to both nights, before cycles are compared
MOST_VALUES = 16  # of an axis that is shown
VERDICTS = ["passed", "flaky", "failed", "missing"]
LABEL = ["model", "network", "height", "keep", "mask", "scope", "values", "build", "schedule", "stall", "latency", "bandwidth", "base", "fault"]
PLAIN = {"mask": "random", "scope": "block", "values": "usual", "schedule": "gang", "stall": 0, "latency": 80, "bandwidth": 48, "base": 0}
UNITS = {"stall": "% stalls", "latency": " cycles latency", "bandwidth": " bytes a cycle"}


def model_name(path):
    return path.rpartition("/")[2].removesuffix(".dpm")


def address(value):
    return f"0x{value:08x}"


def shown(axis, value):
    """A value of an axis, as the report shows it."""
    return model_name(value) if axis == "model" else address(value) if axis == "base" else value


def label(axes):
    words = []
    for name in LABEL:
        value = axes.get(name)
        if value is None or value == PLAIN.get(name):
            continue
        if name == "height":
            value = f"{axes['height']}x{axes['width']}x{axes['channels']} {axes['kind']}" + ("/2" if axes["stride"] == 2 else "")
        elif name == "base":
            value = f"from {address(value)}"
        elif name == "model":
            value = model_name(value)
        words.append(f"{'keep ' if name == 'keep' else ''}{value}{UNITS.get(name, '')}")
    return " ".join(words)


def read_cases(store, night):
    """All of the plan, in its order; `last` is the attempt that counts, None where there is none."""
    attempts = collections.defaultdict(list)
    for row in store.rows("SELECT * FROM attempt WHERE night = ? ORDER BY id, number", night):
        attempts[row["id"]].append(dict(row))
    cases = []
    for row in store.rows("SELECT * FROM verdict WHERE night = ? ORDER BY position", night):
        case = dict(row, axes=json.loads(row["axes"]), point=f"{row['suite']} {row['axes']}", attempts=attempts[row["id"]])
        case["seconds"] = sum(attempt["seconds"] for attempt in case["attempts"])
        case["last"] = case["attempts"][-1] if case["attempts"] else None
        case["label"] = label(case["axes"])
        cases.append(case)
    return cases


def count(cases):
    counts = collections.Counter(case["verdict"] for case in cases)
    return {verdict: counts[verdict] for verdict in VERDICTS}


def work(cases):
    """What was compared and found equal."""
    good = [case["last"] for case in cases if case["verdict"] in ("passed", "flaky")]
    names = ("images", "tiles", "macs", "cycles", "sim_seconds")
    return {name: sum(attempt[name] for attempt in good) for name in names}


def by_axis(cases):
    """[(axis, [(value, counts)])], for axes with more than one value; the suite comes first."""
    values = collections.defaultdict(lambda: collections.defaultdict(list))
    for case in cases:
        values["suite"][case["suite"]].append(case)
        for name, value in case["axes"].items():
            values[name][shown(name, value)].append(case)
    table = []
    for name, groups in values.items():
        if name == "suite" or 1 < len(groups) <= MOST_VALUES:
            table.append((name, [(value, count(groups[value])) for value in sorted(groups, key=lambda v: (isinstance(v, str), v))]))
    return table


def buckets(cases):
    """Failures of the same kind of layer, stage and cause together, the largest first."""
    groups = collections.defaultdict(list)
    for case in cases:
        if case["verdict"] in ("failed", "flaky"):
            first = case["attempts"][0]
            groups[(first["kind"], first["stage"], first["cause"])].append(case)
    return sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))


@functools.lru_cache(maxsize=None)
def series_of(suite, axes):
    chosen = json.loads(axes)
    return suite, chosen["build"], chosen["schedule"]


@functools.lru_cache(maxsize=None)
def is_random(axes):
    """Another seed is then another network, whose cycles say nothing of this one's."""
    return json.loads(axes).get("network", "").split(":")[0] == "random"


class Measured:
    """A night's speeds: per series, and cycles / limit of every point."""

    def __init__(self, store, night):
        self.points = collections.defaultdict(lambda: collections.defaultdict(list))
        self.cycles, self.seconds = collections.Counter(), collections.Counter()
        rows = store.rows(
            "SELECT p.suite, p.axes, a.cycles, a.limit_cycles, a.sim_seconds FROM attempt a JOIN planned p USING (night, id) "
            "WHERE a.night = ? AND a.status = 'passed' AND a.limit_cycles > 0",
            night,
        )
        for row in rows:
            series = series_of(row["suite"], row["axes"])
            self.points[series][row["axes"]].append(row["cycles"] / row["limit_cycles"])
            self.cycles[series] += row["cycles"]
            self.seconds[series] += row["sim_seconds"]

    def ratio(self, series):
        """Geometric mean of cycles / limit; None where nothing was measured."""
        values = [value for point in self.points.get(series, {}).values() for value in point]
        return statistics.geometric_mean(values) if values else None

    def khz(self, series):
        return self.cycles[series] / self.seconds[series] / 1e3 if self.seconds[series] > 0 else None


def change_of_ratio(now, before, series):
    """Tonight's cycles over those of the nights before, on the same points; None where too few are the same."""
    logs = []
    for point, values in now.points[series].items():
        if is_random(point):
            continue
        old = [statistics.geometric_mean(m.points[series][point]) for m in before if point in m.points.get(series, {})]
        if old:
            logs.append(math.log(statistics.geometric_mean(values) / statistics.median(old)))
    return math.exp(statistics.fmean(logs)) if len(logs) >= LEAST_POINTS else None


def change_of_speed(now, before, series):
    old = [m.khz(series) for m in before if m.khz(series)]
    return now.khz(series) / statistics.median(old) if old and now.khz(series) else None


def trends(store, night, history):
    """A row a series: tonight, the change, whether that is worse, and the values of the nights before and tonight."""
    now, rows = Measured(store, night["id"]), []
    before = [(Measured(store, old["id"]), old["machine"] == night["machine"]) for old in reversed(history)]
    nights, same_machine = [m for m, _ in before], [m for m, same in before if same]
    for series in sorted(now.points):
        ratio, speed = change_of_ratio(now, nights, series), change_of_speed(now, same_machine, series)
        rows.append(
            {
                "series": series,
                "ratio": now.ratio(series),
                "ratio_change": ratio,
                "ratio_worse": ratio is not None and ratio > MORE_CYCLES,
                "ratios": [m.ratio(series) for m in nights] + [now.ratio(series)] if ratio else [],  # of other cases they say nothing
                "khz": now.khz(series),
                "khz_change": speed,
                "khz_worse": speed is not None and speed < LESS_SPEED,
                "khzs": [m.khz(series) for m in same_machine] + [now.khz(series)],
            }
        )
    return rows


def before(store, night):
    """The nights before this one, the latest first."""
    return store.rows("SELECT * FROM night WHERE id < ? ORDER BY id DESC LIMIT ?", night["id"], HISTORY)


def summary(store, night):
    """One line of the list of nights."""
    rows = store.rows("SELECT verdict, count(*) AS n FROM verdict WHERE night = ? GROUP BY verdict", night["id"])
    counts = dict.fromkeys(VERDICTS, 0) | {row["verdict"]: row["n"] for row in rows}
    sums = store.rows(
        "SELECT total(images) AS images, total(tiles) AS tiles, total(macs) AS macs FROM attempt WHERE night = ? AND status = 'passed'",
        night["id"],
    )[0]
    wall = store.rows("SELECT total(ended - began) AS seconds FROM start WHERE night = ?", night["id"])[0]["seconds"]
    return {"night": night, "counts": counts, "images": sums["images"], "tiles": sums["tiles"], "macs": sums["macs"], "seconds": wall}
