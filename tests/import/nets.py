"""Small networks of the families that the importer reads, as frameworks define them: the names and shapes of their tensors, and what they
compute. Written for the tests; the weights are random.
"""
import contextlib
import functools
import importlib.util
import io
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
IMPORT = os.path.join(ROOT, "models", "import")
DPACS = os.environ.get("DPACS", os.path.join(ROOT, "build", "dpacs"))
sys.path[:0] = [IMPORT, os.path.join(ROOT, "models", "train")]
sys.dont_write_bytecode = True

try:
    import torch
    from torch import nn
    from torch.nn import functional as F
except ImportError as error:
    raise unittest.SkipTest("python3-torch is not installed") from error

torch.set_num_threads(1)


class Basic(nn.Module):
    expansion = 1

    def __init__(self, width, mid, stride, word, option_a):
        super().__init__()
        self.stride, self.word, self.option_a = stride, word, option_a
        self.conv1, self.bn1 = nn.Conv2d(width, mid, 3, stride, 1, bias=False), nn.BatchNorm2d(mid)
        self.conv2, self.bn2 = nn.Conv2d(mid, mid, 3, 1, 1, bias=False), nn.BatchNorm2d(mid)
        self.pad = (mid - width) // 2
        if (stride != 1 or width != mid) and not option_a:
            setattr(self, word, nn.Sequential(nn.Conv2d(width, mid, 1, stride, bias=False), nn.BatchNorm2d(mid)))

    def shortcut_of(self, x):
        if hasattr(self, self.word):
            return getattr(self, self.word)(x)
        if self.stride == 1 and self.pad == 0:
            return x
        return F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.pad, self.pad), "constant", 0)

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(y)) + self.shortcut_of(x))


class Bottleneck(nn.Module):
    expansion = 4

    def __init__(self, width, mid, stride, word, option_a):
        super().__init__()
        self.word = word
        self.conv1, self.bn1 = nn.Conv2d(width, mid, 1, bias=False), nn.BatchNorm2d(mid)
        self.conv2, self.bn2 = nn.Conv2d(mid, mid, 3, stride, 1, bias=False), nn.BatchNorm2d(mid)
        self.conv3, self.bn3 = nn.Conv2d(mid, 4 * mid, 1, bias=False), nn.BatchNorm2d(4 * mid)
        if stride != 1 or width != 4 * mid:
            setattr(self, word, nn.Sequential(nn.Conv2d(width, 4 * mid, 1, stride, bias=False), nn.BatchNorm2d(4 * mid)))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        identity = getattr(self, self.word)(x) if hasattr(self, self.word) else x
        return F.relu(self.bn3(self.conv3(y)) + identity)


class ResNet(nn.Module):
    """large: 7x7 stem of stride 2 and max-pool, as torchvision; else 3x3, as for CIFAR."""

    def __init__(self, block, counts, base, classes=10, large=False, head="fc", word="downsample", option_a=False):
        super().__init__()
        self.large, self.head = large, head
        self.conv1 = nn.Conv2d(3, base, 7, 2, 3, bias=False) if large else nn.Conv2d(3, base, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(base)
        self.stages = len(counts)
        width = base
        for stage, count in enumerate(counts):
            blocks, mid = [], base << stage
            for index in range(count):
                blocks.append(block(width, mid, 2 if stage and not index else 1, word, option_a))
                width = mid * block.expansion
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
        setattr(self, head, nn.Linear(width, classes))

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        if self.large:
            x = F.max_pool2d(x, 3, 2, 1)
        for stage in range(self.stages):
            x = getattr(self, f"layer{stage + 1}")(x)
        return getattr(self, self.head)(torch.flatten(F.adaptive_avg_pool2d(x, 1), 1))


def randomize(net, seed=1):
    """Weights, and statistics of BatchNorm, with channels that are negative, that are off, and that never varied."""
    generator = torch.Generator().manual_seed(seed)
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d) and module.affine:
            count = module.num_features
            module.running_mean.copy_(0.3 * torch.randn(count, generator=generator))
            module.running_var.copy_(0.5 + torch.rand(count, generator=generator))
            module.weight.data.copy_(0.6 + 0.6 * torch.rand(count, generator=generator))
            module.bias.data.copy_(0.2 * torch.randn(count, generator=generator))
            module.weight.data[0], module.weight.data[1] = -0.7, 0.0
            module.running_var[2], module.running_mean[2], module.weight.data[2] = 0.0, 0.0, 1e-3
        elif isinstance(module, nn.Conv2d):
            fan = module.weight[0].numel()
            module.weight.data.copy_(torch.randn(module.weight.shape, generator=generator) * (2.0 / fan) ** 0.5)
        elif isinstance(module, nn.Linear):
            module.weight.data.copy_(torch.randn(module.weight.shape, generator=generator) * module.in_features ** -0.5)
    return net.eval()


def cifar(option_a=True, counts=(1, 1, 1), base=8, **more):
    return randomize(ResNet(Basic, counts, base, head="linear", word="shortcut", option_a=option_a, **more))


def dpacs_state(kind="block", block=Bottleneck, counts=(2, 2), base=16, group=8, seed=3):
    """A state_dict of the DPACS authors' form: every block has a predictor, and a mask unit by the mode."""
    net = randomize(ResNet(block, counts, base), seed)
    state = dict(net.state_dict())
    generator = torch.Generator().manual_seed(seed)
    width = base
    for stage, count in enumerate(counts, 1):
        mid = base << (stage - 1)
        for index in range(count):
            name = f"layer{stage}.{index}"
            state[f"{name}.saliency.channel_saliency_predictor.weight"] = torch.randn(mid // group, width, generator=generator)
            state[f"{name}.saliency.channel_saliency_predictor.bias"] = torch.ones(mid // group)
            if kind == "block" or index == 0:
                state[f"{name}.masker.maskconv.conv.weight"] = torch.randn(1, width, 1, 1, generator=generator)
                state[f"{name}.masker.maskconv.conv.bias"] = torch.tensor([0.1])
            width = mid * block.expansion
    return state


@functools.lru_cache(None)
def script_module(script):
    spec = importlib.util.spec_from_file_location(script.replace(".py", "_script"), os.path.join(IMPORT, script))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Box(unittest.TestCase):
    """A directory of its own, and the programs."""

    def setUp(self):
        self.box = tempfile.mkdtemp(prefix="dpacs-import-")
        self.addCleanup(shutil.rmtree, self.box, True)

    def path(self, name):
        return os.path.join(self.box, name)

    def save(self, content, name="net.pth"):
        torch.save(content, self.path(name))
        return self.path(name)

    def run_import(self, *arguments, code=0, script="import.py"):
        """The script's main, in this process: PyTorch takes seconds to start."""
        output, errors = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
            found = script_module(script).main([str(argument) for argument in arguments])
        self.assertEqual(found, code, output.getvalue() + errors.getvalue())
        return subprocess.CompletedProcess(arguments, found, output.getvalue(), errors.getvalue())

    def refused(self, *arguments, script="import.py"):
        """One line, exit 2, and nothing is written. Returns the line."""
        before = sorted(os.listdir(self.box))
        result = self.run_import(*arguments, code=2, script=script)
        self.assertEqual(len(result.stderr.strip().splitlines()), 1, result.stderr)
        self.assertEqual(sorted(os.listdir(self.box)), before)
        return result.stderr.strip()

    def dpacs(self, *arguments, code=0):
        if not os.path.exists(DPACS):
            self.skipTest(f"{DPACS} is not built")
        result = subprocess.run([DPACS, *map(str, arguments)], capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        return result
