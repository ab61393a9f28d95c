#!/usr/bin/python3
"""Train and export all four networks: dense first, then the pruned ones from it, two processes at a time.

--front trains those of the trade-off instead (docs/tradeoff.md): narrow ones, dense and pruned by position only, as long as each other.

A network is trained in phases, each from the checkpoint of the one before. --smoke runs all of them on a few hundred
images: it shows that every step works, and the networks are worth nothing.
"""
import argparse
import os
import subprocess
import sys
import tempfile
from concurrent.futures import Future, ThreadPoolExecutor
from typing import List

HERE = os.path.dirname(os.path.abspath(__file__))
DENSE = ["--epochs", "8", "--small-epochs", "4", "--lr", "0.1"]
# The first phase moves the masks from open to pruned, with noise; those after it fit the network to them, in small batches.
SETTLED = ["--batch", "64", "--weight-decay", "2e-4", "--crop", "1", "--opening", "0", "--noise", "0"]
S25 = [["--epochs", "3", "--lr", "0.05"],
       ["--epochs", "1", "--lr", "0.02", *SETTLED],
       ["--epochs", "2", "--epoch-images", "40000", "--lr", "0.02", *SETTLED]]
S50 = [["--epochs", "5", "--small-epochs", "2", "--lr", "0.06"],
       ["--epochs", "2", "--lr", "0.04", *SETTLED],
       ["--epochs", "4", "--lr", "0.04", *SETTLED],
       ["--epochs", "2", "--lr", "0.02", *SETTLED]]
S75_START = 2  # phases of S50 before it
S75 = [["--epochs", "1", "--lr", "0.04", *SETTLED],
       ["--epochs", "3", "--lr", "0.04", *SETTLED]]
# The trade-off: a dense phase, and those after it. Masks come in the second one, the third fits the network to them, the fourth gives positions
# back. A network is left where its phases end. The last HOLD_OUT training images decide.
HOLD_OUT, SMOKE_HOLD_OUT = 5000, 64
NARROW = ["--widths", "8", "16", "32"]
FIT = ["--epochs", "2", "--lr", "0.03", *SETTLED, "--margin", "0.1"]
LONGER = [["--epochs", "4", "--lr", "0.05", "--noise", "0", "--opening", "0.15", "--margin", "0.1"], FIT, FIT]
MASKS, FEWER_MASKS = (["--prune-blocks", *percents.split()] for percents in ("50 50 40 30 0 0", "30 30 20 15 0 0"))
# Shape; the phases after the dense one, each with what it prunes; the phases (0: the dense one) after which there is a network, by name.
FRONT = [(NARROW, [[], [], []], {0: "narrow", 3: "narrow-long"}),
         (NARROW, [MASKS, MASKS, FEWER_MASKS], {2: "narrow-s50", 3: "narrow-s30"}),
         ([*NARROW, "--blocks", "1", "2", "2"], [[], []], {2: "narrow-122"})]
FRONT_SEEDS = (1, 2)
PROCESSES = 2
SMOKE_IMAGES = 256


