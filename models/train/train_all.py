#!/usr/bin/python3
"""Train and export all four networks: dense first, then the pruned ones from it, two processes at a time."""
import argparse
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from typing import List

HERE = os.path.dirname(os.path.abspath(__file__))
DENSE = ["--epochs", "8", "--small-epochs", "4", "--lr", "0.1"]
# Masks move from open to pruned with noise, at a high rate; then without noise, in small batches, to the end.
FIRST = ["--epochs", "3", "--lr", "0.05"]
SECOND = ["--epochs", "3", "--lr", "0.03", "--batch", "64", "--weight-decay", "2e-4", "--crop", "1", "--opening", "0",
          "--noise", "0"]
PERCENT_PRUNED = (25, 50, 75)
PROCESSES = 2


def run(script: str, arguments: List[str], log: str) -> None:
    """One script of this directory on one thread, its output in `log`."""
    environment = dict(os.environ, OMP_NUM_THREADS="1", PYTHONDONTWRITEBYTECODE="1")
    with open(log, "a", encoding="utf-8") as f:
        subprocess.run([sys.executable, os.path.join(HERE, script), *arguments], stdout=f, stderr=subprocess.STDOUT,
                       env=environment, check=True)


def train(stem: str, training: List[str], args: argparse.Namespace) -> str:
    """Trains one network; returns its checkpoint."""
    checkpoint, log = (os.path.join(args.work, stem + end) for end in (".pt", ".log"))
    print(f"{stem}: training, log in {log}", flush=True)
    run("train.py", ["--data", args.data, "--seed", "1", "--out", checkpoint, *training], log)
    return checkpoint


def export(name: str, checkpoint: str, args: argparse.Namespace) -> None:
    """Writes one container."""
    run("export.py", [checkpoint, "--data", args.data, "--name", name, "--out", os.path.join(args.out, name + ".dpm")],
        os.path.join(args.work, name + ".export.log"))
    print(f"{name}: done", flush=True)


def build_pruned(percent: int, dense: str, args: argparse.Namespace) -> None:
    """Both phases of a pruned network, and its container."""
    common = ["--teacher", dense, "--prune-spatial", str(percent), "--prune-channel", str(percent)]
    first = train(f"s{percent}-first", ["--start", dense, *common, *FIRST], args)
    export(f"fmnist-s{percent}c{percent}", train(f"s{percent}", ["--start", first, *common, *SECOND], args), args)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="/usr/share/datasets/fashion-mnist", help="directory of the idx files")
    parser.add_argument("--out", default="models", help="directory of the containers")
    parser.add_argument("--work", default=os.path.join(tempfile.gettempdir(), "dpacs-train"), help="checkpoints and logs")
    args = parser.parse_args()
    os.makedirs(args.work, exist_ok=True)
    os.makedirs(args.out, exist_ok=True)
    dense = train("dense", DENSE, args)
    with ThreadPoolExecutor(PROCESSES) as pool:
        jobs = [pool.submit(build_pruned, percent, dense, args) for percent in PERCENT_PRUNED]
        jobs.append(pool.submit(export, "fmnist-dense", dense, args))
        for job in jobs:
            job.result()


if __name__ == "__main__":
    main()
