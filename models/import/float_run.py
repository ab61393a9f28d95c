"""Runs a recipe in floating point by the rules of docs/numerics.md: what the framework computes, mask by mask. The measure of everything
that is quantized afterwards.
"""
from typing import Dict, Optional, Tuple

import torch
from torch.nn import functional as F

from recipe import Block, Conv, Recipe

Maps = Dict[str, torch.Tensor]


def pad_same(x: torch.Tensor) -> torch.Tensor:
    """TensorFlow's padding of a 3x3 window at stride 2: an even side is padded at its far end only."""
    return F.pad(x, (x.shape[3] % 2, 1, x.shape[2] % 2, 1))


class FloatNet:
    """The recipe with its weights in one type. `maps`, if set, receives activations by name (as int_reference.py names them)."""

    def __init__(self, recipe: Recipe, dtype: torch.dtype = torch.float32):
        self.recipe, self.dtype = recipe, dtype
        self.weights: Dict[int, Tuple[torch.Tensor, torch.Tensor]] = {}
        self.maps: Optional[Maps] = None
        self.masks: Maps = {}
        self.forced: Optional[Maps] = None          # masks to take instead of deciding

    def conv(self, conv: Conv, x: torch.Tensor) -> torch.Tensor:
        if id(conv) not in self.weights:
            self.weights[id(conv)] = (conv.weight.to(self.dtype), conv.bias.to(self.dtype))
        weight, bias = self.weights[id(conv)]
        if conv.same and conv.stride == 2:
            return F.conv2d(pad_same(x), weight, bias, stride=2)
        return F.conv2d(x, weight, bias, stride=conv.stride, padding=weight.shape[2] // 2)

    def note(self, name: str, value: torch.Tensor) -> None:
        if self.maps is not None:
            self.maps[name] = value

    def position_mask(self, block: Block, x: torch.Tensor, previous: torch.Tensor) -> torch.Tensor:
        if self.forced is not None and f"{block.name}.in" in self.forced:
            return self.forced[f"{block.name}.in"].to(self.dtype).unsqueeze(1)
        if block.spatial == "none":
            return torch.ones_like(x[:, :1])
        if block.spatial == "reuse":
            return previous
        unit = block.unit
        logits = F.conv2d(x, unit.weight.to(self.dtype).view(1, -1, 1, 1)) + unit.bias
        self.note(f"{block.name}.logits", logits[:, 0])
        return (logits >= 0 if unit.inclusive else logits > 0).to(self.dtype)

    def group_mask(self, block: Block, previous: torch.Tensor, kept: torch.Tensor) -> torch.Tensor:
        groups = block.mid // self.recipe.group
        if self.forced is not None and f"{block.name}.groups" in self.forced:
            return self.forced[f"{block.name}.groups"].to(self.dtype)
        if block.channel is None:
            return torch.ones(len(previous), groups, dtype=self.dtype)
        unit = block.channel
        count = kept.sum(dim=(2, 3))
        pooled = (previous * kept).sum(dim=(2, 3)) / (count + unit.epsilon).clamp(min=1e-30)
        scores = pooled @ unit.weight.to(self.dtype).T + unit.bias.to(self.dtype)
        self.note(f"{block.name}.pooled", pooled)
        self.note(f"{block.name}.scores", scores)
        best = scores.sort(dim=1, descending=True, stable=True).indices[:, :unit.keep]
        return torch.zeros_like(scores).scatter_(1, best, 1)

    def block(self, block: Block, x: torch.Tensor, previous: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
        name = block.name
        groups = self.group_mask(block, x, previous)
        mask_in = self.position_mask(block, x, previous)
        mask_out = F.max_pool2d(mask_in, 2, ceil_mode=True) if block.stride == 2 else mask_in
        self.masks.update({f"{name}.in": mask_in[:, 0], f"{name}.out": mask_out[:, 0], f"{name}.groups": groups})
        channels = groups.repeat_interleave(self.recipe.group, dim=1)[:, :, None, None]
        identity = x if block.shortcut is None else self.conv(block.shortcut, x)
        if block.shortcut is not None:
            self.note(f"{name}.shortcut", identity)
        basic = block.kind == "basic"
        inner = F.relu(self.conv(block.convs["conv1"], x * mask_in if basic else x)) * (mask_out if basic else mask_in) * channels
        self.note(f"{name}.conv1", inner)
        if not basic:
            inner = F.relu(self.conv(block.convs["conv2"], inner)) * mask_out * channels
            self.note(f"{name}.conv2", inner)
        residual = self.conv(block.convs["conv2" if basic else "conv3"], inner)
        out = F.relu(identity + residual * mask_out)
        self.note(name, out)
        return out, mask_out

    @torch.no_grad()
    def run(self, x: torch.Tensor) -> torch.Tensor:
        """Normalized images [N][C][H][W] to logits [N][classes]."""
        self.masks = {}
        x = F.relu(self.conv(self.recipe.stem, x.to(self.dtype)))
        if self.recipe.max_pool:
            x = F.max_pool2d(x, 3, 2, 1)
        self.note("stem", x)
        mask = torch.ones_like(x[:, :1])
        for block in self.recipe.blocks:
            x, mask = self.block(block, x, mask)
        return x.mean(dim=(2, 3)) @ self.recipe.head_weight.to(self.dtype).T + self.recipe.head_bias.to(self.dtype)
