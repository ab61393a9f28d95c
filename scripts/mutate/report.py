"""The table, the survivors with their reasons, and what tests/mutate/explained.txt says in vain."""
import collections
import re

import tree


def read_explained(file):
    """Name -> reason. A reason stands at the margin, indented below it the mutants that it explains: `NAME …`."""
    reasons, reason, open_text = {}, "", False
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
        if not line.strip() or line.startswith("#"):
            open_text = False
        elif line[0] != " ":
            reason, open_text = f"{reason} {line.strip()}" if open_text else line.strip(), True
        else:
            open_text = False
            name = line.split()[0]
            if not re.fullmatch("[0-9a-f]{8}", name):
                raise ValueError(f"{file}: {line.strip()}: no mutant's name")
            reasons[name] = reason
    return reasons


def percent(part, whole):
    return f"{100 * part / whole:5.1f}%" if whole else "     -"


def write(side_of, sites, mutants, results, reasons, out):
    """Prints everything; whether every side's bar is reached and every survivor explained."""
    names = {mutant.name for mutant in sites}
    known = {m.name: results.killed.get(m.name) for m in mutants}
    by_unit = collections.defaultdict(list)
    for mutant in mutants:
        by_unit[mutant.unit].append(mutant)
    count = collections.Counter(mutant.unit for mutant in sites)

    def row(title, group, of):
        level = collections.Counter(known[m.name]["level"] if known[m.name] else "-" for m in group)
        killed = len(group) - level["-"]
        cells = f"{of:6d} {len(group):6d} {level['runs']:6d} {level['units']:6d} {level['whole']:6d} {level['-']:9d}"
        print(f"{title:<20} {cells}  {percent(killed, len(group))}", file=out)

    print(f"{'unit':<20}  sites    run   runs  units  whole  survived   score", file=out)
    for unit in sorted(by_unit):
        row(unit, by_unit[unit], count[unit])
    low = []
    for side, bar in tree.SIDES.items():
        group = [m for m in mutants if side_of[m.file] == side]
        if group:
            row(side, group, sum(side_of[m.file] == side for m in sites))
            if sum(known[m.name] is not None for m in group) < bar * len(group):
                low.append(f"{side}: below {100 * bar:.0f} %")
    row("total", mutants, len(sites))
    survivors = [m for m in mutants if known[m.name] is None]
    open_ones = [m for m in survivors if m.name not in reasons]
    if survivors:
        print("\nsurvivors", file=out)
    for mutant in sorted(survivors, key=lambda m: (m.unit, m.line)):
        print(f"{mutant.name} {mutant.title}\n         {reasons.get(mutant.name, 'NOT EXPLAINED')}", file=out)
    for name in sorted(reasons.keys() - names):
        print(f"explained.txt: {name}: no such mutant any more ({reasons[name]})", file=out)
    for name in sorted(reasons.keys() & {m.name for m in mutants if known[m.name]}):
        print(f"explained.txt: {name}: killed, by {known[name]['step']} ({reasons[name]})", file=out)
    killed = len(mutants) - len(survivors)
    alone = sum(1 for record in known.values() if record and record["level"] != "units")
    print(
        f"\n{len(mutants)} mutants of {len(sites)}: {killed} killed ({percent(killed, len(mutants)).strip()}), {alone} of them by whole runs, "
        f"{killed - alone} by unit tests; {len(survivors)} survived, {len(open_ones)} of them not explained", file=out,
    )
    for line in low:
        print(line, file=out)
    return bool(mutants) and not low and not open_ones
