#!/usr/bin/python3
"""The published table, with our cycles in it: scripts/table/table.py RESULTS.jsonl [-o DIRECTORY] [--nets LIST]

Prints a table for each network and hardware build and a summary; writes them as table.csv and table.md too. Exit code 0: every cell
is there and bit-exact; 1: some are not; 2: the input is wrong.
"""
import argparse
import csv
import io
import statistics
import sys

import sweep_results as sr

GOOD_SHARE = 0.9
BOARD_CLOCK = 187.48  # MHz, of the published design on the ZCU102 (its block design's hardware hand-off)
COLUMNS = ["cell", "cycles", "limit", "cycles/limit", "est. ms", "published ms"]
COLUMNS += ["speedup", "published", "limits predict", "share", ">= 0.9"]
FIELDS = ["net", "arch", "build", "schedule", "bandwidth", "mask", "scope", "cell", "state", "cycles", "limit_cycles", "macs", "bytes"]
FIELDS += ["ratio", "speedup", "clock_mhz", "estimated_ms", "published_ms", "published_speedup", "predicted_speedup", "share"]


class Row:
    """One line of the table. What cannot be computed is None."""

    def __init__(self, group, cell, latencies, clock=BOARD_CLOCK):
        self.group, self.cell, self.clock = group, cell, clock
        self.measured = group.baseline if cell == sr.BASELINE else group.cells.get(cell)
        base = group.baseline if group.baseline and not group.baseline.failed else None
        there = self.is_exact()
        self.ratio = self.measured.cycles / self.measured.limit if there else None
        self.speedup = base.cycles / self.measured.cycles if there and base else None
        self.predicted = base.limit / self.measured.limit if there and base else None
        self.share = self.speedup / self.predicted if self.speedup else None
        self.ms = self.measured.cycles / (1000 * clock) if there else None
        self.published_ms = latencies.get((group.net, group.arch), {}).get(cell)
        self.published = sr.published_speedup(latencies, group.net, group.arch, cell)

    def is_exact(self):
        return self.measured is not None and not self.measured.failed

    def state(self):
        if self.measured is None:
            return "missing"
        return "FAILED" if self.measured.failed else "exact"

    def name(self):
        return self.cell[1] if self.cell[0] == "block" else f"{self.cell[1]} {self.cell[0]}"

    def where(self):
        return f"{self.group.net} {self.name()} on {self.group.build}"

    def texts(self):
        if not self.is_exact():
            return [self.name(), self.state()] + [""] * (len(COLUMNS) - 2)
        numbers = [f"{self.measured.cycles:.0f}", f"{self.measured.limit:.0f}", f"{self.ratio:.3f}", f"{self.ms:.2f}"]
        numbers.append("-" if self.published_ms is None else f"{self.published_ms:.2f}")
        for value, places in ((self.speedup, 2), (self.published, 2), (self.predicted, 2), (self.share, 3)):
            numbers.append("-" if value is None or self.cell == sr.BASELINE else f"{value:.{places}f}")
        good = "-" if self.share is None or self.cell == sr.BASELINE else "yes" if self.share >= GOOD_SHARE else "no"
        return [self.name()] + numbers + [good]

    def fields(self):
        g, m = self.group, self.measured if self.is_exact() else None
        place = [g.net, g.arch, g.build, g.schedule, g.bandwidth, g.mask, *self.cell, self.state()]
        counts = [f"{value:.12g}" for value in (m.cycles, m.limit, m.macs, m.bytes)] if m else [""] * 4
        values = [self.ratio, self.speedup, self.clock, self.ms, self.published_ms, self.published, self.predicted, self.share]
        return place + counts + ["" if value is None else f"{value:.6g}" for value in values]


def expected_cells(group, latencies):
    """Those of the published table, and whatever else was run."""
    cells = [sr.BASELINE] + [("block", cell) for cell in sr.CELLS]
    known = latencies.get((group.net, group.arch), {})
    cells += [("resolution", cell) for cell in sr.RESOLUTION_CELLS if ("resolution", cell) in known]
    return cells + sorted(cell for cell in group.cells if cell not in cells)


def choose_groups(groups, nets):
    """In the order of the table; a network that was not run is there as missing."""
    chosen = []
    for net in nets:
        for arch in sr.ARCHS:
            found = [g for g in groups if g.net == net and g.arch == arch]
            chosen += found or [sr.Group(net, arch, f"{arch}-ref")]
    return chosen


