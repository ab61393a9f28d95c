"""Which checkpoints are recognized, what comes out of them, and what is refused by name."""
import argparse
import collections
import contextlib
import io
import json
import os
import pickle
import sys
import unittest
import warnings

import nets
from nets import Basic, Bottleneck, Box, ResNet, cifar, dpacs_state, randomize

import torch

import checkpoint
import families
import recipe
from families import Options
from float_run import FloatNet
from recipe import ImportRefused

warnings.filterwarnings("ignore")
STAND_IN = """
import json, torch

def load_file(path, device):
    with open(path, "rb") as file:
        raw = file.read()
    size = int.from_bytes(raw[:8], "little")
    entries = json.loads(raw[8:8 + size])
    types = {"F32": torch.float32, "I64": torch.int64}
    return {name: torch.frombuffer(bytearray(raw[8 + size + e["data_offsets"][0]:8 + size + e["data_offsets"][1]]), dtype=types[e["dtype"]])
            .reshape(e["shape"]) for name, e in entries.items() if name != "__metadata__"}
"""
DPACS_OPTIONS = dict(channel_stages=[1], channel_budget=0.5, pooling="ave")


def read(state, **options):
    result = families.read(dict(state), {}, Options(**options))
    recipe.check(result)
    return result


class Same(unittest.TestCase):
    """The recipe computes what the framework's module does, with BatchNorm in eval mode."""

    def compare(self, net, size, **options):
        found = read(net.state_dict(), **options)
        x = torch.randn(3, 3, size, size, generator=torch.Generator().manual_seed(2))
        with torch.no_grad():
            wanted = net(x)
        self.assertLess(float((FloatNet(found, torch.float64).run(x) - wanted).abs().max()), 1e-4)
        return found

    def test_cifar_option_a(self):
        found = self.compare(cifar(True, (2, 1, 1)), 16)
        self.assertEqual([n.split(":")[0] for n in found.notes], ["layer2.0", "layer3.0"])

    def test_cifar_option_b(self):
        self.assertEqual(self.compare(cifar(False), 15).notes, [])

    def test_torchvision_basic(self):
        found = self.compare(randomize(ResNet(Basic, (1, 1, 1, 1), 8, large=True)), 64)
        self.assertTrue(found.max_pool)
        self.assertEqual((found.height, found.stem.stride), (224, 2))

    def test_torchvision_bottleneck(self):
        self.compare(randomize(ResNet(Bottleneck, (1, 2, 1, 1), 8, large=True)), 64)

    def test_four_stages_without_pool(self):
        net = randomize(ResNet(Basic, (1, 1, 1, 1), 8, head="linear", word="shortcut"))
        self.assertFalse(self.compare(net, 32).max_pool)

    def test_the_depths_of_the_family(self):
        for depth in (20, 32, 44, 56, 110):
            count = (depth - 2) // 6
            self.assertEqual(read(cifar(True, (count,) * 3).state_dict()).family, f"CIFAR ResNet-{depth}")

    def test_imagenet_depths(self):
        for block, counts, depth in ((Basic, (2, 2, 2, 2), 18), (Basic, (3, 4, 6, 3), 34), (Bottleneck, (3, 4, 6, 3), 50),
                                     (Bottleneck, (3, 4, 23, 3), 101)):
            net = ResNet(block, counts, 8, 1000, large=True)
            found = read(net.state_dict())
            self.assertEqual((found.family, found.dataset, found.classes), (f"ResNet-{depth} (torchvision)", "imagenet", 1000))


