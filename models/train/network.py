"""A ResNet with DPACS masks: per image, which positions and which channel groups of a block are worth computing.

Training computes everything and multiplies by masks, in such a way that the result is what the accelerator gets by
skipping (docs/numerics.md). Maps are [N][C][H][W]; masks are [N][1][H][W] (positions) and [N][groups] (channel groups).

Gradients reach a position mask through the block's output only (and through the budget), and mask units do not shape
the features they look at: cheaper, and the features stay those of the classifier.
"""
from dataclasses import dataclass, field
from typing import Dict, List, Optional, Tuple

import torch
from torch import nn
from torch.nn import functional as F

GROUP = 8
CLASSES = 10


@dataclass(frozen=True)
class Shape:
    """What distinguishes networks of this kind; a stage after the first one halves height and width.

    keep_spatial: per block, the fraction of its input positions that its masks are trained to keep; 1 is a block without them
    """
    widths: Tuple[int, ...] = (16, 32, 64)
    blocks: Tuple[int, ...] = (2, 2, 2)
    keep_spatial: Tuple[float, ...] = (1.0,) * 6
    keep_channel: float = 1.0

    @staticmethod
    def of(args: Dict) -> "Shape":
        """From the arguments of a training, as a checkpoint holds them."""
        blocks = tuple(args.get("blocks") or (2, 2, 2))
        percents = args.get("prune_blocks") or [args["prune_spatial"]] * sum(blocks)
        if len(percents) != sum(blocks):
            raise ValueError(f"{len(percents)} percents for {sum(blocks)} blocks")
        return Shape(tuple(args.get("widths") or (16, 32, 64)), blocks, tuple(1 - p / 100 for p in percents), 1 - args["prune_channel"] / 100)

    def stages(self) -> List[int]:
        """The stage of every block, from 0."""
        return [stage for stage, count in enumerate(self.blocks) for _ in range(count)]


@dataclass
class Control:
    """What the schedule sets before a step, and where blocks leave what the losses and reports need.

    openness  weight of the unmasked network, 1 (dense) .. 0 (masks apply in full)
    noise     amplitude of the noise on mask logits, 0 at the end of training and in evaluation
    """
    openness: float = 0.0
    noise: float = 0.0
    kept_out: List[torch.Tensor] = field(default_factory=list)      # per block [N]: fraction of output positions
    kept_in: List[torch.Tensor] = field(default_factory=list)       # per block [N]: fraction of input positions
    groups: List[torch.Tensor] = field(default_factory=list)        # per block [N][groups], 0 or 1
    trace: Optional[Dict[str, torch.Tensor]] = None                 # activations by name, for calibration


def straight_through(logits: torch.Tensor, threshold: torch.Tensor) -> torch.Tensor:
    """Exactly 0 or 1 forward (logits > threshold); backward the gradient of sigmoid(logits - threshold)."""
    soft = torch.sigmoid(logits - threshold)
    return (logits > threshold).float() - soft.detach() + soft


def logistic_noise(like: torch.Tensor) -> torch.Tensor:
    """The difference of two Gumbel variables."""
    u = torch.rand_like(like).clamp_(1e-6, 1 - 1e-6)
    return torch.log(u) - torch.log1p(-u)


class SpatialUnit(nn.Module):
    """One logit per position of the block's input: a 1x1 convolution, standardized over the batch, plus an offset.

    Standardizing keeps logits from drifting to all-or-nothing (a kept fraction is then set by the offset alone), and it
    is affine, so that export folds it into the convolution.
    """

    def __init__(self, channels: int, target: float):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(channels) / channels ** 0.5)
        self.norm = nn.BatchNorm2d(1, affine=False)
        # the offset that keeps `target` of normally distributed logits
        self.offset = nn.Parameter(torch.distributions.Normal(0.0, 1.0).icdf(torch.tensor([target])))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        raw = F.conv2d(x.detach(), self.weight.view(1, -1, 1, 1))
        return self.norm(raw) + self.offset

    def folded(self) -> Tuple[torch.Tensor, torch.Tensor]:
        """Weights [C] and bias [1] with the standardization folded in; a position is kept iff w.x + b > 0."""
        scale = (self.norm.running_var + self.norm.eps).rsqrt()
        return self.weight * scale, self.offset - self.norm.running_mean * scale


class ChannelUnit(nn.Module):
    """The `keep` best groups of the intermediate channels, from the pooled output of the previous block.

    Scores are standardized per group over the batch: each group then wins for the images that want it more than the
    average image does, and none becomes static.
    """

    def __init__(self, channels: int, groups: int, keep: int):
        super().__init__()
        self.keep, self.groups = keep, groups
        self.fc = nn.Linear(channels, groups)
        self.norm = nn.BatchNorm1d(groups, affine=False)

    def forward(self, pooled: torch.Tensor, control: Control) -> torch.Tensor:
        """pooled [N][C] to group gates [N][groups]."""
        scores = self.norm(self.fc(pooled.detach()))
        if control.noise > 0:
            scores = scores + 0.5 * control.noise * logistic_noise(scores)
        ordered = scores.detach().sort(dim=1, descending=True).values
        threshold = ordered[:, self.keep - 1:self.keep + 1].mean(dim=1, keepdim=True)
        return straight_through(scores, threshold)

    def folded(self) -> Tuple[torch.Tensor, torch.Tensor]:
        """Weights [groups][C] and bias [groups] with the standardization folded in."""
        scale = (self.norm.running_var + self.norm.eps).rsqrt()
        return self.fc.weight * scale[:, None], (self.fc.bias - self.norm.running_mean) * scale


