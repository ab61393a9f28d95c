"""A network between the checkpoint and the container: layers as the accelerator has them (docs/numerics.md), in floating point, with
BatchNorm folded. Every reader (families.py, onnx_reader.py) ends here, and everything after it starts here.
"""
from dataclasses import dataclass, field
from typing import Dict, List, Optional

import torch

MAX_CHANNELS, MAX_SIZE, MAX_GROUPS, MAX_BLOCKS = 4096, 256, 64, 253


class ImportRefused(Exception):
    """The input is not what it should be, or the accelerator cannot express it; the message is one line that names the place."""


def require(condition: bool, message: str) -> None:
    if not condition:
        raise ImportRefused(message)


@dataclass
class Conv:
    """A convolution with its BatchNorm folded, in double precision; padding is kernel/2 on all sides unless `same`."""
    source: str                     # its name in the checkpoint
    weight: torch.Tensor            # [O][I][K][K]
    bias: torch.Tensor              # [O]
    stride: int = 1
    same: bool = False              # padding as TensorFlow has it: even maps are padded at the far ends only


@dataclass
class SpatialUnit:
    """A position is kept iff weight.x + bias > 0 (>= 0 where inclusive)."""
    source: str
    weight: torch.Tensor            # [C]
    bias: float
    inclusive: bool = False


@dataclass
class ChannelUnit:
    """The `keep` best groups by weight.mean + bias, the mean being over the kept positions of the previous block's output."""
    source: str
    weight: torch.Tensor            # [groups][C]
    bias: torch.Tensor              # [groups]
    keep: int
    epsilon: float = 0.0            # what the framework adds to the number of positions that it divides by


@dataclass
class Block:
    name: str                       # in the container: b1, b2, ..
    source: str
    kind: str                       # basic, bottleneck
    stage: int                      # from 1
    stride: int
    convs: Dict[str, Conv]          # conv1, conv2 (, conv3)
    shortcut: Optional[Conv] = None
    spatial: str = "none"           # none, unit, reuse
    unit: Optional[SpatialUnit] = None
    channel: Optional[ChannelUnit] = None

    @property
    def mid(self) -> int:
        return self.convs["conv1"].weight.shape[0]

    @property
    def width_in(self) -> int:
        return self.convs["conv1"].weight.shape[1]

    @property
    def width_out(self) -> int:
        return self.convs["conv2" if self.kind == "basic" else "conv3"].weight.shape[0]


@dataclass
class Pixels:
    """What an 8-bit pixel becomes: (pixel/255 - mean)/std, or (pixel >> shift)/127."""
    mean: List[float] = field(default_factory=list)
    std: List[float] = field(default_factory=list)
    shift: Optional[int] = None


@dataclass
class Recipe:
    family: str
    stem: Conv
    max_pool: bool
    blocks: List[Block]
    head_source: str
    head_weight: torch.Tensor       # [classes][C]
    head_bias: torch.Tensor         # [classes]
    height: int
    width: int
    pixels: Pixels
    group: int = 0                  # channels of a group; 0: no channel unit asks for one
    dataset: str = ""
    class_names: List[str] = field(default_factory=list)
    notes: List[str] = field(default_factory=list)     # what was taken for granted, for the reader

    @property
    def channels(self) -> int:
        return self.stem.weight.shape[1]

    @property
    def classes(self) -> int:
        return self.head_weight.shape[0]


def check(recipe: Recipe) -> None:
    """What the accelerator can express, layer by layer; names the first thing that it cannot."""
    stem = recipe.stem
    kernel = stem.weight.shape[2]
    require(kernel in (3, 7), f"{stem.source}: a stem of {kernel}x{kernel}, the accelerator has 3x3 and 7x7")
    require(stem.stride in (1, 2), f"{stem.source}: stride {stem.stride}, the accelerator has 1 and 2")
    require(recipe.channels in (1, 3), f"{stem.source}: {recipe.channels} input channels, the accelerator's images have 1 or 3")
    require(not stem.same or stem.stride == 1, f"{stem.source}: a stem of stride 2 with \"same\" padding: only blocks have that")
    require(0 < recipe.height <= MAX_SIZE and 0 < recipe.width <= MAX_SIZE,
            f"images of {recipe.height}x{recipe.width}, the accelerator takes at most {MAX_SIZE}x{MAX_SIZE}")
    require(0 < len(recipe.blocks) <= MAX_BLOCKS, f"{len(recipe.blocks)} blocks, expected 1 to {MAX_BLOCKS}")
    width = stem.weight.shape[0]
    for block in recipe.blocks:
        check_block(block, width)
        width = block.width_out
    check_width(stem.source, stem.weight.shape[0])
    require(tuple(recipe.head_weight.shape) == (recipe.classes, width),
            f"{recipe.head_source}: {tuple(recipe.head_weight.shape)}, but the last block has {width} channels")
    require(tuple(recipe.head_bias.shape) == (recipe.classes,), f"{recipe.head_source}: {tuple(recipe.head_bias.shape)} biases")
    require(recipe.classes <= MAX_CHANNELS, f"{recipe.head_source}: {recipe.classes} classes, at most {MAX_CHANNELS}")
    set_group(recipe)


