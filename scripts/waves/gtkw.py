#!/usr/bin/python3
"""GTKWave save files for a dump: the views of waves/ (waves/README.md has their format), or what shows one failure.

Every signal is looked up in the dump: GTKWave drops those that it does not know without a word, here they are an error. The names of
states, commands and causes come from the enums of the RTL, as translate files in filters/ beside the save files.
"""
import argparse
import math
import os
import re
import sys
from pathlib import Path

from gtkw_sources import STAGES, TOP, Dump, Error, Rtl, layer_names, layer_spans, read_json, read_text

ROOT = Path(__file__).resolve().parent.parent.parent
ARRAY_SUMS = "u_engine.u_datapath.u_array.gen_sim.u_body.gen_lane[*].acc_q"
COUNT = "u_cycle.cycle"  # tb/dut/dp_cycle.sv
CYCLE = 10  # time units; a cycle's inputs are set at 10*cycle (tb/dut/dut_shim.cpp)
BEFORE, AFTER = 90, 30  # cycles shown around a failure
WIDTH, HEIGHT, LABELS, PANE = 1600, 1000, 420, 1120  # pixels: window, names, waves
FRAME = 200  # pixels of what GTKWave calls a frame: 2**-zoom time units
ANALOG_ROWS = 3
COLOURS = {"red": 1, "orange": 2, "yellow": 3, "green": 4, "blue": 5, "indigo": 6, "violet": 7}
# Flags of save files: 2 hex, 4 decimal, 8 binary, 20 right-justified, 400 signed, 2000 translated by a file, 8000 analog steps.
FORMATS = {"bin": "@28", "hex": "@22", "dec": "@24", "int": "@420", "analog": "@8420"}
COMMENT, TRANSLATED, ANALOG_ROW = "@200", "@2022", "@20000"
OPEN, CLOSED = ("@800200", "@1000200"), ("@c00200", "@1401200")  # a group's beginning and end


def read_view(path):
    """[(line number, words)], comments and empty lines left out."""
    lines = (text.split("#")[0].split() for text in read_text(path).splitlines())
    return [(number, words) for number, words in enumerate(lines, 1) if words]


def subjects_of(view):
    """What a failure is about (subject_of) for which a view is opened: its `for` line."""
    return [subject for _, words in read_view(view) if words[0] == "for" for subject in words[1:]]


