"""From the points of coverage of a night to what was reached, unit by unit: lines, branches, bits, events, combinations (docs/coverage.md)."""
import collections
import os
import re
import tomllib

import coverage
import store

KINDS = ["line", "branch", "toggle", "event", "functional"]
SOURCES = "rtl/"  # points of other files are the test bench's


class Point:
    """Reached in any build and instance. `text` is what exclusions go by: of lines and branches the source, else the name."""

    def __init__(self, text, place=None):
        self.text, self.place, self.covered, self.excluded = text, place, False, None

    def label(self):
        return f"{self.place[1]}: {self.text}" if self.place else self.text


class Sources:
    """Lines of the RTL; a file that has gone has none."""

    def __init__(self):
        self.files = {}

    def line(self, path, number):
        if path not in self.files:
            try:
                with open(path, encoding="utf-8") as file:
                    self.files[path] = file.read().splitlines()
            except OSError:
                self.files[path] = []
        lines = self.files[path]
        return lines[number - 1].strip() if 0 < number <= len(lines) else ""


def fields(name):
    return dict(part.split("\2", 1) for part in name.split("\1") if part)


def numbers(ranges):
    """"3-5,9" -> 3, 4, 5, 9"""
    for piece in filter(None, ranges.split(",")):
        first, _, last = piece.partition("-")
        yield from range(int(first), int(last or first) + 1)


def unit_of(path):
    return os.path.basename(path).removesuffix(".sv")


class Night:
    """`points`: kind -> unit -> key -> Point."""

    def __init__(self):
        self.points = {kind: collections.defaultdict(dict) for kind in KINDS}
        self.sources = Sources()

    def reach(self, kind, unit, key, covered, text, place=None):
        point = self.points[kind][unit].setdefault(key, Point(text, place))
        point.covered |= covered
        return point

    def add(self, build, names, bits):
        array = build.partition("-")[0]
        blocks = collections.defaultdict(bool)  # (file, block) -> reached in any instance of this build
        for name, covered in zip(names, bits):
            f = fields(name)
            page, _, unit = f["page"].partition("/")
            if page == "v_feature":  # sizes.py
                continue
            if page == "v_functional":
                self.reach("functional", unit, f["o"], covered, f["o"])
            elif page == "v_user":
                path = re.sub(r"^TOP\.|^\.|dp_top\.|\.?u_cover\.", "", f["h"].removesuffix(f["o"])).rstrip(".")
                text = f"{array} {path + ' ' if path else ''}{f['o']}"
                self.reach("event", unit.partition("__")[0].removesuffix("_cover"), text, covered, text)
            elif f["f"].startswith(SOURCES) and page == "v_toggle":
                self.reach("toggle", unit_of(f["f"]), (f["l"], f["o"]), covered, f["o"])
            elif f["f"].startswith(SOURCES):
                blocks[f["f"], page, int(f["l"]), f["n"], f["o"], f.get("S", "")] |= covered
        for (path, page, number, column, what, lines), covered in blocks.items():
            if page == "v_branch":
                text = f"{what}: {self.sources.line(path, number)}"
                self.reach("branch", unit_of(path), (number, column, what), covered, text, (path, number))
            for line in numbers(lines):
                self.reach("line", unit_of(path), (line, column, what, number), covered, self.sources.line(path, line), (path, line))

    def finish(self):
        """A line is reached when every block that it is part of is."""
        for unit, points in self.points["line"].items():
            lines = {}
            for point in points.values():
                first = lines.setdefault(point.place[1], point)
                first.covered &= point.covered
            self.points["line"][unit] = lines

    def exclude(self, rules):
        for rule in rules:
            for unit, points in self.points[rule.kind].items():
                for point in points.values() if rule.unit.fullmatch(unit) else ():
                    if rule.point.fullmatch(point.text):
                        rule.matched += 1
                        rule.needed += not point.covered
                        point.excluded = None if point.covered else point.excluded or rule

    def rows(self):
        """(kind, unit, covered, total, excluded), as the database has them. What is covered counts even where a rule would let it off."""
        for kind in KINDS:
            for unit, points in sorted(self.points[kind].items()):
                excluded = sum(point.excluded is not None for point in points.values())
                yield kind, unit, sum(p.covered for p in points.values()), len(points) - excluded, excluded

    def missing(self, kind, unit):
        found = [p for p in self.points[kind][unit].values() if not p.covered and p.excluded is None]
        return [p.label() for p in sorted(found, key=lambda p: (p.place or ("", 0), p.text))]


class Rule:
    def __init__(self, where, table):
        if set(table) != {"kind", "unit", "point", "reason"} or table["kind"] not in KINDS:
            raise store.StoreError(f"{where}: expected kind ({', '.join(KINDS)}), unit, point and reason")
        self.kind, self.reason, self.matched, self.needed = table["kind"], table["reason"], 0, 0
        self.text = f"{table['unit']} {table['point']}"
        try:
            self.unit, self.point = re.compile(table["unit"]), re.compile(table["point"])
        except re.error as error:
            raise store.StoreError(f"{where}: {error}") from error


def read_rules(path):
    """(tier -> kind -> goal in percent, rules)"""
    try:
        with open(path, "rb") as file:
            table = tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise store.StoreError(f"{path}: {error}") from error
    goals = table.get("goal", {})
    if set(table) - {"goal", "exclude"} or not all(isinstance(goal, dict) and set(goal) <= set(KINDS) for goal in goals.values()):
        raise store.StoreError(f"{path}: expected [goal.TIER] with percents of {', '.join(KINDS)}, and [[exclude]]")
    return goals, [Rule(f"{path}: exclude {i}", rule) for i, rule in enumerate(table.get("exclude", []), 1)]


def measure(base, night, rules):
    """Of a night in the database; None where nothing was covered."""
    rows = base.rows("SELECT * FROM covered WHERE night = ? ORDER BY build", night)
    found = Night()
    for row in rows:
        names = coverage.names_of(row["names"])
        found.add(row["build"], names, coverage.unpack(row["bits"], len(names)))
    found.finish()
    found.exclude(rules)
    return found if rows else None


def write_lcov(found, path):
    """For genhtml and the like. Counts are 1 and 0: reached or not."""
    files = collections.defaultdict(lambda: ([], []))
    for kind, which in (("line", 0), ("branch", 1)):
        for points in found.points[kind].values():
            for point in points.values():
                if point.excluded is None:
                    files[point.place[0]][which].append(point)
    with open(path, "w", encoding="utf-8") as out:
        for name, (lines, branches) in sorted(files.items()):
            out.write(f"TN:nightly\nSF:{os.path.abspath(name)}\n")
            for number, point in enumerate(sorted(branches, key=lambda p: p.place[1])):
                out.write(f"BRDA:{point.place[1]},0,{number},{int(point.covered)}\n")
            out.write(f"BRF:{len(branches)}\nBRH:{sum(p.covered for p in branches)}\n")
            for point in sorted(lines, key=lambda p: p.place[1]):
                out.write(f"DA:{point.place[1]},{int(point.covered)}\n")
            out.write(f"LF:{len(lines)}\nLH:{sum(p.covered for p in lines)}\nend_of_record\n")
