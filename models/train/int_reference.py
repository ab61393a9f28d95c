#!/usr/bin/python3
"""Run a model container in exact integer arithmetic (docs/numerics.md), independently of the C reference.

Reads the container itself. Prints top-1 on the Fashion-MNIST test set and, per block, the mean kept fractions with
their standard deviation over images. `--input` runs a .npy instead, for any container: int8 as it is, uint8 pixels as the container says.
"""
import argparse
import json
import struct
import sys
import zlib
from dataclasses import dataclass
from typing import Dict, List, Optional, Tuple

import numpy as np
import torch
from torch.nn import functional as F

import container
import data

PREAMBLE, ALIGN = 32, 64
VERSIONS = (1, 2)
TYPES = {"I8": np.int8, "U8": np.uint8, "I16": np.int16, "I32": np.int32, "I64": np.int64}
CONVOLUTIONS = {"stem": ["conv"], "basic": ["conv1", "conv2"], "bottleneck": ["conv1", "conv2", "conv3"], "head": []}
# The fields of docs/container.md by where they stand, with the version that brought them. Any other means something that is not done here.
BLOCK = {"name": 1, "kind": 1, "in": 1, "mid": 1, "out": 1, "stride": 1, "shortcut": 1, "spatial": 1, "channel": 1, "keep": 1, "pool": 1,
         "padding": 2}
FIELDS = {"network": {"name": 1, "classes": 1, "group": 1, "input": 1, "layers": 1, "info": 1, "dataset": 2, "class_names": 2},
          "input": {"height": 1, "width": 1, "channels": 1, "pixels": 2},
          "stem": {"name": 1, "kind": 1, "in": 1, "out": 1, "kernel": 1, "stride": 1, "max_pool": 1},
          "basic": BLOCK, "bottleneck": BLOCK, "head": {"name": 1, "kind": 1, "in": 1, "out": 1}}


class ContainerError(Exception):
    """The file is not a container that this reader accepts."""


@dataclass
class Model:
    """network: the description; tensors: by name, int64 except convolution weights, which are float for exact matmuls."""
    network: Dict
    tensors: Dict[str, torch.Tensor]


def check(condition: bool, message: str) -> None:
    if not condition:
        raise ContainerError(message)


def load(path: str) -> Model:
    """Reads and checks a container: magic, version, size, checksum, header, bounds and alignment of every tensor."""
    with open(path, "rb") as f:
        raw = f.read()
    check(len(raw) >= PREAMBLE, f"{path}: shorter than its preamble")
    magic, version, checksum, size, header_bytes = struct.unpack_from("<8sIIQQ", raw)
    check(magic == b"DPACSDPM", f"{path}: not a model container")
    check(version in VERSIONS, f"{path}: version {version}, expected 1 or 2")
    check(size == len(raw), f"{path}: says {size} bytes, has {len(raw)}")
    check(zlib.crc32(raw[16:]) == checksum, f"{path}: checksum mismatch")
    start = PREAMBLE + header_bytes
    check(start % ALIGN == 0 and start <= size, f"{path}: bad header length {header_bytes}")
    try:
        header = json.loads(raw[PREAMBLE:start])
        network, entries = header["network"], header["tensors"]
    except (ValueError, KeyError, TypeError) as error:
        raise ContainerError(f"{path}: bad header: {error}") from error
    tensors = {}
    for name, entry in entries.items():
        check(entry["dtype"] in TYPES, f"{path}: {name}: unknown type {entry['dtype']}")
        dtype, shape = np.dtype(TYPES[entry["dtype"]]).newbyteorder("<"), tuple(entry["shape"])
        first, count = start + entry["offset"], int(np.prod(shape, dtype=np.int64))
        check(entry["offset"] % ALIGN == 0 and entry["offset"] >= 0, f"{path}: {name}: misaligned")
        check(first + count * dtype.itemsize <= size, f"{path}: {name}: beyond the end of the file")
        tensors[name] = torch.from_numpy(np.frombuffer(raw, dtype, count, first).astype(np.int64).reshape(shape))
    try:
        check_fields(path, network, version)
        for layer in network["layers"]:
            for name in convolutions_of(layer):
                check_convolution(name, tensors)
    except KeyError as error:
        raise ContainerError(f"{path}: missing {error}") from error
    return Model(network, tensors)