class SaveFile:
    """One save file: add() views, then write(). Lane: whose values stand for {lane}, and for {pe} in the array."""

    def __init__(self, path, dump, rtl, layers, lane=0):
        self.path, self.dump, self.rtl, self.layers, self.lane = path, dump, rtl, layers, lane
        self.pe = lane % max(1, len(dump.matching(ARRAY_SUMS)))
        self.lines, self.filters = [], {}
        if dump.matching(COUNT):  # first of all: the time axis counts tenths of a cycle
            self.add_line([COUNT, "dec", "yellow"])
        else:
            self.say("no count of cycles: an older dump, or --wave-depth 1")

    def say(self, text):
        """A line of text among the names."""
        self.lines += [COMMENT, f"-{text}"]

    def add(self, view, folded=False):
        """folded: within a closed group of its own."""
        before, self.lines, group, skipped = self.lines, [], None, False
        for number, words in read_view(view) + [(0, ["group"])]:
            try:
                if words[0] == "group":
                    if group:
                        self.lines += [group[0][1], group[1]]
                    group, skipped = self.start_group(words[1:])
                elif words[0] != "for" and not skipped:
                    self.add_line(words)
            except Error as error:
                raise Error(f"{view}:{number}: {error}") from None
        title = f"-View: {view.stem}"
        if folded and self.lines:
            self.lines = [CLOSED[0], title] + self.lines + [CLOSED[1], title]
        self.lines = before + self.lines

    def start_group(self, words):
        """The group (None: there is none), and whether the build has nothing of what follows."""
        flags = CLOSED if words[-1:] == ["closed"] else OPEN
        words = words[:-1] if flags == CLOSED else words
        if words[-2:-1] == ["if"]:
            if not any(name.startswith(f"{TOP}{words[-1]}.") for name in self.dump.signals):
                return None, True
            words = words[:-2]
        if not words:
            return None, False
        self.lines += [flags[0], "-" + " ".join(words)]
        return (flags, self.lines[-1]), False

    def add_line(self, words):
        if len(words) not in (2, 3) or (len(words) == 3 and words[2] not in COLOURS):
            raise Error(f"'{' '.join(words)}' is not SIGNAL FORMAT [{'|'.join(COLOURS)}]")
        path, _, field = words[0].replace("{lane}", str(self.lane)).replace("{pe}", str(self.pe)).partition("@")
        names = self.dump.matching(path)
        if not names:
            raise Error(f"no signal {TOP}{path} in {self.dump.path}")
        for name in names:
            self.add_signal(name, words[1], words[2] if len(words) == 3 else None, int(field) if field.isdigit() else 0)

    def add_signal(self, name, form, colour, field):
        full, bits = self.dump.signals[name]
        label = re.sub(r"^(.*\.)?u_", "", name.removeprefix(TOP)).replace(".", " ")  # GTKWave shows only what follows a dot
        top = bits - 1
        if field:  # the lane's part of a vector
            label, top = f"{label} lane {self.lane}", (self.lane + 1) * field - 1
            if top >= bits:
                raise Error(f"{full} has no lane {self.lane} of {field} bits")
        enum = self.rtl.enum(form[5:], name) if form.startswith("enum:") else form if form == "stage" or (form == "layer" and self.layers) else None
        form = "dec" if form in ("layer", "stage") else form
        if enum:
            self.lines += [TRANSLATED, f"^{self.use_filter(enum, full, bits)} filters/{enum}.txt"]
        elif form in FORMATS:
            self.lines.append(FORMATS[form])
        else:
            raise Error(f"{form}: not a format ({', '.join(FORMATS)}, layer, stage, enum:TYPE)")
        if colour:
            self.lines.append(f"[color] {COLOURS[colour]}")
        if field or (enum and bits > 1):
            # Bit by bit, most significant first. GTKWave lets an enum that the dump brings hide our names, but not for such a vector.
            first = bits - 1 - top
            self.lines.append(f"#{{{label}}} " + " ".join(f"({i}){full}" for i in range(first, first + (field or bits))))
        else:
            self.lines.append(f"+{{{label}}} {full}")
        if form == "analog":
            self.lines += [ANALOG_ROW] + ["-"] * ANALOG_ROWS

    def use_filter(self, enum, full, bits):
        own = {"layer": self.layers, "stage": STAGES}
        width, names = (bits, dict(enumerate(own[enum]))) if enum in own else self.rtl.enums[enum]
        if width != bits:
            raise Error(f"{full} has {bits} bits, the enum {enum} has {width}")
        digits = (bits + 3) // 4
        self.filters[enum] = "".join(f"{value:0{digits}x} {name}\n" for value, name in names.items())
        return list(self.filters).index(enum) + 1

    def write(self, start, end, marker):
        """From cycle to cycle; marker None: none. A dump ends with its last change, which may be long before a hang is found."""
        last = self.dump.last // CYCLE
        if marker is not None and marker > last:
            print(f"gtkw.py: nothing changes in {self.dump.path} after cycle {last}: shown is its end", file=sys.stderr)
            start, end, marker = last - BEFORE - AFTER, last, last - AFTER // 2
        if marker is not None and marker * CYCLE < self.dump.first:
            raise Error(f"{self.dump.path} begins at cycle {self.dump.first // CYCLE} only")
        marker = -1 if marker is None else marker * CYCLE
        start, end = max(start * CYCLE, self.dump.first), min(end * CYCLE, self.dump.last)
        span = max(end - start, CYCLE)
        start = max(self.dump.first, min(start, self.dump.last - span))  # GTKWave starts at 0 if a page from here goes beyond the end
        head = [
            "[*] made by scripts/waves/gtkw.py",
            # GTKWave takes names relative to the save file: the directory can move.
            f'[dumpfile] "{os.path.relpath(self.dump.path, self.path.parent)}"',
            f'[savefile] "{self.path.name}"',
            f"[timestart] {start}",
            f"[size] {WIDTH} {HEIGHT}",
            "[pos] 0 0",
            f"*{-math.log2(span * FRAME / PANE):.6f} {marker}" + " -1" * 26,
            "[sst_width] 10",
            f"[signals_width] {LABELS}",
            "[sst_expanded] 0",
        ]
        try:
            (self.path.parent / "filters").mkdir(parents=True, exist_ok=True)
            for enum, text in self.filters.items():
                (self.path.parent / "filters" / f"{enum}.txt").write_text(text, encoding="utf-8")
            self.path.write_text("\n".join(head + self.lines) + "\n", encoding="utf-8")
        except OSError as error:
            raise Error(f"{error.filename}: {error.strerror}") from error


