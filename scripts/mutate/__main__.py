"""Mutation testing: scripts/mutate [OPTION…], as docs/mutation.md tells.

    make mutate                             # 500 mutants of all units
    make mutate MUTANTS=all UNITS=dp_chain,golden_mask JOBS=4 SEED=2

Exit code 0: of each side its share is killed (RTL 95 %, golden 92 %, checker 90 %), and every survivor explained; 1: not so; 2: wrong usage, or the original does not pass; 130: stopped.
"""
import argparse
import os
import signal
import sys
from pathlib import Path

import campaign
import ladder
import report
import tree

ROOT = Path(__file__).resolve().parent.parent.parent


def count(text):
    if text == "all":
        return None
    if not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text}: a number from 1 on, or `all`")
    return int(text)


def read_arguments(words):
    parser = argparse.ArgumentParser(prog="mutate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mutants", type=count, default=500, metavar="N", help="so many of all units, or `all` (500)")
    parser.add_argument("--units", metavar="LIST", help="of these files only, e.g. dp_chain,golden_mask")
    parser.add_argument("--side", choices=list(tree.SIDES), help="of this side only")
    parser.add_argument("--only", metavar="LIST", help="these mutants only, by name")
    parser.add_argument("--seed", default="1", help="which mutants (1)")
    parser.add_argument("--jobs", type=count, default=os.cpu_count(), metavar="N", help="mutants at a time (as many as cores)")
    parser.add_argument("--list", action="store_true", help="print the mutants, run nothing")
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help="where it works (build/mutate)")
    parser.add_argument("--ladder", type=Path, help="what mutants have to pass (tests/mutate/ladder.toml)")
    parser.add_argument("--explained", type=Path, help="reasons of survivors (tests/mutate/explained.txt)")
    return parser.parse_args(words)


def select(arguments, copy):
    mutants = [mutant for mutant in copy.mutants if arguments.side in (None, copy.side_of[mutant.file])]
    if arguments.units:
        units = set(arguments.units.split(","))
        unknown = units - {mutant.unit for mutant in mutants}
        if unknown:
            raise tree.TreeError(f"{', '.join(sorted(unknown))}: no such unit")
        mutants = [mutant for mutant in mutants if mutant.unit in units]
    if arguments.only:
        names = set(arguments.only.split(","))
        unknown = names - {mutant.name for mutant in mutants}
        if unknown:
            raise tree.TreeError(f"{', '.join(sorted(unknown))}: no such mutant")
        return mutants, [mutant for mutant in mutants if mutant.name in names]
    return mutants, campaign.chosen(mutants, arguments.mutants, arguments.seed)


def run(arguments):
    root = arguments.root.resolve()
    out = (arguments.out or root / "build/mutate").resolve()
    plan = arguments.ladder or root / "tests/mutate/ladder.toml"
    reasons = report.read_explained(arguments.explained or root / "tests/mutate/explained.txt")
    copy = tree.Tree(root, out / "tree", arguments.side)
    sites, mutants = select(arguments, copy)
    if arguments.list:
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `--list | head`
        for mutant in mutants:
            print(mutant.name, mutant.title)
        return 0
    copy.write()
    (out / "mutants.txt").write_text("".join(f"{m.number} {m.name} {m.title}\n" for m in copy.mutants), encoding="utf-8")
    steps = ladder.Ladder(copy, plan)
    results = campaign.Results(out / "results.jsonl", copy.checksum(plan))
    try:
        steps.networks()
        campaign.Campaign(steps, results, mutants, reasons, arguments.jobs, out / "make.log").run()
    finally:
        steps.runner.stop()
    return 0 if report.write(copy.side_of, sites, mutants, results, reasons, sys.stdout) else 1


def main():
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return run(read_arguments(sys.argv[1:]))
    except KeyboardInterrupt:
        print("mutate: stopped; the same command goes on", file=sys.stderr)
        return 130
    except (tree.TreeError, ladder.LadderError, ValueError) as error:
        print(f"mutate: {error}", file=sys.stderr)
    except OSError as error:
        print(f"mutate: {error.filename or 'output'}: {error.strerror}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
