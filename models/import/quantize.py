"""From a recipe and activation scales to the integers of a container (docs/import.md). Per output channel one weight scale; the requantization
rounds; an identity needs no rescaling, since it has its output's scale.
"""
from typing import Dict, List, Tuple

import numpy as np
import torch

from recipe import Conv, ImportRefused, Recipe, require

MULT_MAX, SHIFT_MAX, BIAS_LIMIT, INT32 = 32767, 30, 2.0 ** 47, 2 ** 31
Tensors = Dict[str, np.ndarray]


def quantize_weights(weight: torch.Tensor) -> Tuple[np.ndarray, np.ndarray]:
    """int8 weights [O][I][K][K] and the scale of each output channel."""
    flat = weight.flatten(1)
    scale = (flat.abs().amax(1) / 127).clamp(min=1e-30)
    return torch.round(flat / scale[:, None]).view_as(weight).to(torch.int8).numpy(), scale.numpy()


def requantize(layer: str, scale: np.ndarray, bias: np.ndarray) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
    """mult, shift and bias of `(acc*mult + bias) >> shift` for acc*scale + bias in units of the output. mult uses its 15 bits unless the
    shift would pass its limit; half a unit is in the bias, so that the floor rounds."""
    high = int(np.argmax(scale))
    require(float(np.round(scale[high])) <= MULT_MAX, f"{layer}: channel {high} scales its sums up by {scale[high]:.3g}, mult has "
                                                      f"{MULT_MAX} at most: the activation scale of its output is too small for it")
    shift = np.clip(np.floor(np.log2(MULT_MAX / np.maximum(scale, 1e-30))), 0, SHIFT_MAX)
    shift -= np.round(scale * 2.0 ** shift) > MULT_MAX
    mult = np.round(scale * 2.0 ** shift)
    total = np.round(bias * 2.0 ** shift) + np.floor(2.0 ** shift / 2)
    wide = int(np.argmax(np.abs(total)))
    require(abs(float(total[wide])) < BIAS_LIMIT, f"{layer}: channel {wide} has a bias of {bias[wide]:.3g} units of its output, which does "
                                                  "not fit 47 bits")
    return mult.astype(np.int16), shift.astype(np.uint8), total.astype(np.int64)


def check_sums(layer: str, weight: np.ndarray) -> None:
    """As the loader proves it: no accumulator wraps, whatever the image."""
    worst = 128 * np.abs(weight.astype(np.int64)).reshape(len(weight), -1).sum(1)
    high = int(worst.argmax())
    require(int(worst[high]) < INT32, f"{layer}: channel {high} can reach {int(worst[high])}, the accumulator wraps at 2^31")


