#!/usr/bin/python3
"""What a trained saliency is worth: the same network with its groups chosen otherwise, nothing trained again.

For a network with channel masks: as it is; with the scores of random weights (several seeds), whose biases let every group win as often as it did;
and with a static choice, the groups that it kept most often on training images. Masks of positions stay as they are, and so does the number of
groups. Prints top-1 of the golden reference on the test images, and writes nothing.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
from typing import Dict

import numpy as np
import torch

import calibrate
import container
import data
import int_reference

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CALIBRATION_IMAGES = 1000


class Chooser(int_reference.Runner):
    """Runs the network with its own groups, and collects on the way what it looks at and what it chooses."""

    def __init__(self, model: int_reference.Model):
        super().__init__(model)
        self.seen: Dict[str, list] = {}

    def group_mask(self, layer, previous, kept):
        chosen = super().group_mask(layer, previous, kept)
        if layer["channel"] == "unit":
            pooled, count = (previous * kept).sum(dim=(2, 3)), kept.sum(dim=(2, 3))
            self.seen.setdefault(layer["name"], []).append((pooled.double() / count.clamp(min=1), chosen))
        return chosen


def seen_by(model: int_reference.Model, images: torch.Tensor) -> Dict[str, tuple]:
    """By block: what its channel unit pools [N][in], and the groups that it chooses [N][groups]."""
    runner = Chooser(model)
    for part in images.unsqueeze(1).to(torch.int64).split(50):
        runner.run(part)
    return {name: tuple(torch.cat(values) for values in zip(*parts)) for name, parts in runner.seen.items()}


def random_units(layers, seen, seed: int) -> Dict[str, np.ndarray]:
    """Weights as large as int8 allows; biases so that each group wins about as often as it does with the trained ones."""
    generator, tensors = torch.Generator().manual_seed(seed), {}
    for layer in layers:
        pooled, chosen = seen[layer["name"]]
        weight = torch.randn(chosen.shape[1], pooled.shape[1], generator=generator)
        weight = torch.round(weight * (127 / weight.abs().amax(1, keepdim=True)))
        scores = pooled @ weight.double().T
        bias = calibrate.best_group_bias(scores, -scores.mean(0), layer["keep"], chosen.bool())
        tensors[f"{layer['name']}.channel.weight"] = weight.to(torch.int8).numpy()
        tensors[f"{layer['name']}.channel.bias"] = bias.to(torch.int32).numpy()
    return tensors


def static_units(layers, seen) -> Dict[str, np.ndarray]:
    """The groups that are chosen most often, for every image."""
    tensors = {}
    for layer in layers:
        often = seen[layer["name"]][1].sum(0).sort(descending=True, stable=True).indices[:layer["keep"]]
        given = np.zeros(seen[layer["name"]][1].shape[1], np.uint8)
        given[often.numpy()] = 1
        tensors[f"{layer['name']}.channel.given"] = given
    return tensors


def stored(path: str):
    """Network and tensors of a container, in the types that it has."""
    with open(path, "rb") as file:
        raw = file.read()
    size = int.from_bytes(raw[24:32], "little")
    header = json.loads(raw[32:32 + size])
    tensors = {name: np.frombuffer(raw, np.dtype(int_reference.TYPES[entry["dtype"]]).newbyteorder("<"), int(np.prod(entry["shape"])),
                                   32 + size + entry["offset"]).reshape(entry["shape"]) for name, entry in header["tensors"].items()}
    return header["network"], tensors


def top1(program: str, network, tensors, images: str, count: int) -> float:
    with tempfile.TemporaryDirectory() as box:
        path = os.path.join(box, "x.dpm")
        container.write(path, network, tensors)
        done = subprocess.run([program, "ref", path, "--images", images, "--count", str(count), "--json", "-"], check=True, stdout=subprocess.PIPE)
    report = json.loads(done.stdout)
    return 100 * report["correct"] / report["labelled"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", default=os.path.join(ROOT, "models", "fmnist-s50c50.dpm"), help="a container with channel masks")
    parser.add_argument("--data", default="/usr/share/datasets/fashion-mnist", help="directory of the idx files")
    parser.add_argument("--count", type=int, default=10000, help="test images (10000)")
    parser.add_argument("--seeds", type=int, default=5, help="of random weights (5)")
    parser.add_argument("--program", default=os.path.join(ROOT, "build", "dpacs"), help="the dpacs program")
    args = parser.parse_args()
    torch.set_num_threads(1)
    model = int_reference.load(args.model)
    network, tensors = stored(args.model)
    network["input"]["pixels"] = model.network["input"]["pixels"]  # version 1 does not say it
    layers = [layer for layer in network["layers"] if layer.get("channel") == "unit" and layer["pool"] == "avg"]
    if not layers:
        parser.error(f"{args.model}: no block has a channel mask of averages")
    seen = seen_by(model, data.load(args.data, "train", CALIBRATION_IMAGES)[0])
    print(f"trained: {top1(args.program, network, tensors, args.data, args.count):.2f}", flush=True)
    for seed in range(1, args.seeds + 1):
        value = top1(args.program, network, {**tensors, **random_units(layers, seen, seed)}, args.data, args.count)
        print(f"random weights, seed {seed}: {value:.2f}", flush=True)
    static = static_units(layers, seen)
    for layer in layers:
        layer["channel"] = "given"
        del layer["pool"]
    kept = {name: value for name, value in tensors.items() if ".channel." not in name}
    print(f"static groups: {top1(args.program, network, {**kept, **static}, args.data, args.count):.2f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
