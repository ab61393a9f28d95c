"""ONNX files as torch.onnx writes them: the same recipe as the state_dict, and refusals by node."""
import unittest
import warnings

from nets import Basic, Bottleneck, Box, ResNet, cifar, randomize

import torch
from torch import nn
from torch.nn import functional as F

try:
    import onnx  # noqa: F401
except ImportError as error:
    raise unittest.SkipTest("python3-onnx is not installed") from error

import families
import onnx_reader
import recipe
from float_run import FloatNet
from recipe import ImportRefused

warnings.filterwarnings("ignore")


class Same(nn.Module):
    """A block's first convolution padded as TensorFlow does: rows and columns behind the last only."""

    def __init__(self):
        super().__init__()
        self.net = cifar(False)
        self.net.layer2[0].conv1.padding = (0, 0)
        self.net.layer3[0].conv1.padding = (0, 0)

    def forward(self, x):
        net = self.net
        x = F.relu(net.bn1(net.conv1(x)))
        for stage in (net.layer1, net.layer2, net.layer3):
            block = stage[0]
            y = F.pad(x, (0, 1, 0, 1)) if block.stride == 2 else x
            y = F.relu(block.bn1(block.conv1(y)))
            x = F.relu(block.bn2(block.conv2(y)) + block.shortcut_of(x))
        return net.linear(torch.flatten(F.avg_pool2d(x, int(x.shape[3])), 1))


class Onnx(Box):
    def export(self, net, size, **more):
        path = self.path("net.onnx")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(net.eval(), torch.zeros(1, 3, size, size), path, input_names=["image"], **more)
        return path

    def compare(self, net, size, **more):
        found = onnx_reader.read(self.export(net, size, **more), families.Options())
        recipe.check(found)
        self.assertEqual((found.height, found.width, found.channels), (size, size, 3))
        x = torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(2))
        with torch.no_grad():
            wanted = net(x)
        self.assertLess(float((FloatNet(found, torch.float64).run(x) - wanted).abs().max()), 1e-3)
        return found

    def test_option_a(self):
        self.compare(cifar(True, (2, 1, 1)), 16)

    def test_option_b(self):
        self.compare(cifar(False), 32)

    def test_bottlenecks_with_a_large_stem(self):
        found = self.compare(randomize(ResNet(Bottleneck, (1, 2, 1, 1), 8, large=True)), 64)
        self.assertEqual([b.stage for b in found.blocks], [1, 2, 2, 3, 4])
        self.assertTrue(found.max_pool)

    def test_basic_blocks_of_another_opset(self):
        self.compare(randomize(ResNet(Basic, (1, 1, 1, 1), 8, large=True)), 64, opset_version=11)

    def test_batch_norm_that_was_not_folded(self):
        self.compare(cifar(False), 16, do_constant_folding=False, training=torch.onnx.TrainingMode.PRESERVE)

    def test_padding_of_tensorflow(self):
        found = self.compare(Same(), 16)
        self.assertEqual([b.convs["conv1"].same for b in found.blocks], [False, True, True])

    def refuse(self, net, words, size=16):
        with self.assertRaises(ImportRefused) as caught:
            recipe.check(onnx_reader.read(self.export(net, size), families.Options()))
        self.assertIn(words, str(caught.exception))

    def test_refusals(self):
        net = cifar(False)
        net.layer1[0].conv1 = nn.Conv2d(8, 8, 3, 1, 1, groups=2)
        self.refuse(net, "2 groups, the accelerator has no grouped convolution")
        net = cifar(False)
        net.layer2[0].conv1 = nn.Conv2d(8, 16, 3, 2, 2, dilation=2)
        self.refuse(net, "dilations [2, 2], expected 1")
        net = cifar(False)
        net.layer2[0].conv1 = nn.Conv2d(8, 16, 5, 2, 2)
        self.refuse(net, "a basic block needs [16, 8, 3, 3] here")
        self.refuse(nn.Sequential(nn.Conv2d(3, 8, 3, 1, 1), nn.Sigmoid(), nn.Flatten(), nn.Linear(8 * 256, 10)), "Sigmoid, expected Relu")
        self.refuse(nn.Sequential(nn.Conv2d(3, 8, 3, 1, 0), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 196, 10)), "pads [0, 0, 0, 0] of a 3x3 kernel")

    def test_not_onnx(self):
        for name, content in (("text.onnx", b"hello world"), ("empty.onnx", b"")):
            with open(self.path(name), "wb") as file:
                file.write(content)
            with self.assertRaises(ImportRefused) as caught:
                onnx_reader.read(self.path(name), families.Options())
            self.assertIn("not an ONNX file", str(caught.exception))


if __name__ == "__main__":
    unittest.main()
