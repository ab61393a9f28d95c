"""From a state_dict to a recipe, by the names and shapes of its tensors: torchvision and timm, CIFAR ResNets with option-A or option-B
shortcuts, the DPACS authors' networks with mask units and channel predictors, and what models/train writes.
"""
import math
import re
from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Tuple

import torch

from recipe import Block, ChannelUnit, Conv, ImportRefused, Pixels, Recipe, SpatialUnit, require

EPSILON = 1e-5                      # of nn.BatchNorm2d, where nothing else is known
POOL_EPSILON = 1e-4                 # what the DPACS code adds to the number of kept positions
IMAGENET = Pixels([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
CIFAR = Pixels([0.4914, 0.4822, 0.4465], [0.2023, 0.1994, 0.2010])
NORM_PARTS = ("weight", "bias", "running_mean", "running_var")
SHORTCUTS = ("downsample", "shortcut")
PREDICTOR, MASKER = "saliency.channel_saliency_predictor", "masker.maskconv.conv"


@dataclass
class Options:
    """What a checkpoint does not hold. None: not given."""
    channel_stages: Optional[List[int]] = None
    channel_budget: Optional[float] = None
    pooling: Optional[str] = None
    input_mask: bool = False
    same_padding: bool = False
    stem: Optional[str] = None      # 3x3/1, 3x3/2+pool, 7x7/2+pool
    size: Optional[int] = None


class Tensors:
    """The state_dict, and which of its tensors have been used."""

    def __init__(self, tensors: Dict[str, torch.Tensor]):
        self.all = tensors
        self.left = {name for name in tensors if not name.endswith("num_batches_tracked")}

    def __contains__(self, name: str) -> bool:
        return name in self.all

    def take(self, name: str, rank: int) -> torch.Tensor:
        require(name in self.all, f"tensor {name} is missing")
        value = self.all[name]
        require(value.ndim == rank, f"tensor {name}: shape {list(value.shape)}, expected {rank} dimension{'s' if rank > 1 else ''}")
        self.left.discard(name)
        return value.detach().double()

    def conv(self, name: str, norm: str, stride: int, same: bool = False) -> Conv:
        """A convolution (with a bias or without) and the BatchNorm after it, in one."""
        weight = self.take(f"{name}.weight", 4)
        bias = self.take(f"{name}.bias", 1) if f"{name}.bias" in self else torch.zeros(len(weight), dtype=torch.float64)
        require(weight.shape[2] == weight.shape[3], f"{name}: a {weight.shape[2]}x{weight.shape[3]} kernel, expected a square one")
        require(len(bias) == len(weight), f"{name}.bias: {len(bias)} elements, expected {len(weight)}")
        scale, shift = self.norm(norm, len(weight))
        same = same and stride == 2 and weight.shape[2] == 3
        return Conv(name, weight * scale[:, None, None, None], bias * scale + shift, stride, same)

    def norm(self, name: str, channels: int) -> Tuple[torch.Tensor, torch.Tensor]:
        """Scale and shift of a BatchNorm by its running statistics."""
        parts = [self.take(f"{name}.{part}", 1) for part in NORM_PARTS]
        for part, value in zip(NORM_PARTS, parts):
            require(len(value) == channels, f"{name}.{part}: {len(value)} elements, expected {channels}")
        gamma, beta, mean, variance = parts
        low = int(variance.argmin())
        require(float(variance[low]) >= 0, f"{name}.running_var: channel {low} is {float(variance[low]):g}, a variance is not negative")
        scale = gamma / (variance + EPSILON).sqrt()
        return scale, beta - mean * scale

    def finish(self, family: str) -> None:
        """Nothing may be left over: what is not understood is not left out."""
        require(not self.left, f"tensor {min(self.left, default='')}: not part of a {family}, and what it does cannot be expressed"
                               f" ({len(self.left)} such tensors)")


def read(tensors: Dict[str, torch.Tensor], beside: Dict[str, Any], options: Options) -> Recipe:
    """The recipe of a checkpoint, or a refusal that says which tensor is why."""
    state = Tensors(tensors)
    if "stem.weight" in state and "bn_stem.weight" in state:
        return read_own(state, beside)
    return read_resnet(state, options)


def stages_of(state: Tensors) -> List[int]:
    """Blocks of each stage: layerS.B.* for S from 1, B from 0."""
    found: Dict[int, set] = {}
    for name in state.all:
        match = re.match(r"layer(\d+)\.(\d+)\.", name)
        if match:
            found.setdefault(int(match[1]), set()).add(int(match[2]))
    require(bool(found), "no tensor layer1.0.conv1.weight: not a ResNet of a family that is known (torchvision, timm, CIFAR, DPACS, "
                         "models/train)")
    for stage in range(1, max(found) + 1):
        require(stage in found, f"layer{stage} is missing, there is a layer{max(found)}")
        count = max(found[stage]) + 1
        missing = sorted(set(range(count)) - found[stage])
        require(not missing, f"layer{stage}.{missing[0] if missing else 0} is missing")
    return [max(found[stage]) + 1 for stage in range(1, max(found) + 1)]


def read_resnet(state: Tensors, options: Options) -> Recipe:
    """Names of torchvision: conv1, bn1, layerS.B.convN, .bnN, .downsample or .shortcut, fc or linear."""
    require("conv1.weight" in state,
            "tensor conv1.weight is missing" + (": a deep stem (conv1.0, ..), the accelerator has one convolution there"
                                                if "conv1.0.weight" in state else ": not a ResNet of a known family"))
    counts = stages_of(state)
    masked = any(MASKER in name or PREDICTOR in name for name in state.all)
    head = next((name for name in ("fc", "linear", "classifier", "head.fc") if f"{name}.weight" in state), None)
    require(head is not None, "tensor fc.weight (or linear.weight) is missing: there is no classifier")
    stem, max_pool = read_stem(state, len(counts), head, masked, options)
    recipe = Recipe(family="", stem=stem, max_pool=max_pool, blocks=[], head_source=head, head_weight=state.take(f"{head}.weight", 2),
                    head_bias=torch.zeros(0), height=0, width=0, pixels=IMAGENET)
    recipe.head_bias = state.take(f"{head}.bias", 1) if f"{head}.bias" in state else torch.zeros(recipe.classes, dtype=torch.float64)
    if masked:
        check_masked_options(options, len(counts))
    width = stem.weight.shape[0]
    for stage, count in enumerate(counts, 1):
        for index in range(count):
            block = read_block(state, recipe, f"layer{stage}.{index}", stage, 2 if stage > 1 and index == 0 else 1, width, options)
            if masked:
                read_masks(state, recipe, block, index, options)
            recipe.blocks.append(block)
            width = block.width_out
    name_family(recipe, counts, masked, options)
    state.finish(recipe.family)
    return recipe


def read_stem(state: Tensors, stages: int, head: str, masked: bool, options: Options) -> Tuple[Conv, bool]:
    """Its stride and the pool after it do not lie in the file: they follow from kernel and number of stages."""
    kernel = state.all["conv1.weight"].shape[-1]
    usual = {7: "7x7/2+pool", 3: "3x3/1"}.get(kernel)
    require(usual is not None, f"conv1: a stem of {kernel}x{kernel}, the accelerator has 3x3 and 7x7")
    if kernel == 3 and stages == 4 and head == "fc":
        usual = "3x3/2+pool" if masked else None    # model_cfg hardware of the DPACS code
    form = options.stem or usual
    require(form is not None, "conv1: a 3x3 stem before four stages is used at stride 1 (CIFAR) and at stride 2 with max-pool: say which "
                              "with --stem 3x3/1 or --stem 3x3/2+pool")
    require(form.startswith(f"{kernel}x{kernel}"), f"conv1: a {kernel}x{kernel} stem, but --stem {form}")
    return state.conv("conv1", "bn1", 2 if "/2" in form else 1), form.endswith("pool")


def read_block(state: Tensors, recipe: Recipe, source: str, stage: int, stride: int, width: int, options: Options) -> Block:
    kind = "bottleneck" if f"{source}.conv3.weight" in state else "basic"
    strided = "conv2" if kind == "bottleneck" else "conv1"
    convs = {}
    for number in range(1, 4 if kind == "bottleneck" else 3):
        name = f"conv{number}"
        convs[name] = state.conv(f"{source}.{name}", f"{source}.bn{number}", stride if name == strided else 1, options.same_padding)
    block = Block(f"b{len(recipe.blocks) + 1}", source, kind, stage, stride, convs)
    for word in SHORTCUTS:
        first = f"{source}.{word}.0"
        if f"{first}.weight" in state:
            block.shortcut = state.conv(first, f"{source}.{word}.1", stride)
            require(block.shortcut.weight.shape[2] == 1, f"{first}: a {block.shortcut.weight.shape[2]}x{block.shortcut.weight.shape[2]} "
                                                         "shortcut, the accelerator has 1x1")
        elif f"{source}.{word}.1.weight" in state:
            require(False, f"{source}.{word}: its first part is no convolution (average pooling, as in ResNet-D), the accelerator has 1x1 "
                           "convolutions there")
    if block.shortcut is None and (stride != 1 or width != block.width_out):
        block.shortcut = option_a(source, width, block.width_out, stride)
        recipe.notes.append(f"{source}: no shortcut in the file: option A is taken, every second position and zero channels on both sides")
    return block


def option_a(source: str, width: int, out: int, stride: int) -> Conv:
    """The shortcut without parameters: positions at the stride, and zero channels before and after."""
    require(out >= width and (out - width) % 2 == 0, f"{source}: {width} channels become {out} without a shortcut: option A pads evenly")
    weight = torch.zeros(out, width, 1, 1, dtype=torch.float64)
    for channel in range(width):
        weight[(out - width) // 2 + channel, channel] = 1
    return Conv(f"{source} (option A)", weight, torch.zeros(out, dtype=torch.float64), stride)


def check_masked_options(options: Options, stages: int) -> None:
    """The DPACS files hold no arguments, and wrong ones load silently: they have to be given."""
    missing = [name for name, value in (("--channel-stages", options.channel_stages), ("--channel-budget", options.channel_budget),
                                        ("--pooling", options.pooling)) if value is None]
    require(not missing, f"a network of the DPACS code, which does not store its arguments: give {', '.join(missing)} as it was trained "
                         "(--channel-stages none where no channels are pruned)")
    require(options.pooling == "ave", f"--pooling {options.pooling}: the DPACS code knows \"ave\"; its \"max\" crashes")
    for stage in options.channel_stages:
        require(1 <= stage < stages, f"--channel-stages {stage}: the DPACS code counts from 0, and has no mask yet to pool by in stage 0: "
                                     f"expected 1 to {stages - 1}")
    if options.channel_stages:
        require(0 < options.channel_budget, f"--channel-budget {options.channel_budget:g}: expected a share of channels that stay, above 0")
        require(options.channel_budget < 1, f"--channel-budget {options.channel_budget:g}: from 1 on the DPACS code multiplies channels by "
                                            "their sigmoids, which the accelerator does not")


def groups_kept(groups: int, budget: float) -> int:
    """As the DPACS code rounds."""
    return 1 if groups == 1 else groups - math.ceil((1 - budget) * groups)


def read_masks(state: Tensors, recipe: Recipe, block: Block, index: int, options: Options) -> None:
    """Mask unit and channel predictor of a block of the DPACS code."""
    masker, predictor = f"{block.source}.{MASKER}", f"{block.source}.{PREDICTOR}"
    if f"{masker}.weight" in state:
        weight = state.take(f"{masker}.weight", 4)
        require(tuple(weight.shape[2:]) == (1, 1), f"{masker}: a {weight.shape[2]}x{weight.shape[3]} mask kernel, the accelerator decides by "
                                                   "the position's own channels (1x1)")
        require(len(weight) == 1, f"{masker}: {len(weight)} outputs, expected 1")
        block.spatial = "unit"
        block.unit = SpatialUnit(masker, weight[0, :, 0, 0], float(state.take(f"{masker}.bias", 1)[0]), inclusive=True)
    else:
        require(index > 0, f"{block.source}: the first block of a stage has no mask unit, in either mode of the DPACS code it has one")
        block.spatial = "reuse"
    if block.kind == "basic":
        require(options.input_mask, f"{block.source}: a basic block: without --input-mask (as it was trained) its conv1 reads pruned positions, "
                                    "which the accelerator reads as 0")
    require(f"{predictor}.weight" in state, f"tensor {predictor}.weight is missing: a network of the DPACS code has one in every block")
    stage = block.stage - 1
    if stage not in options.channel_stages:
        state.left.difference_update({f"{predictor}.weight", f"{predictor}.bias"})
        return
    weight, bias = state.take(f"{predictor}.weight", 2), state.take(f"{predictor}.bias", 1)
    require(len(weight) > 0, f"{predictor}: no groups (the group size is larger than the block's {block.mid} channels), but stage {stage} is "
                             "one of --channel-stages")
    groups, keep = len(weight), groups_kept(len(weight), options.channel_budget)
    require(keep >= 1, f"{predictor}: of {groups} groups none stays at --channel-budget {options.channel_budget:g} as the DPACS code rounds; "
                       "at least one must")
    block.channel = ChannelUnit(predictor, weight, bias, keep, POOL_EPSILON) if groups > 1 else None


def name_family(recipe: Recipe, counts: List[int], masked: bool, options: Options) -> None:
    """Family, image size and pixel mapping: what the code that wrote such files does."""
    large = recipe.stem.stride == 2
    depth = 2 + sum(len(block.convs) for block in recipe.blocks)
    recipe.height = recipe.width = options.size or (224 if large else 32)
    if masked:
        units = sum(block.spatial == "unit" for block in recipe.blocks)
        resolution = units == len(counts) and units < len(recipe.blocks)
        reused = sum(block.spatial == "reuse" for block in recipe.blocks)
        mode = "resolution" if resolution else "block"
        require(resolution or reused == 0, f"{units} of {len(recipe.blocks)} blocks have mask units: neither all (block mask) nor the first "
                                           "of every stage (resolution mask)")
        recipe.family = f"DPACS ResNet-{depth}, {mode} mask"
        recipe.notes.append(f"mask mode: {mode} ({units} of {len(recipe.blocks)} blocks have a mask unit)")
        recipe.notes.append("channel stages " + (", ".join(str(s) for s in options.channel_stages) or "none") +
                            (f", budget {options.channel_budget:g}, pooling {options.pooling}" if options.channel_stages else ""))
    elif large:
        recipe.family = f"ResNet-{depth} (torchvision)"
    else:
        recipe.family = f"CIFAR ResNet-{depth}"
    recipe.pixels = IMAGENET if large or (not masked and recipe.head_source == "linear") else CIFAR
    if recipe.classes in (10, 100) and not large:
        recipe.dataset = f"cifar{recipe.classes}"
    elif recipe.classes == 1000 and large:
        recipe.dataset = "imagenet"


def read_own(state: Tensors, beside: Dict[str, Any]) -> Recipe:
    """A checkpoint of models/train: basic blocks with standardized mask units; images are (pixel >> 1)/127."""
    args = beside.get("args")
    args = vars(args) if hasattr(args, "__dict__") else args
    require(isinstance(args, dict), "a checkpoint of models/train without its args")
    keep_channel = 1 - float(args.get("prune_channel", 0)) / 100
    stem = state.conv("stem", "bn_stem", 1)
    recipe = Recipe("models/train", stem, False, [], "head", state.take("head.weight", 2), state.take("head.bias", 1), 28, 28, Pixels(shift=1),
                    dataset="fashion-mnist")
    width, stage = stem.weight.shape[0], 1
    while f"blocks.{len(recipe.blocks)}.conv1.weight" in state:
        source = f"blocks.{len(recipe.blocks)}"
        # the stride is not stored: a shortcut means a new stage
        stride = 2 if f"{source}.shortcut.weight" in state else 1
        stage += stride - 1
        convs = {"conv1": state.conv(f"{source}.conv1", f"{source}.bn1", stride), "conv2": state.conv(f"{source}.conv2", f"{source}.bn2", 1)}
        block = Block(f"b{len(recipe.blocks) + 1}", source, "basic", stage, stride, convs)
        if stride == 2:
            block.shortcut = state.conv(f"{source}.shortcut", f"{source}.bn_shortcut", 2)
        if f"{source}.spatial.weight" in state:
            scale, mean = standardized(state, f"{source}.spatial.norm")
            offset = float(state.take(f"{source}.spatial.offset", state.all[f"{source}.spatial.offset"].ndim).sum())
            block.spatial = "unit"
            block.unit = SpatialUnit(f"{source}.spatial", state.take(f"{source}.spatial.weight", 1) * scale, offset - float(mean * scale))
        if f"{source}.channel.fc.weight" in state:
            scale, mean = standardized(state, f"{source}.channel.norm")
            weight, bias = state.take(f"{source}.channel.fc.weight", 2), state.take(f"{source}.channel.fc.bias", 1)
            keep = max(1, round(keep_channel * len(weight)))
            block.channel = ChannelUnit(f"{source}.channel", weight * scale[:, None], (bias - mean) * scale, keep)
        recipe.blocks.append(block)
    state.finish("checkpoint of models/train")
    return recipe


def standardized(state: Tensors, name: str) -> Tuple[torch.Tensor, torch.Tensor]:
    """Scale and mean of a BatchNorm without parameters."""
    mean, variance = state.take(f"{name}.running_mean", 1), state.take(f"{name}.running_var", 1)
    require(bool((variance >= 0).all()), f"{name}.running_var: a negative variance")
    return (variance + EPSILON).rsqrt(), mean


__all__ = ["Options", "read", "ImportRefused"]
