#!/usr/bin/python3
"""Quantize a checkpoint and write it as a model container.

BatchNorm is folded into weights and bias; weights get one int8 scale per output channel; activations get one scale per
stage (stem and block outputs, shortcut) and one per conv1 output. An identity therefore needs no rescaling: `res_mult`
is `1 << shift`. What is chosen on training images (the scales, the biases of mask units) comes from calibrate.py.
"""
import argparse
import json
import os
import tempfile
from typing import Dict, Tuple

import numpy as np
import torch
from torch import nn

import calibrate
import container
import data
import int_reference
from network import CLASSES, GROUP, BasicBlock, Network, Shape

MULT_MAX, SHIFT_MAX = 32767, 30
CALIBRATION_IMAGES = 1000


def fold(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> Tuple[torch.Tensor, torch.Tensor]:
    """Weights [O][I][K][K] and bias [O] of convolution and normalization in one, in double precision."""
    scale = norm.weight.double() / (norm.running_var.double() + norm.eps).sqrt()
    return conv.weight.double() * scale[:, None, None, None], norm.bias.double() - norm.running_mean.double() * scale


def quantize_weights(weights: torch.Tensor) -> Tuple[np.ndarray, np.ndarray]:
    """int8 weights and the scale of each output channel."""
    flat = weights.flatten(1)
    scale = (flat.abs().amax(1) / 127).clamp(min=1e-12)
    quantized = torch.round(flat / scale[:, None]).view_as(weights)
    return quantized.to(torch.int8).numpy(), scale.numpy()


def requantization(scale: np.ndarray, bias: np.ndarray) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
    """mult, shift, bias of `(acc*mult + bias) >> shift`, for out = acc*scale + bias in units of the output's LSB.

    mult uses all of its 15 bits unless the shift would pass its limit; half an LSB is added to bias, so that the floor
    of the shift rounds.
    """
    shift = np.full(len(scale), SHIFT_MAX)
    while (over := np.round(scale * 2.0 ** shift) > MULT_MAX).any():
        shift[over] -= 1
    if (shift < 0).any():
        raise ValueError("an output channel is scaled up beyond the range of mult")
    mult = np.round(scale * 2.0 ** shift)
    offset = np.round(bias * 2.0 ** shift) + (2.0 ** shift) // 2
    if (np.abs(offset) >= 2.0 ** 47).any():
        raise ValueError("a bias is beyond 47 bits")
    return mult.astype(np.int16), shift.astype(np.uint8), offset.astype(np.int64)


class Exporter:
    """Collects the tensors of a container."""

    def __init__(self) -> None:
        self.tensors: Dict[str, np.ndarray] = {}

    def convolution(self, name: str, conv: nn.Conv2d, norm: nn.BatchNorm2d, scale_in: float, scale_out: float,
                    residual: bool = False) -> None:
        weights, bias = fold(conv, norm)
        quantized, scale = quantize_weights(weights)
        mult, shift, offset = requantization(scale * scale_in / scale_out, bias.numpy() / scale_out)
        self.tensors.update({f"{name}.weight": quantized, f"{name}.mult": mult, f"{name}.shift": shift,
                             f"{name}.bias": offset})
        if residual:
            self.tensors[f"{name}.res_mult"] = (1 << shift.astype(np.int64)).astype(np.int32)

    def linear(self, name: str, weights: torch.Tensor, bias: torch.Tensor, scale_in: float) -> None:
        """One scale for all outputs, since they are compared with each other or with zero."""
        scale = weights.abs().max().double() / 127
        self.tensors[f"{name}.weight"] = torch.round(weights.double() / scale).to(torch.int8).numpy()
        self.tensors[f"{name}.bias"] = torch.round(bias.double() / (scale * scale_in)).to(torch.int32).numpy()

    def block(self, name: str, block: BasicBlock, scales: Dict[str, float], scale_in: float, scale_out: float) -> Dict:
        """Adds the block's tensors, returns its entry of the network description."""
        inner = scales[f"{name}.conv1"]
        self.convolution(f"{name}.conv1", block.conv1, block.bn1, scale_in, inner)
        self.convolution(f"{name}.conv2", block.conv2, block.bn2, inner, scale_out, residual=True)
        if block.shortcut is not None:
            self.convolution(f"{name}.shortcut", block.shortcut, block.bn_shortcut, scale_in, scale_out)
        layer = {"name": name, "kind": "basic", "in": block.conv1.in_channels, "mid": block.channels, "out": block.channels,
                 "stride": block.stride, "shortcut": block.shortcut is not None, "spatial": "none", "channel": "none"}
        if block.spatial is not None:
            layer["spatial"] = "unit"
            self.linear(f"{name}.spatial", *block.spatial.folded(), scale_in)
        if block.channel is not None:
            layer.update(channel="unit", keep=block.keep, pool="avg")
            # only the order of the scores counts: without what all groups have in common, rounding takes less from it
            weights, bias = (v - v.mean(0) for v in block.channel.folded())
            self.linear(f"{name}.channel", weights, bias, scale_in)
        return layer


@torch.no_grad()
def quantize(net: Network, scales: Dict[str, float], name: str, size: int) -> Tuple[Dict, Dict[str, np.ndarray]]:
    """The network description and the tensors of the container. size: height and width of the images."""
    exporter = Exporter()
    width, scale = net.stem.out_channels, scales["stage1"]
    exporter.convolution("stem.conv", net.stem, net.bn_stem, data.INPUT_SCALE, scale)
    layers = [{"name": "stem", "kind": "stem", "in": 1, "out": width, "kernel": 3, "stride": 1}]
    side = size
    for index, (block, stage) in enumerate(zip(net.blocks, net.shape.stages())):
        scale_out = scales[f"stage{stage + 1}"]
        layers.append(exporter.block(f"b{index + 1}", block, scales, scale, scale_out))
        width, scale, side = block.channels, scale_out, side // block.stride
    # the head sees sums over side*side positions, so its bias is scaled up instead of its input being divided
    exporter.linear("head", net.head.weight, net.head.bias * side * side, scale)
    layers.append({"name": "head", "kind": "head", "in": width, "out": CLASSES})
    network = {"name": name, "classes": CLASSES, "group": GROUP, "dataset": "fashion-mnist",
               "input": {"height": size, "width": size, "channels": 1, "pixels": {"shift": 1}}, "layers": layers}
    return network, exporter.tensors


def export(checkpoint: str, directory: str, name: str, out: str, limit: int = 0, held_out: bool = False) -> Dict:
    """Writes the container `out`; returns its `info`, measured on the test set (its first `limit` images) with its integers.

    held_out: measure on the training images that were kept for decisions, so that these do not need the test set.
    """
    torch.set_num_threads(1)
    saved = torch.load(checkpoint)
    args = saved["args"]
    net = Network(Shape.of(args))
    net.load_state_dict(saved["state"])
    net.eval()
    images, _ = data.load(directory, "train", CALIBRATION_IMAGES)
    maps = calibrate.trace(net, images)
    network, tensors = quantize(net, calibrate.activation_scales(net, maps), name, images.shape[1])
    with tempfile.TemporaryDirectory() as scratch:
        draft = os.path.join(scratch, "draft.dpm")
        container.write(draft, network, tensors)
        tensors.update(calibrate.mask_biases(int_reference.load(draft), maps, images))
        container.write(draft, network, tensors)
        if held_out:
            judges = [part[-args["hold_out"]:] for part in data.load(directory, "train")]
        else:
            judges = data.load(directory, "test", limit)
        measured = int_reference.measure(int_reference.load(draft), *judges)
    last = saved["history"][-1]
    keys = ("widths", "blocks", "prune_spatial", "prune_blocks", "prune_channel", "hold_out", "epochs", "epoch_images", "small_epochs",
            "small_size", "batch", "crop", "lr", "weight_decay", "opening", "smoothing", "distill", "temperature", "budget", "margin", "noise", "seed")
    judged = "held_out_top1" if args.get("hold_out") else "float_top1"  # a checkpoint knows the images that decided
    network["info"] = {"dataset": "fashion-mnist", judged: last["top1"], "held_out_int8_top1" if held_out else "int8_top1": measured.pop("top1"),
                       **measured,
                       "train_seconds": last["seconds"], "train_cpu_seconds": last["cpu_seconds"],
                       "training": {k: args[k] for k in keys if args.get(k) is not None}}
    container.write(out, network, tensors)
    return network["info"]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint")
    parser.add_argument("--name", required=True, help="name of the network")
    parser.add_argument("--out", required=True, help="container to write")
    parser.add_argument("--data", default="/usr/share/datasets/fashion-mnist", help="directory of the idx files")
    parser.add_argument("--limit", type=int, default=0, help="measure on the first test images only")
    parser.add_argument("--held-out", action="store_true", help="measure on the held-out training images instead")
    given = parser.parse_args()
    print(json.dumps(export(given.checkpoint, given.data, given.name, given.out, given.limit, given.held_out), indent=1))
