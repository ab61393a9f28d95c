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
DENSE = ["--epochs", "8", "--small-epochs", "4", "--lr", "0.1", "--seed", "1"]
PRUNED = ["--epochs", "3", "--lr", "0.05", "--seed", "1"]
PERCENT_PRUNED = (25, 50, 75)
PROCESSES = 2


def run(script: str, arguments: List[str], log: str) -> None:
    """One script of this directory on one thread, its output in `log`."""
    environment = dict(os.environ, OMP_NUM_THREADS="1", PYTHONDONTWRITEBYTECODE="1")
    with open(log, "a", encoding="utf-8") as f:
        subprocess.run([sys.executable, os.path.join(HERE, script), *arguments], stdout=f, stderr=subprocess.STDOUT,
                       env=environment, check=True)


def build(name: str, stem: str, training: List[str], args: argparse.Namespace) -> None:
    """Trains one network and writes its container."""
    checkpoint, log = (os.path.join(args.work, stem + end) for end in (".pt", ".log"))
    print(f"{name}: training, log in {log}", flush=True)
    run("train.py", ["--data", args.data, "--out", checkpoint, *training], log)
    run("export.py", [checkpoint, "--data", args.data, "--name", name, "--out", os.path.join(args.out, name + ".dpm")], log)
    print(f"{name}: done", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="/usr/share/datasets/fashion-mnist", help="directory of the idx files")
    parser.add_argument("--out", default="models", help="directory of the containers")
    parser.add_argument("--work", default=os.path.join(tempfile.gettempdir(), "dpacs-train"), help="checkpoints and logs")
    args = parser.parse_args()
    os.makedirs(args.work, exist_ok=True)
    os.makedirs(args.out, exist_ok=True)
    build("fmnist-dense", "dense", DENSE, args)
    start = ["--start", os.path.join(args.work, "dense.pt")]
    with ThreadPoolExecutor(PROCESSES) as pool:
        jobs = [pool.submit(build, f"fmnist-s{p}c{p}", f"s{p}",
                            [*start, *PRUNED, "--prune-spatial", str(p), "--prune-channel", str(p)], args)
                for p in PERCENT_PRUNED]
        for job in jobs:
            job.result()


if __name__ == "__main__":
    main()
