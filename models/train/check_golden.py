#!/usr/bin/python3
"""Compare the golden reference (`dpacs ref`) with int_reference.py on whole networks, exactly.

For every container: all logits, the predicted classes, the number of correct ones, and what every block keeps (positions:
mean, spread and range over images; groups). Also the logits of some images and the classes of all that are kept in
models/expected/, which stand in for PyTorch where it is not installed; --write makes them anew. Exits with 1 if anything differs, with 2 if it cannot compare.
"""
import argparse
import glob
import json
import os
import subprocess
import sys
import tempfile
from typing import Dict, List, Tuple

import numpy as np
import torch

import data
import int_reference

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
EXPECTED = os.path.join(ROOT, "models", "expected")
EXPECTED_IMAGES = 256
# Fractions are printed with 12 digits and are multiples of 1/(images * positions): closer than this is equal.
TOLERANCE = 1e-10


def run_golden(program: str, model: str, directory: str, count: int) -> Tuple[np.ndarray, Dict]:
    """Logits [N][classes] and the report of the golden reference on the first `count` test images."""
    with tempfile.TemporaryDirectory() as scratch:
        logits, report = (os.path.join(scratch, name) for name in ("logits.npy", "report.json"))
        subprocess.run([program, "ref", model, "--images", directory, "--count", str(count), "--logits", logits,
                        "--json", report], check=True, stdout=subprocess.DEVNULL)
        with open(report, encoding="utf-8") as f:
            return np.load(logits), json.load(f)


def kept(network: Dict, masks: Dict[str, torch.Tensor]) -> List[Dict[str, object]]:
    """What every block keeps, in the terms of the golden reference's report."""
    blocks = []
    for layer in network["layers"]:
        name = layer["name"]
        if f"{name}.out" not in masks:
            continue
        positions = masks[f"{name}.out"].double().mean(dim=(1, 2))
        blocks.append({"name": name, "positions_kept_mean": positions.mean().item(),
                       "positions_kept_spread": positions.std(unbiased=False).item(),
                       "positions_kept_low": positions.min().item(), "positions_kept_high": positions.max().item(),
                       "groups_kept": masks[f"{name}.groups"].double().mean().item()})
    return blocks


def differing_blocks(expected: List[Dict], found: List[Dict]) -> List[str]:
    """One line for each value that differs."""
    if [b["name"] for b in expected] != [b["name"] for b in found]:
        return ["the blocks themselves differ"]
    return [f"{e['name']}: {key} is {f[key]}, expected {value}" for e, f in zip(expected, found)
            for key, value in e.items() if key != "name" and not abs(f[key] - value) < TOLERANCE]


def differing_logits(expected: np.ndarray, found: np.ndarray, what: str) -> List[str]:
    """A line, or none, about two arrays of logits."""
    if expected.shape != found.shape:
        return [f"{what}: {found.shape[0]} x {found.shape[1]} logits, expected {expected.shape[0]} x {expected.shape[1]}"]
    wrong = np.argwhere(expected != found)
    if not len(wrong):
        return []
    image, output = wrong[0]
    return [f"{what}: {len(wrong)} of {expected.size} logits differ, first image {image}, output {output}: "
            f"{found[image, output]}, expected {expected[image, output]}"]


