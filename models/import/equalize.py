"""Per-channel balance before scales are chosen. ReLU, masks and sums do not mind a positive factor on a channel, so every map's channels are
brought closer to each other, and the factors go into the weights on both sides: the network stays the same, and one scale fits all
channels of a map better. Maps that share a scale (a stage's block outputs) share the factors too.
"""
import copy
from typing import Dict

import torch

from recipe import Block, ChannelUnit, Conv, Recipe, SpatialUnit

Factors = Dict[str, torch.Tensor]


def scale_conv(conv: Conv, inputs: torch.Tensor, outputs: torch.Tensor) -> Conv:
    """The convolution between maps whose channels are divided by `inputs` and `outputs`."""
    weight = conv.weight * inputs.view(1, -1, 1, 1) / outputs.view(-1, 1, 1, 1)
    return Conv(conv.source, weight, conv.bias / outputs, conv.stride, conv.same)


def equalize(recipe: Recipe, by_name: Factors) -> Recipe:
    """The same network with every map's channels divided by its factors."""
    result = copy.copy(recipe)
    ones = torch.ones(recipe.channels, dtype=torch.float64)
    result.stem = scale_conv(recipe.stem, ones, by_name["stem"])
    result.blocks = []
    inputs = by_name["stem"]
    for block in recipe.blocks:
        result.blocks.append(equalize_block(block, inputs, by_name))
        inputs = by_name[block.name]
    result.head_weight = recipe.head_weight * inputs
    return result


def equalize_block(block: Block, inputs: torch.Tensor, by_name: Factors) -> Block:
    result = copy.copy(block)
    names = list(block.convs)
    chain = [inputs] + [by_name[f"{block.name}.{name}"] for name in names[:-1]] + [by_name[block.name]]
    result.convs = {name: scale_conv(block.convs[name], chain[i], chain[i + 1]) for i, name in enumerate(names)}
    if block.shortcut is not None:
        result.shortcut = scale_conv(block.shortcut, inputs, by_name[block.name])
    if block.unit is not None:
        unit = block.unit
        result.unit = SpatialUnit(unit.source, unit.weight * inputs, unit.bias, unit.inclusive)
    if block.channel is not None:
        unit = block.channel
        result.channel = ChannelUnit(unit.source, unit.weight * inputs, unit.bias, unit.keep, unit.epsilon)
    return result