def check_width(source: str, width: int) -> None:
    require(width % 8 == 0 and width <= MAX_CHANNELS,
            f"{source}: {width} channels, the accelerator has multiples of 8 up to {MAX_CHANNELS}")


def check_block(block: Block, width: int) -> None:
    """Shapes that follow from each other; `width` channels come in."""
    kernels = {"basic": {"conv1": 3, "conv2": 3}, "bottleneck": {"conv1": 1, "conv2": 3, "conv3": 1}}[block.kind]
    strided = "conv1" if block.kind == "basic" else "conv2"
    inputs = width
    for name, kernel in kernels.items():
        conv = block.convs[name]
        shape = tuple(conv.weight.shape)
        expected = (shape[0], inputs, kernel, kernel)
        if shape[1] != inputs and shape[2:] == expected[2:] and shape[1] and inputs % shape[1] == 0:
            require(False, f"{conv.source}: {inputs // shape[1]} groups of {shape[1]} input channels, the accelerator has no grouped "
                           "convolution")
        require(shape == expected, f"{conv.source}: shape {list(shape)}, a {block.kind} block needs {list(expected)} here")
        require(conv.stride == (block.stride if name == strided else 1),
                f"{conv.source}: stride {conv.stride}, in a {block.kind} block only {strided} has the stride")
        require(block.stride in (1, 2), f"{conv.source}: stride {conv.stride}, the accelerator has 1 and 2")
        check_width(conv.source, shape[0])
        inputs = shape[0]
    shortcut = block.shortcut
    if shortcut is None:
        require(block.stride == 1 and width == block.width_out,
                f"{block.source}: {width} channels at stride {block.stride} become {block.width_out}, but there is no shortcut")
    else:
        shape, expected = tuple(shortcut.weight.shape), (block.width_out, width, 1, 1)
        require(shape == expected, f"{shortcut.source}: shape {list(shape)}, expected {list(expected)}: shortcuts are 1x1 convolutions")
        require(shortcut.stride == block.stride, f"{shortcut.source}: stride {shortcut.stride} in a block of stride {block.stride}")
    if block.unit is not None:
        require(tuple(block.unit.weight.shape) == (width,), f"{block.unit.source}: {tuple(block.unit.weight.shape)} weights, expected {width}")
    if block.channel is not None:
        unit = block.channel
        require(unit.weight.shape[1] == width, f"{unit.source}: {unit.weight.shape[1]} inputs, the block before has {width} channels")
        require(1 <= unit.keep <= len(unit.weight), f"{unit.source}: {unit.keep} of {len(unit.weight)} groups stay, at least one must")


def set_group(recipe: Recipe) -> None:
    """One group size for the network: what channel units have, else the largest usual one that divides everything."""
    mids = [block.mid for block in recipe.blocks]
    for block in recipe.blocks:
        if block.channel is None:
            continue
        groups = len(block.channel.weight)
        require(groups > 0 and block.mid % groups == 0,
                f"{block.channel.source}: {groups} groups do not divide {block.mid} channels: a remainder cannot be expressed")
        size = block.mid // groups
        require(recipe.group in (0, size), f"{block.channel.source}: groups of {size}, {recipe.group} in blocks before: one size a network")
        recipe.group = size
    if recipe.group == 0:
        recipe.group = next(size for size in (64, 32, 16, 8) if all(mid % size == 0 for mid in mids))
    require(recipe.group % 8 == 0, f"groups of {recipe.group} channels, the accelerator has multiples of 8")
    for block in recipe.blocks:
        require(block.mid % recipe.group == 0 and block.mid // recipe.group <= MAX_GROUPS,
                f"{block.source}: {block.mid} channels in groups of {recipe.group}: expected at most {MAX_GROUPS} whole ones")
