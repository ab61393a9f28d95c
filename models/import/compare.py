"""Holds the integers of a container against the floating-point network, layer by layer:
  alone    each layer gets the float network's input, rounded to int8: what this layer loses
  forced   layers follow each other, with the float network's masks: what has been lost so far
  own      masks are decided by the integers too: what the accelerator computes
"""
import math
from dataclasses import dataclass, field
from typing import Dict, List, Optional, Tuple

import torch

import image_set
import int_reference
from calibrate_scales import Choice
from float_run import FloatNet
from recipe import Block, Recipe


def decibels(signal: float, noise: float) -> float:
    """99 stands for no noise at all."""
    if signal <= 0 or noise <= signal * 10 ** -9.9:
        return 99.0
    return 10 * math.log10(signal / noise)


@dataclass
class Layer:
    """Sums over images: of a layer's output, or of the logits."""
    signal: float = 0.0
    alone: float = 0.0
    forced: float = 0.0
    values: int = 0
    saturated: int = 0

    def add(self, wanted: torch.Tensor, unit: torch.Tensor, alone: Optional[torch.Tensor], forced: torch.Tensor, limit: bool = True) -> None:
        """wanted: float; alone and forced: integers whose unit (by channel) is `unit`."""
        wanted = wanted.double()
        self.signal += float(wanted.square().sum())
        self.alone += float((alone * unit - wanted).square().sum()) if alone is not None else 0.0
        self.forced += float((forced * unit - wanted).square().sum())
        if limit:
            self.values += forced.numel()
            self.saturated += int(((forced == 127) | (forced == -128)).sum())

    @property
    def alone_db(self) -> float:
        return decibels(self.signal, self.alone)

    @property
    def forced_db(self) -> float:
        return decibels(self.signal, self.forced)


@dataclass
class Masks:
    """Decisions of a block's mask units and how many are not the float network's: with forced masks before them, and with their own."""
    positions: int = 0
    kept: int = 0
    otherwise: int = 0
    otherwise_own: int = 0
    groups: int = 0
    groups_otherwise: int = 0
    groups_otherwise_own: int = 0


@dataclass
class Comparison:
    images: int = 0
    labelled: int = 0
    correct_float: int = 0
    correct: int = 0
    same_class: int = 0
    same_class_forced: int = 0
    layers: Dict[str, Layer] = field(default_factory=dict)
    masks: Dict[str, Masks] = field(default_factory=dict)

    def worst(self) -> Tuple[str, float]:
        name = min((n for n in self.layers if n != "logits"), key=lambda n: self.layers[n].alone_db)
        return name, self.layers[name].alone_db

    def share(self, what: str) -> Optional[float]:
        """Share of positions or groups that are decided as in the float network, all blocks together."""
        total = sum(getattr(m, "groups" if "groups" in what else "positions") for m in self.masks.values())
        return 1 - sum(getattr(m, what) for m in self.masks.values()) / total if total else None


class ForcedRunner(int_reference.Runner):
    """Takes the masks that it is given, and notes what it would have decided."""

    def __init__(self, model: int_reference.Model, forced: Dict[str, torch.Tensor]):
        super().__init__(model)
        self.forced = forced
        self.decided: Dict[str, torch.Tensor] = {}

    def position_mask(self, layer: Dict, x: torch.Tensor, previous: torch.Tensor) -> torch.Tensor:
        name = layer["name"]
        if layer["spatial"] == "unit":
            self.decided[f"{name}.in"] = super().position_mask(layer, x, previous)[:, 0]
        return self.forced[f"{name}.in"].to(torch.int64).unsqueeze(1)

    def group_mask(self, layer: Dict, previous: torch.Tensor, kept: torch.Tensor) -> torch.Tensor:
        name = layer["name"]
        if layer["channel"] == "unit":
            self.decided[f"{name}.groups"] = super().group_mask(layer, previous, kept)
        return self.forced[f"{name}.groups"].to(torch.int64)