class Files(Box):
    """Prefixes, nesting, what PyTorch of other ages writes; and files that are no checkpoints."""

    def load(self, content, name="net.pth"):
        return checkpoint.load(self.save(content, name))

    def test_prefixes_and_nesting(self):
        state = cifar().state_dict()
        for nest in ("state_dict", "net", "model"):
            for prefix in ("", "module.", "module.module.", "_orig_mod.", "model."):
                found, beside = self.load({"epoch": 3, nest: {prefix + k: v for k, v in state.items()}})
                self.assertEqual(set(found), set(state), (nest, prefix))
                self.assertEqual(beside["epoch"], 3)

    def test_twice_nested(self):
        state = cifar().state_dict()
        self.assertEqual(set(self.load({"model": {"state_dict": state}})[0]), set(state))

    def test_old_files(self):
        state = collections.OrderedDict((k, v) for k, v in cifar().state_dict().items() if "num_batches" not in k)
        torch.save({"state_dict": state, "best_prec1": 91.7}, self.path("old.th"), _use_new_zipfile_serialization=False)
        found = read(checkpoint.load(self.path("old.th"))[0])
        self.assertEqual(found.family, "CIFAR ResNet-8")

    def test_parameters_and_numbers_are_data(self):
        state = {k: torch.nn.Parameter(v) if v.is_floating_point() else v for k, v in cifar().state_dict().items()}
        optimizer = {"param_groups": [{"lr": 0.1, "params": [0]}], "state": {0: {"momentum_buffer": torch.ones(2)}}}
        self.load({"state_dict": state, "optimizer": optimizer, "args": argparse.Namespace(lr=0.1)})

    def test_half_precision(self):
        read(self.load({k: v.half() if v.is_floating_point() else v for k, v in cifar().state_dict().items()})[0])

    def expect(self, path, words):
        with self.assertRaises(ImportRefused) as caught:
            checkpoint.load(path)
        self.assertIn(words, str(caught.exception))
        self.assertNotIn("\n", str(caught.exception))

    def test_code_is_not_run(self):
        class Evil:
            def __reduce__(self):
                return (open, (nets.os.path.join(EVIL, "ran"), "w"))
        EVIL = self.box
        for name, new in (("zip.pth", True), ("old.pth", False)):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                torch.save({"state_dict": {"a": torch.ones(1)}, "x": Evil()}, self.path(name), _use_new_zipfile_serialization=new)
            nets.os.unlink(self.path("ran")) if nets.os.path.exists(self.path("ran")) else None
            self.expect(self.path(name), "io.open")
            self.assertFalse(nets.os.path.exists(self.path("ran")))

    def test_a_whole_module_is_refused(self):
        torch.save(cifar(), self.path("module.pth"))
        self.expect(self.path("module.pth"), "it holds nets.ResNet, expected tensors")

    def test_not_a_checkpoint(self):
        for name, content in (("text.pth", b"hello, world\n" * 10), ("empty.pth", b""), ("zip.pth", b"PK\x03\x04" + b"\0" * 50),
                              ("pickle.pth", pickle.dumps([1, 2]))):
            with open(self.path(name), "wb") as file:
                file.write(content)
            self.expect(self.path(name), name)
        self.expect(self.path("none.pth"), "there is no such file")
        self.expect(self.box, "not a file")
        self.expect(self.save({"epoch": 1, "lr": 0.1}), "holds no tensors, but epoch, lr")
        self.expect(self.save(torch.ones(3)), "holds a Tensor")

    def test_truncated(self):
        path = self.save(cifar().state_dict())
        with open(path, "rb") as file:
            content = file.read()
        for part in (0.2, 0.9):
            with open(path, "wb") as file:
                file.write(content[:int(len(content) * part)])
            self.expect(path, "not a checkpoint")

    def test_safetensors(self):
        try:
            from safetensors.torch import save_file
        except ImportError:
            with open(self.path("net.safetensors"), "wb") as file:
                file.write(b"\0" * 8)
            self.expect(self.path("net.safetensors"), "needs the Python library safetensors")
            return
        state = {k: v.contiguous() for k, v in cifar().state_dict().items()}
        save_file(state, self.path("net.safetensors"))
        self.same_as(state, self.path("net.safetensors"))

    def same_as(self, state, path):
        found = checkpoint.load(path)[0]
        self.assertEqual(set(found), set(state))
        for name, value in state.items():
            self.assertTrue(torch.equal(found[name], value), name)
        read(found)

    def test_safetensors_by_a_stand_in(self):
        """Where the library is not installed: a reader of the published format (length, JSON, tensors) in its place."""
        os.makedirs(self.path("lib/safetensors"))
        for name, text in (("__init__", ""), ("torch", STAND_IN)):
            with open(self.path(f"lib/safetensors/{name}.py"), "w", encoding="utf-8") as file:
                file.write(text)
        state = {k: v.contiguous() for k, v in cifar().state_dict().items()}
        entries, parts, offset = {"__metadata__": {"format": "pt"}}, [], 0
        for name, value in state.items():
            raw = value.numpy().tobytes()
            entries[name] = {"dtype": {torch.float32: "F32", torch.int64: "I64"}[value.dtype], "shape": list(value.shape),
                             "data_offsets": [offset, offset + len(raw)]}
            parts.append(raw)
            offset += len(raw)
        header = json.dumps(entries).encode()
        with open(self.path("net.safetensors"), "wb") as file:
            file.write(len(header).to_bytes(8, "little") + header + b"".join(parts))
        saved = {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] == "safetensors"}
        sys.path.insert(0, self.path("lib"))
        try:
            self.same_as(state, self.path("net.safetensors"))
            with open(self.path("net.safetensors"), "r+b") as file:
                file.truncate(100)
            self.expect(self.path("net.safetensors"), "not a .safetensors file")
        finally:
            sys.path.remove(self.path("lib"))
            for name in list(sys.modules):
                if name.split(".")[0] == "safetensors":
                    del sys.modules[name]
            sys.modules.update(saved)

    def test_not_finite(self):
        for value, where in ((float("nan"), "linear.weight"), (float("inf"), "layer2.0.bn1.running_mean"), (-float("inf"), "conv1.weight")):
            state = cifar().state_dict()
            state[where].view(-1)[3] = value
            with self.assertRaises(ImportRefused) as caught:
                checkpoint.check_finite(state, "x.pth")
            self.assertIn(f"tensor {where}: element 3 of {state[where].numel()} is {value}", str(caught.exception))