def check_fields(path: str, network: Dict, version: int) -> None:
    """Refuses what this reader does not know: it would run another network than the one in the file."""
    parts = [("network", "network", network), ("input", "input", network["input"])]
    parts += [(f"layer {layer['name']}", layer["kind"], layer) for layer in network["layers"]]
    for where, kind, part in parts:
        check(kind in FIELDS, f"{path}: {where}: unknown kind {kind}")
        for field in part:
            check(FIELDS[kind].get(field, version + 1) <= version, f"{path}: {where}: unknown field \"{field}\"")
    for layer in network["layers"]:
        check(layer.get("padding", "same") == "same", f"{path}: layer {layer['name']}: unknown padding \"{layer.get('padding')}\"")
        check(layer.get("pool", "avg") in ("avg", "max"), f"{path}: layer {layer['name']}: unknown pool \"{layer.get('pool')}\"")
    if version == 1:
        network["input"]["pixels"] = {"shift": 1}


def convolutions_of(layer: Dict) -> List[str]:
    """Names of a layer's convolutions."""
    names = CONVOLUTIONS[layer["kind"]] + (["shortcut"] if layer.get("shortcut") else [])
    return [f"{layer['name']}.{n}" for n in names]


def check_convolution(name: str, tensors: Dict[str, torch.Tensor]) -> None:
    """Checks ranges and turns the weights into the cheapest float type in which the convolution is exact."""
    weight = tensors[f"{name}.weight"]
    bound = 128 * weight.abs().flatten(1).sum(1).max().item()
    check(bound < 2 ** 31, f"{name}: accumulator may wrap")
    for field, low, high in (("mult", 0, 2 ** 15 - 1), ("shift", 0, 31), ("bias", 1 - 2 ** 47, 2 ** 47 - 1)):
        values = tensors[f"{name}.{field}"]
        check(values.shape == weight.shape[:1], f"{name}.{field}: shape {tuple(values.shape)}")
        check(bool(((values >= low) & (values <= high)).all()), f"{name}.{field}: out of range")
    small = bound < 2 ** 24 and torch.backends.mkldnn.is_available()
    tensors[f"{name}.weight"] = weight.float() if small else weight.double()