def run(script: str, arguments: List[str], log: str, args: argparse.Namespace) -> None:
    """One script of this directory on one thread, its output in `log`."""
    environment = dict(os.environ, OMP_NUM_THREADS="1", PYTHONDONTWRITEBYTECODE="1")
    limit = ["--limit", str(SMOKE_IMAGES)] if args.smoke else []
    with open(log, "w", encoding="utf-8") as f:
        done = subprocess.run([sys.executable, os.path.join(HERE, script), *arguments, "--data", args.data, *limit], stdout=f,
                              stderr=subprocess.STDOUT, env=environment, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{script} failed, see {log}")


def train(stem: str, training: List[str], args: argparse.Namespace, seed: int = 1) -> str:
    """Trains one phase; returns its checkpoint."""
    checkpoint, log = (os.path.join(args.work, stem + end) for end in (".pt", ".log"))
    print(f"{stem}: training, log in {log}", flush=True)
    run("train.py", ["--seed", str(seed), "--out", checkpoint, *training], log, args)
    return checkpoint


def export(name: str, checkpoint: str, args: argparse.Namespace) -> None:
    """Writes one container."""
    run("export.py", [checkpoint, "--name", name, "--out", os.path.join(args.out, name + ".dpm")],
        os.path.join(args.work, name + ".export.log"), args)
    print(f"{name}: done", flush=True)


def build(percent: int, start: str, phases: List[List[str]], reached: List[Future], args: argparse.Namespace) -> None:
    """All phases of a pruned network, and its container. reached: set to the phases' checkpoints as they are finished."""
    dense = os.path.join(args.work, "dense.pt")
    checkpoint = start
    try:
        for index, phase in enumerate(phases):
            checkpoint = train(f"s{percent}-{index + 1}", ["--start", checkpoint, "--teacher", dense, "--prune-spatial",
                                                           str(percent), "--prune-channel", str(percent), *phase], args)
            reached[index].set_result(checkpoint)
    except (RuntimeError, OSError) as error:
        for future in reached:
            if not future.done():
                future.set_exception(error)
        raise
    export(f"fmnist-s{percent}c{percent}", checkpoint, args)


def front(seed: int, args: argparse.Namespace) -> None:
    """The networks of the trade-off from one seed: those of the same shape share their dense phase, and learn from it."""
    dense = {}
    for shape, prunings, names in FRONT:
        shape = (*shape, "--hold-out", str(SMOKE_HOLD_OUT if args.smoke else HOLD_OUT))
        stem = f"{names[max(names)]}-{seed}"
        if shape not in dense:
            dense[shape] = train(f"{stem}-dense", [*shape, *DENSE], args, seed)
        checkpoints = [dense[shape]]
        for index, (phase, pruning) in enumerate(zip(LONGER, prunings)):
            more = [*shape, *pruning, "--start", checkpoints[-1], "--teacher", dense[shape], *phase]
            checkpoints.append(train(f"{stem}-{index + 1}", more, args, seed))
        for phase, name in names.items():
            export(f"fmnist-{name}-{seed}", checkpoints[phase], args)


def four(args: argparse.Namespace) -> None:
    """The networks of models/."""
    dense = train("dense", DENSE, args)
    reached = {percent: [Future() for _ in phases] for percent, phases in ((25, S25), (50, S50), (75, S75))}
    with ThreadPoolExecutor(PROCESSES) as pool:  # s75 comes after s50 in the queue: what it waits for is running
        jobs = [pool.submit(build, 50, dense, S50, reached[50], args), pool.submit(build, 25, dense, S25, reached[25], args),
                pool.submit(export, "fmnist-dense", dense, args),
                pool.submit(lambda: build(75, reached[50][S75_START - 1].result(), S75, reached[75], args))]
        for job in jobs:
            job.result()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="/usr/share/datasets/fashion-mnist", help="directory of the idx files")
    parser.add_argument("--out", help="directory of the containers (models/; models/front/ with --front)")
    parser.add_argument("--work", default=os.path.join(tempfile.gettempdir(), "dpacs-train"), help="checkpoints and logs")
    parser.add_argument("--front", action="store_true", help="train the networks of the trade-off")
    parser.add_argument("--smoke", action="store_true", help=f"use {SMOKE_IMAGES} images; needs an --out of its own")
    args = parser.parse_args()
    models = os.path.join(os.path.dirname(HERE), "front" if args.front else "")
    args.out = args.out or models
    if args.smoke and os.path.realpath(args.out) == os.path.realpath(models):
        parser.error("--smoke would replace the trained networks: give another --out")
    os.makedirs(args.work, exist_ok=True)
    os.makedirs(args.out, exist_ok=True)
    try:
        if args.front:
            with ThreadPoolExecutor(PROCESSES) as pool:
                for job in [pool.submit(front, seed, args) for seed in FRONT_SEEDS]:
                    job.result()
        else:
            four(args)
    except (RuntimeError, OSError) as error:
        print(f"train_all: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