def text_table(rows):
    lines = [COLUMNS] + [row.texts() for row in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(COLUMNS))]
    return "\n".join(
        "  ".join(text.ljust(width) if i == 0 else text.rjust(width) for i, (text, width) in enumerate(zip(line, widths))).rstrip()
        for line in lines
    )


def markdown_table(rows):
    head = [COLUMNS, ["---"] + ["---:"] * (len(COLUMNS) - 1)]
    return "\n".join("| " + " | ".join(line) + " |" for line in head + [row.texts() for row in rows])


def megahertz(text):
    try:
        clock = float(text)
    except ValueError:
        clock = 0
    if not 0 < clock < 1e5:
        raise argparse.ArgumentTypeError(f"'{text}': MHz expected, above 0 and below 100000")
    return clock


def extreme(rows, value, pick):
    row = pick(rows, key=value)
    return f"{value(row):.3f} ({row.where()})"


def summary(rows):
    cells = [row for row in rows if row.cell != sr.BASELINE]
    exact = [row for row in rows if row.is_exact()]
    compared = [row for row in cells if row.published is not None]
    above = sum(row.speedup is not None and row.speedup > row.published for row in compared)
    lines = [f"bit-exact: {len(exact)} of {len(rows)} runs ({len(rows) - len(cells)} baselines, {len(cells)} cells)"]
    if compared:
        lines.append(f"above the published speedup: {above} of {len(compared)} cells")
    if exact:
        ratios = [row.ratio for row in exact]
        lines.append(f"cycles/limit: median {statistics.median(ratios):.3f}, worst {extreme(exact, lambda row: row.ratio, max)}")
    timed = [row for row in exact if row.published_ms is not None]
    if timed:
        below = sum(row.ms < row.published_ms for row in timed)
        lines.append(
            f"estimated at {timed[0].clock:g} MHz: fewer milliseconds than published in {below} of {len(timed)} runs, "
            f"largest ratio {extreme(timed, lambda row: row.ms / row.published_ms, max)}"
        )
    known = [row for row in cells if row.speedup is not None]
    if known:
        good = sum(row.share >= GOOD_SHARE for row in known)
        lines.append(f"best speedup: {extreme(known, lambda row: row.speedup, max)}")
        lines.append(
            f"share of the speedup that the limits predict: at least {GOOD_SHARE} in {good} of {len(known)} cells, "
            f"worst {extreme(known, lambda row: row.share, min)}"
        )
    return lines


def problems(rows):
    lines = []
    for row in rows:
        if not row.is_exact():
            why = f" ({row.measured.failed})" if row.measured else ""
            lines.append(f"{row.state()}: {row.where()}{why}")
    return lines


def csv_text(rows):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(FIELDS)
    writer.writerows(row.fields() for row in rows)
    return out.getvalue()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", help="what `dpacs sweep` wrote")
    parser.add_argument("-o", "--output", default="build/table", metavar="DIRECTORY", help="for table.csv and table.md (build/table)")
    parser.add_argument("--plan", metavar="FILE", help="what `dpacs sweep --dry-run` printed: only these cases count")
    parser.add_argument("--nets", default=",".join(sr.NETS), metavar="LIST", help="networks that must be there (the published ones)")
    parser.add_argument("--published", default=sr.PUBLISHED, metavar="DIRECTORY", help="published latencies (docs/published)")
    parser.add_argument("--clock", type=megahertz, default=BOARD_CLOCK, metavar="MHZ", help="for milliseconds (%(default)s, the published board's)")
    arguments = parser.parse_args()
    latencies = sr.published_latencies(arguments.published)
    groups = choose_groups(sr.read_groups(arguments.results, arguments.plan), arguments.nets.split(","))
    tables = [(group, [Row(group, cell, latencies, arguments.clock) for cell in expected_cells(group, latencies)]) for group in groups]
    rows = [row for _, part in tables for row in part]
    for group, part in tables:
        print(f"{group.title()}\n{text_table(part)}\n")
    print("\n".join(summary(rows) + problems(rows)))
    markdown = [f"### {group.title()}\n\n{markdown_table(part)}\n" for group, part in tables]
    markdown.append("\n".join(f" - {line}" for line in summary(rows) + problems(rows)) + "\n")
    sr.write_aside(f"{arguments.output}/table.csv", csv_text(rows))
    sr.write_aside(f"{arguments.output}/table.md", "\n".join(markdown))
    return 0 if all(row.is_exact() for row in rows) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, sr.BadResults) as error:
        print(f"table.py: {error}", file=sys.stderr)
        sys.exit(2)