class Refused(unittest.TestCase):
    """What cannot be expressed: which layer, what it has, what the accelerator can do."""

    def refuse(self, state, words, **options):
        with contextlib.redirect_stdout(io.StringIO()), self.assertRaises(ImportRefused) as caught:
            read(state, **options)
        self.assertIn(words, str(caught.exception))

    def test_by_name(self):
        def large():
            return ResNet(Bottleneck, (1, 1, 1, 1), 8, large=True).state_dict()
        grouped = large()
        grouped["layer1.0.conv2.weight"] = torch.ones(8, 4, 3, 3)
        self.refuse(grouped, "layer1.0.conv2: 2 groups of 4 input channels, the accelerator has no grouped convolution")
        deep = {k.replace("conv1.weight", "conv1.0.weight") if k == "conv1.weight" else k: v for k, v in large().items()}
        self.refuse(deep, "conv1.weight is missing: a deep stem")
        average = {k.replace("downsample.0", "downsample.1").replace("downsample.1.", "downsample.1.") if "downsample.0" in k else k: v
                   for k, v in large().items() if "downsample.1" not in k}
        self.refuse(average, "layer1.0.downsample: its first part is no convolution (average pooling, as in ResNet-D)")
        squeezed = large()
        squeezed["layer1.0.se.fc1.weight"] = torch.ones(2, 32)
        self.refuse(squeezed, "tensor layer1.0.se.fc1.weight: not part of a ResNet-14")
        narrow = cifar(base=12, option_a=False).state_dict()
        self.refuse(narrow, "layer1.0.conv1: 12 channels, the accelerator has multiples of 8")
        wide = large()
        wide["conv1.weight"] = torch.ones(8, 3, 5, 5)
        self.refuse(wide, "conv1: a stem of 5x5, the accelerator has 3x3 and 7x7")
        missing = large()
        del missing["layer2.0.bn2.running_var"]
        self.refuse(missing, "tensor layer2.0.bn2.running_var is missing")
        headless = {k: v for k, v in large().items() if not k.startswith("fc")}
        self.refuse(headless, "tensor fc.weight (or linear.weight) is missing")
        shape = large()
        shape["layer2.0.conv1.weight"] = torch.ones(16, 24, 1, 1)
        self.refuse(shape, "layer2.0.conv1: shape [16, 24, 1, 1], a bottleneck block needs [16, 32, 1, 1] here")
        norm = large()
        norm["layer1.0.bn1.bias"] = torch.ones(9)
        self.refuse(norm, "layer1.0.bn1.bias: 9 elements, expected 8")
        rank = large()
        rank["fc.weight"] = torch.ones(10)
        self.refuse(rank, "tensor fc.weight: shape [10], expected 2 dimensions")
        negative = large()
        negative["bn1.running_var"][4] = -1.0
        self.refuse(negative, "bn1.running_var: channel 4 is -1, a variance is not negative")
        holes = {k: v for k, v in large().items() if not k.startswith("layer3")}
        self.refuse(holes, "layer3 is missing, there is a layer4")
        self.refuse({"features.0.weight": torch.ones(8, 3, 3, 3)}, "conv1.weight is missing: not a ResNet of a known family")
        self.refuse({"conv1.weight": torch.ones(8, 3, 3, 3), "fc.weight": torch.ones(2, 2)}, "not a ResNet of a family that is known")

    def test_an_open_stem_is_asked_for(self):
        state = randomize(ResNet(Basic, (1, 1, 1, 1), 8)).state_dict()
        self.refuse(state, "say which with --stem 3x3/1 or --stem 3x3/2+pool")
        self.assertFalse(read(state, stem="3x3/1").max_pool)
        self.assertTrue(read(state, stem="3x3/2+pool").max_pool)
        self.refuse(state, "a 3x3 stem, but --stem 7x7/2+pool", stem="7x7/2+pool")

    def test_dpacs(self):
        state = dpacs_state()
        self.refuse(state, "give --channel-stages, --channel-budget, --pooling as it was trained")
        self.refuse(state, "give --pooling", channel_stages=[1], channel_budget=0.5)
        self.refuse(state, "--pooling max: the DPACS code knows \"ave\"", **{**DPACS_OPTIONS, "pooling": "max"})
        self.refuse(state, "from 1 on the DPACS code multiplies", **{**DPACS_OPTIONS, "channel_budget": 1.0})
        self.refuse(state, "--channel-stages 0: the DPACS code counts from 0", **{**DPACS_OPTIONS, "channel_stages": [0]})
        self.refuse(state, "of 4 groups none stays at --channel-budget 0.1", **{**DPACS_OPTIONS, "channel_budget": 0.1})
        kernel = dict(state)
        kernel["layer1.1.masker.maskconv.conv.weight"] = torch.ones(1, 64, 3, 3)
        self.refuse(kernel, "layer1.1.masker.maskconv.conv: a 3x3 mask kernel", **DPACS_OPTIONS)
        half = {k: v for k, v in dpacs_state(counts=(3, 2)).items() if "layer1.1.masker" not in k}
        self.refuse(half, "neither all (block mask) nor the first of every stage", **DPACS_OPTIONS)
        basic = dpacs_state(block=Basic)
        self.refuse(basic, "layer1.0: a basic block: without --input-mask", **DPACS_OPTIONS)
        remainder = dict(state)
        remainder["layer2.0.saliency.channel_saliency_predictor.weight"] = torch.ones(3, 64)
        remainder["layer2.0.saliency.channel_saliency_predictor.bias"] = torch.ones(3)
        self.refuse(remainder, "3 groups do not divide 32 channels", **DPACS_OPTIONS)
        none = dict(state)
        none["layer2.0.saliency.channel_saliency_predictor.weight"] = torch.ones(0, 64)
        self.refuse(none, "no groups (the group size is larger than the block's 32 channels)", **DPACS_OPTIONS)


