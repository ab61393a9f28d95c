"""What export chooses by running training images: activation scales, and the biases of the mask units.

Rounding shifts what mask units see, and a shift that is common to all positions or images changes how much is kept. So
their integer biases are chosen again, where the integers decide most like the float network.
"""
from typing import Dict, List

import numpy as np
import torch

import data
import int_reference
from network import Control, Network

ROUNDS = 60


def best_scale(maps: List[torch.Tensor]) -> float:
    """The activation scale with the least sum of relative squared errors over `maps`, saturation included."""
    samples = [m.flatten()[:: max(1, m.numel() // 100_000)].double() for m in maps]
    weights = [1.0 / s.square().mean().clamp(min=1e-12) for s in samples]
    top = max(s.abs().max().item() for s in samples)
    best = (float("inf"), 1.0)
    for fraction in np.linspace(0.3, 1.0, 36):
        scale = top * fraction / 127
        error = sum(w * (torch.round(s / scale).clamp(-128, 127) * scale - s).square().mean()
                    for s, w in zip(samples, weights))
        best = min(best, (error.item(), scale))
    return best[1]


@torch.no_grad()
def trace(net: Network, images: torch.Tensor) -> Dict[str, torch.Tensor]:
    """Activations and mask decisions of the float network, by name."""
    parts: Dict[str, List[torch.Tensor]] = {}
    for start in range(0, len(images), 500):
        control = Control(trace={})
        net(data.to_float(images[start:start + 500]), control)
        for name, value in control.trace.items():
            parts.setdefault(name, []).append(value)
    return {name: torch.cat(values) for name, values in parts.items()}


def activation_scales(net: Network, maps: Dict[str, torch.Tensor]) -> Dict[str, float]:
    """Scales by name: `stage1` .. and `bN.conv1`."""
    scales, stages = {}, net.shape.stages()
    for stage in range(len(net.shape.blocks)):
        members = []
        for index in (i for i, s in enumerate(stages) if s == stage):
            name = f"b{index + 1}"
            members.append(maps[name + ".out"])
            scales[name + ".conv1"] = best_scale([maps[name + ".conv1"]])
            if net.blocks[index].shortcut is not None:
                members.append(maps[name + ".shortcut"])
        if stage == 0:
            members.append(maps["stem.out"])
        scales[f"stage{stage + 1}"] = best_scale(members)
    return scales


def best_threshold(sums: torch.Tensor, wanted: torch.Tensor) -> int:
    """The t for which `sums > t` is closest to `wanted`: the larger of wrongly kept and wrongly pruned is least."""
    values, place = sums.flatten().unique(return_inverse=True)
    wanted = wanted.flatten()
    kept, pruned = (torch.bincount(place[select], minlength=len(values)).cumsum(0) for select in (wanted, ~wanted))
    # with t = values[i]: all that is wanted up to i is wrongly pruned, all that is unwanted beyond i is wrongly kept
    wrong = torch.maximum(kept, pruned[-1] - pruned)
    return int(values[wrong.argmin()])


def best_group_bias(scores: torch.Tensor, bias: torch.Tensor, keep: int, wanted: torch.Tensor) -> torch.Tensor:
    """Biases [groups] under which the best `keep` of `scores + bias` [N][groups] are closest to `wanted`.

    Groups that stay too seldom are raised, in steps that shrink; the step with the fewest wrong decisions wins.
    """
    spread = (scores + bias).std(0).mean()
    share, fewest, best = wanted.double().mean(0), float("inf"), bias
    for step in range(ROUNDS):
        chosen = torch.zeros_like(wanted).scatter_(
            1, (scores + bias.round()).sort(dim=1, descending=True, stable=True).indices[:, :keep], True)
        wrong = (chosen != wanted).sum().item()
        if wrong < fewest:
            fewest, best = wrong, bias
        bias = bias + spread * (1 - step / ROUNDS) * (share - chosen.double().mean(0))
    return best.round().to(torch.int64)


@torch.no_grad()
def mask_biases(model: int_reference.Model, wanted: Dict[str, torch.Tensor], images: torch.Tensor,
                batch: int = 50) -> Dict[str, np.ndarray]:
    """Sets the biases of all mask units in `model`, block after block, so that each unit sees what those before leave it.

    wanted: the trace of the float network on `images`. Returns the new tensors by name.
    """
    runner, biases = int_reference.Runner(model), {}
    states = [(x, torch.ones_like(x[:, :1])) for x in images.unsqueeze(1).to(torch.int64).split(batch)]

    def replace(name: str, value: torch.Tensor) -> None:
        model.tensors[name] = value
        biases[name] = value.to(torch.int32).numpy()

    for layer in model.network["layers"]:
        name = layer["name"]
        if layer["kind"] == "stem":
            states = [(runner.convolve(f"{name}.conv", x, 1, True), mask) for x, mask in states]
            continue
        if layer["kind"] == "head":
            break
        if layer["spatial"] == "unit":
            sums = torch.cat([runner.position_sums(name, x) for x, _ in states])
            bias = model.tensors[f"{name}.spatial.bias"]
            replace(f"{name}.spatial.bias", bias - best_threshold(sums, wanted[f"{name}.positions"]))
        if layer["channel"] == "unit":
            bias = model.tensors[f"{name}.channel.bias"].double()
            counts = torch.cat([mask.sum(dim=(2, 3)) for _, mask in states])
            scores = torch.cat([runner.group_scores(layer, x, mask) for x, mask in states]) / counts.clamp(min=1) - bias
            some = counts[:, 0] > 0
            replace(f"{name}.channel.bias",
                    best_group_bias(scores[some], bias, layer["keep"], wanted[f"{name}.groups"][some]))
        states = [runner.block(layer, x, mask) for x, mask in states]
    return biases