class BasicBlock(nn.Module):
    """Two 3x3 convolutions under a position mask, with a group mask between them."""

    def __init__(self, channels_in: int, channels: int, stride: int, keep_spatial: float, keep_channel: float):
        super().__init__()
        self.stride, self.channels = stride, channels
        self.conv1 = nn.Conv2d(channels_in, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.shortcut = None
        if stride != 1 or channels_in != channels:
            self.shortcut = nn.Conv2d(channels_in, channels, 1, stride, bias=False)
            self.bn_shortcut = nn.BatchNorm2d(channels)
        groups = channels // GROUP
        self.keep = max(1, round(keep_channel * groups))
        self.spatial = SpatialUnit(channels_in, keep_spatial) if keep_spatial < 1 else None
        self.channel = ChannelUnit(channels_in, groups, self.keep) if self.keep < groups else None

    def position_masks(self, x: torch.Tensor, control: Control, name: str) -> Tuple[torch.Tensor, torch.Tensor]:
        """Masks at the block's input and output resolution; the latter is the 2x2 maximum of the former at stride 2."""
        logits = self.spatial(x)
        if control.trace is not None:
            control.trace[f"{name}.positions"] = logits > 0
        if control.noise > 0:
            logits = logits + control.noise * logistic_noise(logits)
        zero = logits.new_zeros(1)
        mask_in = straight_through(logits, zero)
        if self.stride == 1:
            return mask_in, mask_in
        # the maximum of the logits is kept iff any of them is, and its gradient goes to the likeliest position
        return mask_in, straight_through(F.max_pool2d(logits, self.stride), zero)

    def forward(self, x: torch.Tensor, pooled: torch.Tensor, control: Control, name: str):
        """x [N][C][H][W] and the previous block's pooled output [N][C] to this block's output and its pooled output."""
        identity = x if self.shortcut is None else self.bn_shortcut(self.shortcut(x))
        mask_in = mask_out = gates = None
        inner = x
        if self.spatial is not None:
            mask_in, mask_out = self.position_masks(x, control, name)
            control.kept_in.append(mask_in.mean(dim=(1, 2, 3)))
            control.kept_out.append(mask_out.mean(dim=(1, 2, 3)))
            pool_mask = mask_out.detach()
            mask_in, mask_out = (soften(m, control.openness) for m in (mask_in, mask_out))
            inner = x * mask_in.detach()
        inner = F.relu(self.bn1(self.conv1(inner)))
        if self.channel is not None:
            hard = self.channel(pooled, control)
            control.groups.append(hard)
            if control.trace is not None:
                control.trace[f"{name}.groups"] = hard > 0.5
            gates = soften(hard, control.openness).repeat_interleave(GROUP, dim=1)[:, :, None, None]
            inner = inner * gates
        if mask_out is not None:
            inner = inner * mask_out.detach()
        residual = self.bn2(self.conv2(inner))
        if mask_out is not None:
            residual = residual * mask_out
        out = F.relu(identity + residual)
        if control.trace is not None:
            control.trace.update({f"{name}.conv1": inner, f"{name}.out": out, f"{name}.shortcut": identity})
        if self.spatial is None:
            return out, out.detach().mean(dim=(2, 3))
        kept = pool_mask.sum(dim=(2, 3))
        return out, (out.detach() * pool_mask).sum(dim=(2, 3)) / kept.clamp(min=1)


def soften(mask: torch.Tensor, openness: float) -> torch.Tensor:
    """The mask, mixed with the all-ones mask while a dense network is being turned into a pruned one."""
    return mask if openness == 0 else openness + (1 - openness) * mask


class Network(nn.Module):
    """Stem, stages of basic blocks, global average pool, classifier."""

    def __init__(self, shape: Shape = Shape()):
        super().__init__()
        width = shape.widths[0]
        self.shape = shape
        self.stem = nn.Conv2d(1, width, 3, 1, 1, bias=False)
        self.bn_stem = nn.BatchNorm2d(width)
        blocks = []
        stages = shape.stages()
        for index, (stage, keep) in enumerate(zip(stages, shape.keep_spatial)):
            first = index > 0 and stages[index - 1] != stage
            blocks.append(BasicBlock(width, shape.widths[stage], 2 if first else 1, keep, shape.keep_channel))
            width = shape.widths[stage]
        self.blocks = nn.ModuleList(blocks)
        self.head = nn.Linear(width, CLASSES)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, images: torch.Tensor, control: Control) -> torch.Tensor:
        """images [N][1][H][W] to logits [N][classes]; `control` receives the masks."""
        x = F.relu(self.bn_stem(self.stem(images)))
        if control.trace is not None:
            control.trace["stem.out"] = x
        pooled = x.mean(dim=(2, 3))
        for index, block in enumerate(self.blocks):
            x, pooled = block(x, pooled, control, f"b{index + 1}")
        return self.head(x.mean(dim=(2, 3)))

    def gate_parameters(self) -> List[nn.Parameter]:
        """Parameters of the mask units: these get no weight decay."""
        return [p for b in self.blocks for unit in (b.spatial, b.channel) if unit is not None for p in unit.parameters()]
