#!/usr/bin/python3
"""Do the groups of the views hold what their titles say? offsets.py FST: for every tile of a dump, the y and x of a group "N cycles before the
tile" are N cycles earlier those of the tile. offsets.py FST SAVEFILE LAYER STAGE: is the marker at a tile of this convolution?"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts/waves"))
sys.dont_write_bytecode = True
from gtkw_sources import TOP, Dump  # noqa: E402

CYCLE = 10
TILE = {"valid": "obs_conv_valid_o", "y": "obs_conv_y_o", "x": "obs_conv_x_o"}


def promised():
    """{signal: (coordinate, cycles before)} of the views."""
    found = {}
    for view in (ROOT / "waves").glob("*.view"):
        before = None
        for words in (line.split("#")[0].split() for line in view.read_text().splitlines()):
            if words[:1] == ["group"]:
                title = re.search(r"(\d+) cycles? before the tile", " ".join(words))
                before = int(title[1]) if title else None
            elif words and before is not None and (coordinate := re.search(r"^(?!.*src_)[^{]*[._]([yx])(?:_q)?$", words[0])):
                found[words[0]] = (coordinate[1], before)
    return found


def values(dump, names):
    """[{name: value}] cycle by cycle: what holds before its edge."""
    now, cycles = {}, []
    for time, value in dump.changes({TOP + name: name for name in names}):
        while len(cycles) * CYCLE < time:
            cycles.append(now)
        now = dict(value)
    return cycles


def look_at_marker(dump, save, layer, stage):
    """The marker of a save file is at a tile of this convolution, and in its window."""
    marker = int(re.search(r"^\*\S+ (\d+)", save, re.M)[1])
    names = [TILE["valid"], "obs_conv_layer_o", "obs_conv_stage_o", "u_sequencer.cmd_q.layer", "u_cycle.cycle"]
    found = [values(dump, names)[marker // CYCLE][name] for name in names]
    if found != [1, layer, stage, layer, marker // CYCLE]:
        sys.exit(f"offsets.py: at the marker {dict(zip(names, found))}")
    print(f"cycle {marker // CYCLE}: a tile of the convolution")


def main():
    if len(sys.argv) == 5:
        look_at_marker(Dump(sys.argv[1]), Path(sys.argv[2]).read_text(), int(sys.argv[3]), int(sys.argv[4]))
        return
    signals = promised()
    stages = {before for _, before in signals.values()}
    if stages != {7, 6, 5, 4, 3, 2, 1}:
        sys.exit(f"offsets.py: the views have groups for {sorted(stages)} cycles before a tile only")
    cycles = values(Dump(sys.argv[1]), [*TILE.values(), *signals])
    tiles = [i for i, cycle in enumerate(cycles) if cycle.get(TILE["valid"]) == 1]
    wrong = {f"{name}: not {before} cycles before" for i in tiles for name, (coordinate, before) in signals.items()
             if cycles[i - before].get(name) != cycles[i][TILE[coordinate]]}  # fmt: skip
    if wrong or not tiles:
        sys.exit("\n".join(sorted(wrong)) or "offsets.py: no tile in the dump")
    print(f"{len(tiles)} tiles, {len(signals)} signals: as the titles say")


if __name__ == "__main__":
    main()