def compare(path: str, args: argparse.Namespace, images: torch.Tensor, labels: torch.Tensor) -> bool:
    """Runs one container both ways; prints what differs, and whether anything did."""
    name = os.path.splitext(os.path.basename(path))[0]
    model = int_reference.load(path)
    logits, masks, _, _, _ = int_reference.run_all(model, images.unsqueeze(1), 50)
    expected, classes = logits.numpy(), int_reference.classify(logits)
    correct = (classes == labels).sum().item()
    found, report = run_golden(args.program, path, args.data, len(images))
    problems = differing_logits(expected, found, "golden reference")
    if not problems:
        wrong = int((found.argmax(1) != classes.numpy()).sum())
        problems += [f"{wrong} predicted classes differ"] if wrong else []
    if report["correct"] != correct or report["labelled"] != len(labels):
        problems.append(f"{report['correct']} of {report['labelled']} correct, expected {correct} of {len(labels)}")
    blocks = kept(model.network, masks)
    problems += differing_blocks(blocks, report["blocks"])
    stored, file, logits_file = 0, classes_file(args.expected, name), os.path.join(args.expected, name + ".npy")
    if os.path.exists(file) and os.path.exists(logits_file):
        values = np.load(logits_file)
        stored = min(len(values), len(expected))
        problems += differing_logits(values[:stored], expected[:stored], logits_file)
        wrong = int((np.load(file)[:len(expected)] != classes.numpy()).sum())
        problems += [f"{file}: {wrong} classes differ"] if wrong else []
    else:
        problems.append(f"{file} or {logits_file} is missing (--write makes them)")
    print(f"{name:<24} {'FAIL' if problems else 'ok':<5} {len(expected)} images, {expected.size} logits, {correct} correct, "
          f"{len(blocks)} blocks, {stored} images of stored logits", flush=True)
    for line in problems:
        print(f"    {line}", flush=True)
    return not problems


def classes_file(directory: str, name: str) -> str:
    return os.path.join(directory, name + "-classes.npy")


def write_expected(path: str, directory: str, images: torch.Tensor, labels: torch.Tensor) -> None:
    """What int_reference.py says, for those who have no PyTorch: logits of some images, int32 [N][classes], and the class of every image, uint8."""
    every = int_reference.run_all(int_reference.load(path), images.unsqueeze(1), 50)[0]
    logits, classes = every[:EXPECTED_IMAGES].numpy(), int_reference.classify(every)
    if np.abs(logits).max() >= 2 ** 31:
        raise ValueError(f"{path}: logits beyond 32 bits")
    os.makedirs(directory, exist_ok=True)
    name = os.path.splitext(os.path.basename(path))[0]
    np.save(os.path.join(directory, name + ".npy"), logits.astype("<i4"))
    np.save(classes_file(directory, name), classes.numpy().astype("u1"))
    print(f"{directory}/{name}: {logits.shape[0]} x {logits.shape[1]} logits, {len(classes)} classes, "
          f"{(classes == labels).sum().item()} correct", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", help="containers (all of models/ and models/front/)")
    parser.add_argument("--images", type=int, default=256, help="number of test images (256)")
    parser.add_argument("--data", default="/usr/share/datasets/fashion-mnist", help="directory of the idx files")
    parser.add_argument("--program", default=os.path.join(ROOT, "build", "dpacs"), help="the dpacs program")
    parser.add_argument("--expected", default=EXPECTED, help="directory of the stored logits")
    parser.add_argument("--write", action="store_true", help=f"store the logits of {EXPECTED_IMAGES} images and the classes of all instead")
    args = parser.parse_args()
    torch.set_num_threads(1)
    models = args.models or [path for place in ("", "front") for path in sorted(glob.glob(os.path.join(ROOT, "models", place, "*.dpm")))]
    try:
        images, labels = data.load(args.data, "test")
        if not models or not 0 < args.images <= len(images):
            raise ValueError(f"nothing to compare: {len(models)} containers, {args.images} of {len(images)} images")
        if args.write:
            for path in models:
                write_expected(path, args.expected, images, labels)
            return 0
        equal = [compare(path, args, images[:args.images], labels[:args.images]) for path in models]
    except (int_reference.ContainerError, OSError, ValueError, KeyError, subprocess.CalledProcessError) as error:
        print(f"check_golden: {error}", file=sys.stderr)
        return 2
    print(f"{sum(equal)} of {len(equal)} containers equal")
    return 0 if all(equal) else 1


if __name__ == "__main__":
    sys.exit(main())
