"""The report: one folder of static HTML, without server or network. index.html is the latest night; each night stays as its own page."""
import json
import os
import re
import shutil

import jinja2

import covered
import junit
import nights

HERE = os.path.dirname(os.path.abspath(__file__))
SHOWN, SLOWEST = 8, 10  # cases of a bucket; slowest cases
MISSING = 200  # points of a unit that were not reached
SPARK = (120, 28, 3)  # width, height, margin of a curve


def spark(values):
    """Points of a curve and of its end; gaps where a night has no value."""
    width, height, margin = SPARK
    known = [value for value in values if value is not None]
    if not known:
        return {"line": "", "end": None}
    low, high = min(known), max(known)
    points = []
    for i, value in enumerate(values):
        if value is not None:
            x = margin + (width - 2 * margin) * (i / (len(values) - 1) if len(values) > 1 else 1)
            y = height / 2 if high == low else height - margin - (height - 2 * margin) * (value - low) / (high - low)
            points.append((f"{x:.1f}", f"{y:.1f}"))
    return {"line": " ".join(",".join(point) for point in points), "end": points[-1], "low": low, "high": high}


def big(number):
    """1234567 -> 1.23 million"""
    for limit, word in ((1e12, " trillion"), (1e9, " billion"), (1e6, " million")):
        if number >= limit:
            return f"{number / limit:.3g}{word}"
    return f"{number:,.0f}"


def duration(seconds):
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def bucket_name(bucket):
    """Without what is not known of it."""
    return ", ".join(part for part in bucket if part != "-")


def percent_change(factor):
    return "" if factor is None else f"{100 * (factor - 1):+.1f} %"


def keep_outputs(cases, folder, night):
    """What these failed cases said, beside their bundles, which the workers put there; the cases get links to both."""
    own = os.path.join(folder, "failures", str(night))
    for case in cases:
        for attempt in case["attempts"]:
            attempt["links"] = []
            if attempt["status"] == "passed":
                continue
            name = f"{case['id']}-{attempt['number']}"
            os.makedirs(own, exist_ok=True)
            with open(os.path.join(own, name + ".txt"), "w", encoding="utf-8") as out:
                out.write(f"{case['command']}\n\n{attempt['output'] or attempt['message'] or ''}\n")
            attempt["links"].append(("output", f"failures/{night}/{name}.txt"))
            if os.path.isdir(os.path.join(own, name)):
                attempt["links"].append(("bundle", f"failures/{night}/{name}/"))


def drop_old(folder, kept):
    """Pages and failures of nights that are no longer in the list."""
    for name in os.listdir(folder):
        page = re.fullmatch(r"(?:night|coverage)-(\d+)\.(?:html|info)", name)
        if page and page.group(1) not in kept:
            os.unlink(os.path.join(folder, name))
    failures = os.path.join(folder, "failures")
    for name in os.listdir(failures) if os.path.isdir(failures) else []:
        if name not in kept:
            shutil.rmtree(os.path.join(failures, name))


def changes(found, earlier):
    """Buckets that the night before did not have, and those that it had alone."""
    now, old = {bucket for bucket, _ in found}, {bucket for bucket, _ in earlier}
    return {"new": sorted(now - old), "gone": sorted(old - now)}


def write_aside(path, text):
    aside = path + ".tmp"
    with open(aside, "w", encoding="utf-8") as out:
        out.write(text)
    os.replace(aside, path)


def share(row):
    return f"{100 * row['covered'] / row['total']:.1f} %" if row["total"] else "-"


def count_coverage(store, night, folder, rules, environment):
    """Counts what the night's runs have covered, and writes the page about it; without runs, what was counted before stays."""
    found = covered.measure(store, night["id"], rules)
    if found is None:
        return
    rows = [dict(zip(("kind", "name", "covered", "total", "excluded"), row)) for row in found.rows()]
    store.set_coverage(night["id"], [tuple(row.values()) for row in rows])
    for row in rows:
        row["missing"] = found.missing(row["kind"], row["name"])
    kinds = [(kind, [row for row in rows if row["kind"] == kind]) for kind in covered.KINDS]
    page = environment.get_template("coverage.html").render(night=night, kinds=[k for k in kinds if k[1]], rules=rules, shown=MISSING)
    covered.write_lcov(found, os.path.join(folder, f"coverage-{night['id']}.info"))
    write_aside(os.path.join(folder, f"coverage-{night['id']}.html"), page)


def sum_coverage(store, night_id, goals):
    """A row a kind, against its goal, with the unit that has the least share."""
    sums = []
    for kind in covered.KINDS:
        rows = store.rows("SELECT * FROM coverage WHERE night = ? AND kind = ? AND total > 0", night_id, kind)
        if not rows:
            continue
        row = {name: sum(r[name] for r in rows) for name in ("covered", "total", "excluded")}
        least = min(rows, key=lambda r: r["covered"] / r["total"])
        goal = goals.get(kind)
        below = goal is not None and 100 * row["covered"] < goal * row["total"]
        sums.append({"kind": kind, **row, "goal": goal, "below": below, "least": f"{least['name']} {share(least)}"})
    return sums


def write(store, night_id, folder, coverage_rules):
    """Report and junit.xml of a night, into `folder`. Returns what sum_coverage does."""
    goals, rules = covered.read_rules(coverage_rules)
    os.makedirs(folder, exist_ok=True)
    night = dict(store.rows("SELECT * FROM night WHERE id = ?", night_id)[0])
    cases, history = nights.read_cases(store, night_id), nights.before(store, night)
    found = nights.buckets(cases)
    for _, failed in found:
        keep_outputs(failed[:SHOWN], folder, night_id)
    earlier = nights.buckets(nights.read_cases(store, history[0]["id"])) if history else []
    starts = store.rows("SELECT * FROM start WHERE night = ? ORDER BY id", night_id)
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"big": big, "duration": duration, "change": percent_change, "spark": spark, "bucket": bucket_name, "share": share}
    environment.globals |= {"verdicts": nights.VERDICTS, "spark_size": SPARK, "shown": SHOWN}
    count_coverage(store, night, folder, rules, environment)
    coverage = sum_coverage(store, night_id, goals.get(night["tier"], {}))
    page = environment.get_template("report.html").render(
        night=night,
        tools=json.loads(night["tools"]),
        machine=json.loads(night["machine"]),
        left_out=json.loads(night["left_out"]),
        starts=starts,
        counts=nights.count(cases),
        work=nights.work(cases),
        axes=nights.by_axis(cases),
        buckets=found,
        changes=changes(found, earlier) if history else None,
        trends=nights.trends(store, night, history),
        history=[nights.summary(store, row) for row in [night, *history]],
        pages={row["id"] for row in history if os.path.exists(os.path.join(folder, f"night-{row['id']}.html"))} | {night_id},
        coverage=coverage,
        coverage_page=f"coverage-{night_id}.html" if os.path.exists(os.path.join(folder, f"coverage-{night_id}.html")) else "",
        slowest=sorted((c for c in cases if c["last"]), key=lambda c: -c["seconds"])[:SLOWEST],
        limits={"cycles": nights.MORE_CYCLES, "speed": nights.LESS_SPEED, "nights": nights.HISTORY},
    )
    drop_old(folder, {str(row["id"]) for row in [night, *history]})
    write_aside(os.path.join(folder, f"night-{night_id}.html"), page)
    write_aside(os.path.join(folder, "index.html"), page)
    junit.write(cases, night, os.path.join(folder, "junit.xml"))
    return coverage