class Comparer:
    def __init__(self, recipe: Recipe, net: FloatNet, model: int_reference.Model, choice: Choice, logit_unit: float, input_scale: float):
        self.recipe, self.net, self.model, self.choice = recipe, net, model, choice
        self.logit_unit, self.input_scale = logit_unit, input_scale
        self.units = {name: (choice.factors[name] * scale).view(1, -1, 1, 1) for name, scale in choice.scale.items()}

    def rounded(self, name: str) -> torch.Tensor:
        """The float network's map as int8."""
        return torch.round(self.net.maps[name].double() / self.units[name]).clamp(-128, 127).to(torch.int64)

    def layers_alone(self, block: Block, before: str) -> Dict[str, torch.Tensor]:
        """Every convolution of a block on the float network's inputs; `before` names the map that it reads."""
        run, name, masks = int_reference.Runner(self.model), block.name, self.net.masks
        mask_in, mask_out = (masks[f"{name}.{end}"].to(torch.int64).unsqueeze(1) for end in ("in", "out"))
        channels = masks[f"{name}.groups"].to(torch.int64).repeat_interleave(self.recipe.group, dim=1)[:, :, None, None]
        x, same = self.rounded(before), any(conv.same for conv in block.convs.values())
        identity, found = x, {}
        if block.shortcut is not None:
            found[f"{name}.shortcut"] = run.convolve(f"{name}.shortcut", x, block.stride, False)
            identity = self.rounded(f"{name}.shortcut")
        if block.kind == "basic":
            found[f"{name}.conv1"] = run.convolve(f"{name}.conv1", x * mask_in, block.stride, True, same=same) * mask_out * channels
            last, inner = "conv2", self.rounded(f"{name}.conv1")
        else:
            found[f"{name}.conv1"] = run.convolve(f"{name}.conv1", x, 1, True) * mask_in * channels
            inner = self.rounded(f"{name}.conv1")
            found[f"{name}.conv2"] = run.convolve(f"{name}.conv2", inner, block.stride, True, same=same) * mask_out * channels
            last, inner = "conv3", self.rounded(f"{name}.conv2")
        computed = run.convolve(f"{name}.{last}", inner, 1, True, identity)
        found[name] = torch.where(mask_out > 0, computed, identity.clamp(min=0))
        return found

    @torch.no_grad()
    def run(self, images: image_set.Images, batch: int, alone: bool = True) -> Comparison:
        total = Comparison()
        for start, end in image_set.batches(len(images.pixels), batch):
            labels = None if images.labels is None else torch.from_numpy(images.labels[start:end])
            self.run_batch(total, images.pixels[start:end], labels, alone)
        return total

    def run_batch(self, total: Comparison, pixels, labels: Optional[torch.Tensor], alone: bool) -> None:
        net = self.net
        net.maps = {}
        wanted = net.run(image_set.normalized(pixels, self.recipe.pixels, self.input_scale))
        x = image_set.quantized(pixels, self.model.network).to(torch.int64)
        forced = ForcedRunner(self.model, net.masks)
        forced.maps = {}
        forced_logits = forced.run(x)
        own = int_reference.Runner(self.model)
        logits = own.run(x) if total_masks(self.recipe) else forced_logits
        if alone:
            self.add_layers(total, x, forced.maps)
        total.layers.setdefault("logits", Layer()).add(wanted, torch.tensor(self.logit_unit), None, forced_logits, limit=False)
        self.add_masks(total, forced.decided, own.masks)
        classes, found, found_forced = wanted.argmax(1), int_reference.classify(logits), int_reference.classify(forced_logits)
        total.images += len(x)
        total.same_class += int((found == classes).sum())
        total.same_class_forced += int((found_forced == classes).sum())
        if labels is not None:
            total.labelled += len(x)
            total.correct_float += int((classes == labels).sum())
            total.correct += int((found == labels).sum())
        net.maps = None

    def add_layers(self, total: Comparison, x: torch.Tensor, forced: Dict[str, torch.Tensor]) -> None:
        run = int_reference.Runner(self.model)
        found = {"stem": run.stem(self.model.network["layers"][0], x)}
        before = "stem"
        for block in self.recipe.blocks:
            found.update(self.layers_alone(block, before))
            before = block.name
        for name, value in found.items():
            total.layers.setdefault(name, Layer()).add(self.net.maps[name], self.units[name], value, forced[name])

    def add_masks(self, total: Comparison, decided: Dict[str, torch.Tensor], own: Dict[str, torch.Tensor]) -> None:
        wanted = self.net.masks
        for block in self.recipe.blocks:
            name = block.name
            masks = total.masks.setdefault(name, Masks())
            if block.spatial != "none":
                mask = wanted[f"{name}.in"].to(torch.int64)
                masks.kept += int(mask.sum())
                if block.spatial == "unit":
                    masks.positions += mask.numel()
                    masks.otherwise += int((decided[f"{name}.in"] != mask).sum())
                    masks.otherwise_own += int((own[f"{name}.in"] != mask).sum())
            if block.channel is not None:
                mask = wanted[f"{name}.groups"].to(torch.int64)
                masks.groups += mask.numel()
                masks.groups_otherwise += int((decided[f"{name}.groups"] != mask).sum())
                masks.groups_otherwise_own += int((own[f"{name}.groups"] != mask).sum())


def total_masks(recipe: Recipe) -> int:
    """Mask units of a network."""
    return sum((block.unit is not None) + (block.channel is not None) for block in recipe.blocks)


def layer_inputs(recipe: Recipe) -> List[Tuple[str, List[str]]]:
    """Every layer's output map and the maps that it reads."""
    result, before = [("stem", [])], "stem"
    for block in recipe.blocks:
        names = list(block.convs)
        if block.shortcut is not None:
            result.append((f"{block.name}.shortcut", [before]))
        result.append((f"{block.name}.{names[0]}", [before]))
        for first, second in zip(names, names[1:-1]):
            result.append((f"{block.name}.{second}", [f"{block.name}.{first}"]))
        identity = before if block.shortcut is None else f"{block.name}.shortcut"
        result.append((block.name, [f"{block.name}.{names[-2]}", identity]))
        before = block.name
    return result