class Runner:
    """Runs batches. Maps are [N][C][H][W] int64; masks [N][1][H][W] and [N][groups] int64 of 0/1."""

    def __init__(self, model: Model):
        self.network, self.tensors = model.network, model.tensors
        self.maps: Optional[Dict[str, torch.Tensor]] = None
        self.masks: Dict[str, torch.Tensor] = {}

    def note(self, name: str, value: torch.Tensor) -> None:
        if self.maps is not None:
            self.maps[name] = value

    def accumulate(self, name: str, x: torch.Tensor, stride: int, same: bool) -> torch.Tensor:
        """int8 map to accumulators [N][O][H'][W'].

        Exact: every partial sum is an integer that the weights' float type holds, and both the direct algorithm of
        oneDNN (float, more than one image) and the fallback (double) only add products.
        """
        weight = self.tensors[f"{name}.weight"]
        if len(x) == 1:
            weight = weight.double()
        pad, x = weight.shape[2] // 2, x.to(weight.dtype)
        if same and stride == 2 and pad:
            # as TensorFlow pads: on an even side at the far end only
            x, pad = F.pad(x, (x.shape[3] % 2, 1, x.shape[2] % 2, 1)), 0
        product = F.conv2d(x, weight, stride=stride, padding=pad)
        return product.to(torch.int64)

    def convolve(self, name: str, x: torch.Tensor, stride: int, relu: bool,
                 identity: Optional[torch.Tensor] = None, same: bool = False) -> torch.Tensor:
        """Convolution, requantization, residual and clamp; the result is int8 in an int64 tensor."""
        per_channel = {k: self.tensors[f"{name}.{k}"].view(1, -1, 1, 1) for k in ("mult", "shift", "bias")}
        total = self.accumulate(name, x, stride, same).mul_(per_channel["mult"]).add_(per_channel["bias"])
        if identity is not None:
            total += identity * self.tensors[f"{name}.res_mult"].view(1, -1, 1, 1)
        return total.bitwise_right_shift_(per_channel["shift"]).clamp_(0 if relu else -128, 127)

    def position_mask(self, layer: Dict, x: torch.Tensor, previous: torch.Tensor) -> torch.Tensor:
        """The mask at the resolution of the block's input."""
        name, kind = layer["name"], layer["spatial"]
        if kind == "none":
            return torch.ones_like(x[:, :1])
        if kind == "reuse":
            return previous
        if kind == "given":
            return self.tensors[f"{name}.spatial.given"].expand(len(x), 1, -1, -1)
        return (self.position_sums(name, x) > 0).to(torch.int64)

    def position_sums(self, name: str, x: torch.Tensor) -> torch.Tensor:
        """What the spatial mask unit of a block compares with 0, [N][1][H][W]."""
        weight = self.tensors[f"{name}.spatial.weight"].view(1, -1, 1, 1)
        return (x * weight).sum(1, keepdim=True) + self.tensors[f"{name}.spatial.bias"]

    def group_mask(self, layer: Dict, previous: torch.Tensor, kept: torch.Tensor) -> torch.Tensor:
        """Groups that stay, from the previous block's output and the positions it kept."""
        name, kind, groups = layer["name"], layer["channel"], layer["mid"] // self.network["group"]
        if kind == "none":
            return torch.ones(len(previous), groups, dtype=torch.int64)
        if kind == "given":
            return self.tensors[f"{name}.channel.given"].expand(len(previous), -1)
        scores = self.group_scores(layer, previous, kept)
        self.note(f"{name}.scores", scores)
        best = scores.sort(dim=1, descending=True, stable=True).indices[:, :layer["keep"]]
        return torch.zeros_like(scores).scatter_(1, best, 1)

    def group_scores(self, layer: Dict, previous: torch.Tensor, kept: torch.Tensor) -> torch.Tensor:
        """What the channel mask unit of a block orders, [N][groups]."""
        name = layer["name"]
        if layer["pool"] == "max":
            pooled = previous.masked_fill(kept == 0, -128).amax(dim=(2, 3))
            count = torch.ones(len(previous), 1, dtype=torch.int64)
        else:
            pooled, count = (previous * kept).sum(dim=(2, 3)), kept.sum(dim=(2, 3))
        weight, bias = self.tensors[f"{name}.channel.weight"], self.tensors[f"{name}.channel.bias"]
        return (pooled[:, None, :] * weight).sum(2) + bias * count

    def block(self, layer: Dict, x: torch.Tensor, previous_mask: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
        """Runs a block on its input and the previous block's output mask; returns output and output mask."""
        name, stride, same = layer["name"], layer["stride"], layer.get("padding") == "same"
        groups = self.group_mask(layer, x, previous_mask)
        mask_in = self.position_mask(layer, x, previous_mask)
        mask_out = mask_in
        if stride == 2:
            mask_out = F.max_pool2d(mask_in.float(), 2, ceil_mode=True).to(torch.int64)
        self.masks.update({f"{name}.in": mask_in[:, 0], f"{name}.out": mask_out[:, 0], f"{name}.groups": groups})
        channels = groups.repeat_interleave(self.network["group"], dim=1)[:, :, None, None]
        identity = self.convolve(f"{name}.shortcut", x, stride, False) if layer["shortcut"] else x
        if layer["shortcut"]:
            self.note(f"{name}.shortcut", identity)
        if layer["kind"] == "basic":
            inner = self.convolve(f"{name}.conv1", x * mask_in, stride, True, same=same) * mask_out * channels
            last = f"{name}.conv2"
        else:
            inner = self.convolve(f"{name}.conv1", x, 1, True) * mask_in * channels
            self.note(f"{name}.conv1", inner)
            inner = self.convolve(f"{name}.conv2", inner, stride, True, same=same) * mask_out * channels
            last = f"{name}.conv3"
        self.note(f"{name}.{'conv1' if layer['kind'] == 'basic' else 'conv2'}", inner)
        computed = self.convolve(last, inner, 1, True, identity)
        out = torch.where(mask_out > 0, computed, identity.clamp(min=0))
        self.note(name, out)
        return out, mask_out

    def stem(self, layer: Dict, x: torch.Tensor) -> torch.Tensor:
        """Convolution, and the max-pool after it if there is one."""
        x = self.convolve(f"{layer['name']}.conv", x, layer["stride"], True)
        if layer.get("max_pool"):
            x = F.max_pool2d(x.float(), 3, stride=2, padding=1).to(torch.int64)  # padding never wins
        return x

    def run(self, x: torch.Tensor) -> torch.Tensor:
        """int8 input [N][C][H][W] to logits [N][classes] ([N][0] without a head)."""
        self.masks = {}
        logits = torch.zeros(len(x), 0, dtype=torch.int64)
        mask = torch.ones_like(x[:, :1])
        for layer in self.network["layers"]:
            if layer["kind"] == "stem":
                x = self.stem(layer, x)
                self.note(layer["name"], x)
                mask = torch.ones_like(x[:, :1])
            elif layer["kind"] == "head":
                pooled = x.sum(dim=(2, 3))
                weight, bias = (self.tensors[f"{layer['name']}.{k}"] for k in ("weight", "bias"))
                logits = (pooled[:, None, :] * weight).sum(2) + bias
            else:
                x, mask = self.block(layer, x, mask)
        return logits


def classify(logits: torch.Tensor) -> torch.Tensor:
    """Argmax with ties to the lower index."""
    return logits.sort(dim=1, descending=True, stable=True).indices[:, 0]


def useful_macs(network: Dict, masks: Dict[str, torch.Tensor], side: Tuple[int, int]) -> Tuple[torch.Tensor, int]:
    """MACs of an image [N], counted over kept output positions, kept channels and all taps, and those of the dense net."""
    kept, dense = torch.zeros(1), 0
    height, width = side
    group = network["group"]
    for layer in network["layers"]:
        stride, wide = layer.get("stride", 1), layer["in"]
        if layer["kind"] in ("stem", "head"):
            height, width = -(-height // stride), -(-width // stride)
            macs = wide * layer["out"] * (layer["kernel"] ** 2 * height * width if layer["kind"] == "stem" else 1)
            kept, dense = kept + macs, dense + macs
            if layer.get("max_pool"):
                height, width = -(-height // 2), -(-width // 2)
            continue
        name, mid, out = layer["name"], layer["mid"], layer["out"]
        inputs, outputs = (masks[f"{name}.{end}"].sum(dim=(1, 2)).double() for end in ("in", "out"))
        stays = masks[f"{name}.groups"].sum(1).double() * group
        area_in = height * width
        height, width = -(-height // stride), -(-width // stride)
        area = height * width
        if layer["kind"] == "basic":
            kept = kept + outputs * stays * 9 * (wide + out)
            dense += area * mid * 9 * (wide + out)
        else:
            kept = kept + inputs * wide * stays + outputs * (9 * stays * stays + stays * out)
            dense += area_in * wide * mid + area * (9 * mid * mid + mid * out)
        if layer["shortcut"]:
            kept, dense = kept + area * wide * out, dense + area * wide * out
    return kept, dense


def run_all(model: Model, inputs: torch.Tensor, batch: int, with_maps: bool = False):
    """int8 [N][C][H][W] through the network: logits, masks and maps by name, MACs kept [N], MACs of the dense network."""
    runner = Runner(model)
    logits, masks, maps, macs, dense = [], {}, {}, [], 0
    for start in range(0, len(inputs), batch):
        x = inputs[start:start + batch].to(torch.int64)
        runner.maps = {} if with_maps else None
        logits.append(runner.run(x))
        if with_maps:
            for name, value in runner.maps.items():
                maps.setdefault(name, []).append(value)
        kept, dense = useful_macs(model.network, runner.masks, tuple(x.shape[2:]))
        macs.append(kept.expand(len(x)))
        for name, value in runner.masks.items():
            masks.setdefault(name, []).append(value.to(torch.uint8))
    masks, maps = ({name: torch.cat(values) for name, values in parts.items()} for parts in (masks, maps))
    return torch.cat(logits), masks, maps, torch.cat(macs), dense


def statistics(network: Dict, masks: Dict[str, torch.Tensor], macs: torch.Tensor, dense: int) -> Dict[str, object]:
    """Kept fractions per block: mean and standard deviation over images, share of images that keep each group."""
    blocks = {}
    for layer in network["layers"]:
        name = layer["name"]
        if f"{name}.in" not in masks:
            continue
        entry = {}
        for key, end in (("kept_in", "in"), ("kept_out", "out")):
            fractions = masks[f"{name}.{end}"].double().mean(dim=(1, 2))
            entry[key] = round(fractions.mean().item(), 4)
            entry[key + "_std"] = round(fractions.std(unbiased=False).item(), 4)
        groups = masks[f"{name}.groups"].double()
        entry["groups_kept"] = round(groups.mean().item(), 4)
        entry["group_use"] = [round(v, 4) for v in groups.mean(0).tolist()]
        blocks[name] = entry
    return {"macs_kept": round(macs.mean().item() / dense, 4), "blocks": blocks}


def measure(model: Model, images: torch.Tensor, labels: torch.Tensor, batch: int = 50) -> Dict[str, object]:
    """Top-1 in percent and mask statistics on images uint8 [N][H][W] in 0..127."""
    logits, masks, _, macs, dense = run_all(model, images.unsqueeze(1), batch)
    top1 = 100.0 * (classify(logits) == labels).double().mean().item()
    return {"top1": round(top1, 4), **statistics(model.network, masks, macs, dense)}


def read_raw(path: str, network: Dict) -> torch.Tensor:
    """.npy of shape [N][H][W][C] or [H][W][C] to [N][C][H][W]: int8 as it is, uint8 as the container says."""
    array = np.load(path, allow_pickle=False)
    array = array[None] if array.ndim == 3 else array
    shape = tuple(network["input"][k] for k in ("height", "width", "channels"))
    check(array.dtype in (np.int8, np.uint8) and array.shape[1:] == shape, f"{path}: expected int8 or uint8 [N]{list(shape)}")
    if array.dtype == np.uint8:
        check("pixels" in network["input"], f"{path}: pixels, but the container does not say what they become")
        array = container.map_pixels(array, network["input"]["pixels"])
    return torch.from_numpy(array).permute(0, 3, 1, 2)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="container (.dpm)")
    parser.add_argument("--data", default="/usr/share/datasets/fashion-mnist", help="directory of the idx files")
    parser.add_argument("--images", type=int, default=10000, help="number of images")
    parser.add_argument("--first", type=int, default=0, help="index of the first image")
    parser.add_argument("--input", help=".npy [N][H][W][C] to run instead of the test set: int8, or uint8 pixels")
    parser.add_argument("--batch", type=int, default=50)
    parser.add_argument("--logits", help="write logits, int64 [N][classes] .npy")
    parser.add_argument("--masks", help="write masks, .npz of uint8: bN.in, bN.out [N][H][W], bN.groups [N][groups]")
    parser.add_argument("--maps", help="write maps and scores, .npz of int64: stem, bN, bN.conv1 .. [N][H][W][C], bN.scores")
    args = parser.parse_args()
    torch.set_num_threads(1)
    try:
        model = load(args.model)
        labels = None
        if args.input:
            inputs = read_raw(args.input, model.network)
        else:
            check(model.network["input"].get("pixels") == {"shift": 1} and model.network.get("dataset", "fashion-mnist") == "fashion-mnist",
                  f"{args.model}: not a network for Fashion-MNIST: give --input")
            images, labels = data.load(args.data, "test")
            inputs = images.unsqueeze(1)
        last = args.first + args.images
        inputs, labels = inputs[args.first:last], None if labels is None else labels[args.first:last]
        check(len(inputs) > 0, "no images in that range")
    except (ContainerError, OSError, ValueError) as error:
        print(f"int_reference: {error}", file=sys.stderr)
        return 2
    logits, masks, maps, macs, dense = run_all(model, inputs, args.batch, with_maps=args.maps is not None)
    report: Dict[str, object] = {"model": model.network["name"], "images": len(inputs)}
    if labels is not None and logits.shape[1]:
        hits = (classify(logits) == labels).sum().item()
        report.update(correct=hits, top1=round(100.0 * hits / len(labels), 4))
    report.update(statistics(model.network, masks, macs, dense))
    print(json.dumps(report, indent=1))
    if args.logits:
        np.save(args.logits, logits.numpy())
    if args.masks:
        np.savez_compressed(args.masks, **{name: value.numpy() for name, value in masks.items()})
    if args.maps:
        np.savez_compressed(args.maps, **{name: (value.permute(0, 2, 3, 1) if value.ndim == 4 else value).numpy()
                                          for name, value in maps.items()})
    return 0


if __name__ == "__main__":
    sys.exit(main())