def subject_of(failure):
    """The record that was wrong; of a convolution's tile, whether it is its place, its sum or what was made of the sum."""
    if failure["record"] != "conv":
        return failure["record"]
    if failure["fault"] != "MISMATCH":
        return "place"
    return "output" if failure["acc_got"] == failure["acc_want"] else "sum"


def wanted(failure, lane):
    """What the dump cannot show: what golden says."""
    if failure["record"] == "conv" and failure["fault"] == "MISMATCH":
        return (f"golden wants {failure['want']}, of the sum {failure['acc_want']}; the RTL has {failure['got']}, of {failure['acc_got']} "
                f"(channel {failure['channel']}, lane {lane})")  # fmt: skip
    return failure.get("message", failure["record"])


def lane_of(failure, lanes):
    """Lane of the wrong channel; where nobody says it, as in an array of so many lanes, or twice as many in a dual slice, without groups."""
    if failure.get("lane") is not None:
        return failure["lane"]
    channel, before = failure["channel"] or 0, failure["slice"] or 0
    for size in (lanes, 2 * lanes):
        if 0 <= channel - before * size < size:
            return channel - before * size
    return channel % 8


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fst", required=True, help="the dump")
    parser.add_argument("-o", "--output", required=True, type=Path, help="a directory for all views; with --failure a .gtkw file")
    parser.add_argument("--failure", help="failure.json of a failure bundle: what shows it, marked and zoomed")
    parser.add_argument("--layer", nargs=2, metavar=("NAME", "TIMELINE"), help="zoom to a convolution of the run whose timeline this is")
    parser.add_argument("--model", help="the network, whose layers are then shown by name (with --failure: the one that failed)")
    parser.add_argument("--view", help="with --failure: the view that is open, instead of that of what is wrong")
    parser.add_argument("--views", type=Path, default=ROOT / "waves", help="directory of the .view files (waves)")
    parser.add_argument("--rtl", type=Path, default=ROOT / "rtl", help="the RTL whose enums give the names (rtl)")
    args = parser.parse_args()
    dump, rtl, output = Dump(args.fst), Rtl(args.rtl), args.output.absolute()
    views = sorted(path for path in args.views.glob("*.view") if path.stem != "failure")

    if args.failure:
        lanes = len(dump.matching(ARRAY_SUMS))
        cycle, subject, lane, model, said = read_json(
            args.failure, lambda f: (f["cycle"], subject_of(f), lane_of(f, lanes), f["run"]["model"], wanted(f, lane_of(f, lanes)))
        )
        model = args.model or (model if os.path.exists(model) else None)  # a bundle may have come from elsewhere
        file = SaveFile(output, dump, rtl, layer_names(model) if model else [], lane)
        file.say(said)
        file.add(args.views / "failure.view")
        closed = {view: args.view != view.stem if args.view else subject not in subjects_of(view) for view in views}
        for view in sorted(views, key=closed.get):  # what is asked for, or the subject's own, first and open
            file.add(view, folded=closed[view])
        file.write(cycle - BEFORE, cycle + AFTER, cycle)
        return

    layers = layer_names(args.model) if args.model else []
    start, end, marker = dump.first // CYCLE, dump.last // CYCLE, None
    if args.layer:
        spans = read_json(args.layer[1], layer_spans)
        if args.layer[0] not in spans:
            raise Error(f"no convolution {args.layer[0]}; there are {' '.join(spans)}")
        start, end = spans[args.layer[0]]
        marker = dump.first_tile(start * CYCLE, args.layer[0], layers)
        marker = start if marker is None else -(-marker // CYCLE)  # registers change half a cycle before
    for view in views:
        file = SaveFile(output / f"{view.stem}.gtkw", dump, rtl, layers)
        file.add(view)
        if file.lines:
            file.write(start, end, marker)
        else:
            print(f"gtkw.py: {view.stem}: this hardware build has none of it", file=sys.stderr)


if __name__ == "__main__":
    try:
        main()
    except Error as problem:
        print(f"gtkw.py: {problem}", file=sys.stderr)
        sys.exit(2)