class Dpacs(unittest.TestCase):
    def test_modes_and_groups(self):
        found = read(dpacs_state(), **DPACS_OPTIONS)
        self.assertEqual([b.spatial for b in found.blocks], ["unit"] * 4)
        self.assertEqual([b.channel.keep if b.channel else 0 for b in found.blocks], [0, 0, 2, 2])
        self.assertEqual(found.group, 8)
        self.assertTrue(all(b.unit.inclusive for b in found.blocks))
        found = read(dpacs_state("resolution"), **DPACS_OPTIONS)
        self.assertEqual([b.spatial for b in found.blocks], ["unit", "reuse", "unit", "reuse"])
        self.assertIn("resolution mask", found.family)

    def test_predictors_of_unused_stages_are_ignored(self):
        state = dpacs_state()
        state["layer1.0.saliency.channel_saliency_predictor.weight"] = torch.ones(0, 16)
        read(state, **DPACS_OPTIONS)
        self.assertTrue(all(b.channel is None for b in read(state, channel_stages=[], channel_budget=0.5, pooling="ave").blocks))

    def test_rounding_of_the_budget(self):
        for groups, budget, kept in ((4, 0.5, 2), (8, 0.25, 2), (2, 0.25, 0), (3, 0.25, 0), (5, 0.5, 2), (1, 0.25, 1), (10, 0.9, 9), (4, 0.3, 1)):
            self.assertEqual(families.groups_kept(groups, budget), kept, (groups, budget))

    def test_basic_blocks_with_input_mask(self):
        found = read(dpacs_state(block=Basic), input_mask=True, **DPACS_OPTIONS)
        net = FloatNet(found, torch.float64)
        net.maps = {}
        net.run(torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(1)))
        kept = net.masks["b2.in"].mean()
        self.assertTrue(0 < kept < 1)
        self.assertTrue(bool(((net.maps["b2"] - torch.relu(net.maps["b1"]))[(net.masks["b2.in"] == 0).unsqueeze(1).expand_as(net.maps["b2"])] == 0).all()))


if __name__ == "__main__":
    unittest.main()
