"""Activation scales from calibration images: by the largest value, and by the least squared error, saturation included. Both are kept, so
that the report can show where they disagree.
"""
from dataclasses import dataclass
from typing import Dict, List, Tuple

import torch

import image_set
from float_run import FloatNet
from recipe import Recipe, require

VALUES = 1 << 21                    # sampled values of a map
STEPS, LOWEST, ROUNDS = 28, 0.15, 8
DEAD = 1.0                          # stands for the largest value of maps that are 0 on every image: no scale would be wrong
CHANNEL_RANGE = 1e-2                # a channel's scale is at least this share of the largest channel's


class Samples:
    """All channels of some positions of a map: those with the most unusual values, which a random choice would miss, and a random part of the
    others, which counts for all of them. And what is exact: power and the largest value."""

    def __init__(self) -> None:
        self.parts: List[torch.Tensor] = []
        self.counts: List[torch.Tensor] = []
        self.top, self.power, self.count = 0.0, 0.0, 0

    def add(self, value: torch.Tensor, share: float) -> None:
        """value [N][C][H][W]; `share` of the values that are kept may be of this part."""
        self.top = max(self.top, float(value.abs().max()))
        self.power += float(value.double().square().sum())
        self.count += value.numel()
        rows = value.permute(0, 2, 3, 1).reshape(-1, value.shape[1]).float()
        half = min(len(rows), max(16, int(VALUES * share) // value.shape[1])) // 2
        unusual = (rows.abs() / rows.square().mean(0).sqrt().clamp(min=1e-20)).amax(1)
        order = unusual.argsort(descending=True)
        rest = order[half:][torch.randperm(len(order) - half, generator=torch.Generator().manual_seed(len(self.parts)))[:half]]
        self.parts += [rows[order[:half]], rows[rest]]
        self.counts += [torch.ones(half), torch.full((len(rest),), (len(rows) - half) / max(1, len(rest)))]

    def values(self) -> torch.Tensor:
        """[positions][C]"""
        if len(self.parts) > 1:
            self.parts, self.counts = [torch.cat(self.parts)], [torch.cat(self.counts)]
        return self.parts[0]

    def mean(self, errors: torch.Tensor) -> torch.Tensor:
        """[positions][C] to their mean over all positions of the map, [C]."""
        return (errors * self.counts[0][:, None]).sum(0) / self.counts[0].sum()

    @property
    def weight(self) -> float:
        """Makes a squared error relative."""
        return self.count / max(self.power, 1e-30)


def observe(net: FloatNet, images: image_set.Images, recipe: Recipe, batch: int) -> Dict[str, Samples]:
    """Runs the float network on the images; samples of every map by name."""
    found: Dict[str, Samples] = {}
    spans = image_set.batches(len(images.pixels), batch)
    scale = image_set.input_scale(recipe.pixels)
    for start, end in spans:
        net.maps = {}
        net.run(image_set.normalized(images.pixels[start:end], recipe.pixels, scale))
        for name, value in net.maps.items():
            if value.ndim == 4:
                require(bool(torch.isfinite(value).all()), f"{name}: an activation is not finite on {images.source}")
                found.setdefault(name, Samples()).add(value, 1 / len(spans))
    net.maps = None
    return found


def min_max(members: List[Samples]) -> float:
    """The scale under which nothing saturates."""
    return (max(m.top for m in members) or DEAD) / 127


def squared_error(values: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
    """Of rounding to int8, saturation included."""
    return (torch.round(values / scale).clamp(-128, 127) * scale - values).square()


class Fit:
    """What the maps that share a scale lose by scales that are tried: relative squared errors [scales][C] of each."""

    def __init__(self, members: List[Samples]):
        values = [m.values() for m in members]
        self.top = torch.stack([v.abs().amax(0) for v in values]).amax(0)
        self.top = self.top.clamp(min=float(self.top.max()) * CHANNEL_RANGE or DEAD) / 127
        self.fractions = torch.linspace(LOWEST, 1.0, STEPS)
        self.errors = [torch.stack([m.mean(squared_error(v, self.top * fraction)) for fraction in self.fractions]) * m.weight / v.shape[1]
                       for v, m in zip(values, members)]

    def scales(self, emphasis: List[float]) -> torch.Tensor:
        """Scales [C] under which the weighted sum of errors is least; the weights, which begin at `emphasis`, become such that the map that
        loses most loses less."""
        prior = weights = torch.tensor(emphasis)
        for _ in range(ROUNDS):
            best = sum(e * w for e, w in zip(self.errors, weights)).argmin(0, keepdim=True)
            lost = prior * torch.stack([e.gather(0, best).sum() for e in self.errors])
            weights = weights * (lost / lost.mean().clamp(min=1e-30)).clamp(0.1, 10)
        return self.top * self.fractions[best[0]]


def scale_groups(recipe: Recipe) -> Dict[str, List[str]]:
    """Names of maps by the scale that they share: a stage's block outputs and shortcuts have one (pruned positions are handed on untouched),
    and the stem's if the first block hands it on; every map inside a block has its own."""
    groups: Dict[str, List[str]] = {"stem": ["stem"]}
    current = "stem"
    for block in recipe.blocks:
        if block.shortcut is not None:
            current = block.name
            groups[current] = [f"{block.name}.shortcut"]
        groups[current].append(block.name)
        for name in list(block.convs)[:-1]:
            groups[f"{block.name}.{name}"] = [f"{block.name}.{name}"]
    return groups


@dataclass
class Choice:
    """By map name: the scale of its integers, the factors [C] that its channels are divided by first, and the scale by largest value."""
    scale: Dict[str, float]
    factors: Dict[str, torch.Tensor]
    largest: Dict[str, float]


class Chooser:
    """One scale for the maps of a group, and factors that make it the best one for each of their channels."""

    def __init__(self, recipe: Recipe, samples: Dict[str, Samples]):
        self.groups = list(scale_groups(recipe).values())
        self.fits = [Fit([samples[name] for name in names]) for names in self.groups]
        self.largest = {name: min_max([samples[n] for n in names]) for names in self.groups for name in names}
        self.emphasis = {name: 1.0 for name in self.largest}

    def choose(self) -> Choice:
        choice = Choice({}, {}, self.largest)
        for names, fit in zip(self.groups, self.fits):
            scales = fit.scales([self.emphasis[name] for name in names]).double()
            mean = float(scales.mean())
            for name in names:
                choice.scale[name], choice.factors[name] = mean, scales / mean
        return choice

    def learn(self, lost: Dict[str, float], inputs: List[Tuple[str, List[str]]]) -> None:
        """Maps count more that are read or written by a layer which loses more than others (relative squared errors by output map)."""
        mean = sum(lost.values()) / len(lost)
        heard: Dict[str, float] = {}
        for output, read in inputs:
            for name in [output, *read]:
                heard[name] = max(heard.get(name, 0.0), lost[output] / mean)
        for name, loss in heard.items():
            self.emphasis[name] = min(100.0, max(0.01, self.emphasis[name] * loss ** 0.4))