class Quantizer:
    """Collects the tensors of a container, and the scales of weights for the report."""

    def __init__(self, recipe: Recipe, scales: Dict[str, float], input_scale: float):
        self.recipe, self.scales, self.input_scale = recipe, scales, input_scale
        self.tensors: Tensors = {}

    def conv(self, name: str, conv: Conv, scale_in: float, scale_out: float, residual: bool = False) -> None:
        layer = f"{name} ({conv.source})"
        weight, scale = quantize_weights(conv.weight)
        check_sums(layer, weight)
        mult, shift, bias = requantize(layer, scale * scale_in / scale_out, conv.bias.numpy() / scale_out)
        self.tensors.update({f"{name}.weight": weight, f"{name}.mult": mult, f"{name}.shift": shift, f"{name}.bias": bias})
        if residual:
            self.tensors[f"{name}.res_mult"] = (1 << shift.astype(np.int64)).astype(np.int32)

    def linear(self, name: str, weight: torch.Tensor, bias: torch.Tensor, scale_in: float, limit: float, positions: int) -> float:
        """One scale for all outputs, since they are compared with each other or with zero; smaller where a sum could pass `limit`.
        Returns the value of one unit of the sums."""
        top = 127.0
        while True:
            scale = max(float(weight.abs().max()), 1e-30) / top
            whole = torch.round(weight / scale)
            sums = positions * 128 * whole.abs().sum(1) if whole.ndim == 2 else 128 * whole.abs().sum()
            offset = torch.round(bias / (scale * scale_in))
            if bool((sums + offset.abs() < limit).all()) and float(offset.abs().max()) < INT32 - 1:
                break
            top *= 0.8
            if top < 1:
                channel = int((sums + offset.abs()).argmax())
                raise ImportRefused(f"{name}: channel {channel} has a bias of {float(bias.flatten()[channel]):.3g} against weights of at most "
                                    f"{float(weight.abs().max()):.3g}: no scale holds both")
        self.tensors[f"{name}.weight"] = whole.to(torch.int8).numpy()
        self.tensors[f"{name}.bias"] = offset.to(torch.int32).numpy()
        return scale * scale_in

    def masks(self, layer: Dict, index: int, scale_in: float, area: int) -> None:
        """Mask unit and channel predictor of a block, whose input has `area` positions."""
        block = self.recipe.blocks[index]
        if block.unit is not None:
            unit = block.unit
            self.linear(f"{block.name}.spatial", unit.weight, torch.tensor([unit.bias], dtype=torch.float64), scale_in, INT32 - 2, 1)
            if unit.inclusive:
                self.tensors[f"{block.name}.spatial.bias"] += 1     # s >= 0 is s + 1 > 0
        if block.channel is not None:
            unit = block.channel
            # only the order counts: without what all groups have in common, rounding takes less from it
            self.linear(f"{block.name}.channel", unit.weight - unit.weight.mean(0), unit.bias - unit.bias.mean(), scale_in, 2.0 ** 47 / area, 1)
            layer.update(channel="unit", keep=unit.keep, pool="avg")

    def block(self, index: int, scale_in: float, area: int) -> Dict:
        block, scales = self.recipe.blocks[index], self.scales
        names = list(block.convs)
        inner = [scale_in] + [scales[f"{block.name}.{name}"] for name in names[:-1]] + [scales[block.name]]
        for position, name in enumerate(names):
            self.conv(f"{block.name}.{name}", block.convs[name], inner[position], inner[position + 1], name == names[-1])
        if block.shortcut is not None:
            self.conv(f"{block.name}.shortcut", block.shortcut, scale_in, scales[block.name])
        layer = {"name": block.name, "kind": block.kind, "in": block.width_in, "mid": block.mid, "out": block.width_out,
                 "stride": block.stride, "shortcut": block.shortcut is not None, "spatial": block.spatial, "channel": "none"}
        if any(conv.same for conv in block.convs.values()):
            layer["padding"] = "same"
        self.masks(layer, index, scale_in, area)
        return layer


def quantize(recipe: Recipe, scales: Dict[str, float], input_scale: float, name: str) -> Tuple[Dict, Tensors, float]:
    """The network description, the tensors, and the value of one unit of the logits."""
    work = Quantizer(recipe, scales, input_scale)
    stem = recipe.stem
    work.conv("stem.conv", stem, input_scale, scales["stem"])
    layers: List[Dict] = [{"name": "stem", "kind": "stem", "in": recipe.channels, "out": len(stem.weight), "kernel": stem.weight.shape[2],
                           "stride": stem.stride, "max_pool": recipe.max_pool}]
    height, width = (halves(side, stem.stride, recipe.max_pool) for side in (recipe.height, recipe.width))
    scale = scales["stem"]
    for index, block in enumerate(recipe.blocks):
        layers.append(work.block(index, scale, height * width))
        scale = scales[block.name]
        height, width = (-(-side // block.stride) for side in (height, width))
    # the head sees sums over all positions, so its bias is scaled up instead of its input being divided
    unit = work.linear("head", recipe.head_weight, recipe.head_bias * height * width, scale, INT32 - 1, height * width)
    layers.append({"name": "head", "kind": "head", "in": recipe.head_weight.shape[1], "out": recipe.classes})
    network = {"name": name, "classes": recipe.classes, "group": recipe.group,
               "input": {"height": recipe.height, "width": recipe.width, "channels": recipe.channels, "pixels": pixel_meaning(recipe, input_scale)},
               "layers": layers}
    if recipe.dataset:
        network["dataset"] = recipe.dataset
    if recipe.class_names:
        network["class_names"] = recipe.class_names
    return network, work.tensors, unit / (height * width)


def halves(side: int, stride: int, pool: bool) -> int:
    side = -(-side // stride)
    return -(-side // 2) if pool else side


def pixel_meaning(recipe: Recipe, scale: float) -> Dict:
    """What the container says about 8-bit pixels."""
    if recipe.pixels.shift is not None:
        return {"shift": recipe.pixels.shift}
    return {"mean": recipe.pixels.mean, "std": recipe.pixels.std, "scale": scale}
