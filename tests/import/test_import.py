"""import.py from the command line: a container that golden, PyTorch's integers and the RTL compute alike; its report; and refusals that leave
nothing behind.
"""
import json
import os
import unittest

import nets
from nets import Bottleneck, Box, cifar, dpacs_state

import numpy as np
import torch

import int_reference

SIZE, COUNT = 16, 24


class Command(Box):
    def images(self, size=SIZE, count=COUNT, name="images.npy"):
        """Pixels with labels beside them, smooth as photos are."""
        random = np.random.default_rng(5)
        coarse = random.integers(0, 256, (count, size // 4, size // 4, 3))
        pixels = np.clip(coarse.repeat(4, 1).repeat(4, 2) + random.integers(-20, 21, (count, size, size, 3)), 0, 255).astype(np.uint8)
        np.save(self.path(name), pixels)
        np.save(self.path("labels.npy"), random.integers(0, 10, count))
        return self.path(name)

    def check_everywhere(self, container, images, count=4):
        """Golden = PyTorch's integers = RTL, from pixels on."""
        self.dpacs("ref", container, "--images", images, "--count", count, "--logits", self.path("golden.npy"), "--json", self.path("ref.json"))
        model = int_reference.load(container)
        logits = int_reference.run_all(model, int_reference.read_raw(images, model.network)[:count], 4)[0]
        np.testing.assert_array_equal(np.load(self.path("golden.npy")), logits.numpy())
        for arch in ("serial", "parallel"):
            result = json.loads(self.dpacs("sim", container, "--arch", arch, "--images", images, "--count", 2, "--json", "-").stdout)
            self.assertEqual(result["tiles_failed"], 0)
            self.assertGreater(result["tiles_checked"], 100)
        with open(self.path("ref.json"), encoding="utf-8") as file:
            return json.load(file), logits

    def test_a_dense_network(self):
        images, out = self.images(), self.path("net.dpm")
        result = self.run_import(self.save({"state_dict": cifar().state_dict()}), "-o", out, "--images", images, "--size", SIZE,
                                 "--report", self.path("report"), "--dataset", "blocks")
        self.assertIn("same class as float", result.stdout)
        report, logits = self.check_everywhere(out, images, COUNT)
        labels = np.load(self.path("labels.npy"))
        self.assertEqual(report["labelled"], COUNT)
        self.assertEqual(report["correct"], int((logits.argmax(1).numpy() == labels).sum()))
        with open(self.path("report/report.txt"), encoding="utf-8") as file:
            text = file.read()
        with open(self.path("report/report.html"), encoding="utf-8") as file:
            html = file.read()
        for words in ("stem", "b2.conv1", "b2.shortcut", "saturated", "by largest value", "option A"):
            self.assertIn(words, text)
            self.assertIn(words, html)
        network = int_reference.load(out).network
        self.assertEqual(network["dataset"], "blocks")
        self.assertEqual(network["info"]["family"], "CIFAR ResNet-8")
        self.assertGreater(network["info"]["worst_layer_db"], 25)
        self.assertGreaterEqual(network["info"]["same_class"], 0.9 * COUNT)

    def test_from_the_shell(self):
        """As somebody types it: executable, help, and a refusal's exit code."""
        import subprocess
        program = os.path.join(nets.IMPORT, "import.py")
        self.assertIn("CHECKPOINT -o net.dpm", subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout)
        result = subprocess.run([program, self.path("none.pth"), "-o", self.path("x.dpm")], capture_output=True, text=True, check=False)
        self.assertEqual((result.returncode, result.stderr), (2, f"import: {self.path('none.pth')}: there is no such file\n"))

    def test_a_dead_map(self):
        """A convolution whose outputs are 0 for every image, and a whole block: training leaves such."""
        images, out = self.images(), self.path("dead.dpm")
        state = cifar().state_dict()
        for name in ("layer1.0.bn1", "layer3.0.bn1", "layer3.0.bn2"):
            state[f"{name}.weight"].zero_()
            state[f"{name}.bias"].fill_(-0.5)
        self.run_import(self.save(state), "-o", out, "--images", images, "--size", SIZE, "--report", self.path("report"))
        self.check_everywhere(out, images)
        with open(self.path("report/report.txt"), encoding="utf-8") as file:
            self.assertNotIn("nan", file.read())

    def test_a_dead_network(self):
        """No image makes a difference to its logits."""
        images, out = self.images(), self.path("dead.dpm")
        state = cifar().state_dict()
        for name in state:
            if "bn" in name and name.endswith((".weight", ".bias")):
                state[name].zero_()
        self.run_import(self.save(state), "-o", out, "--images", images, "--size", SIZE, "--report", self.path("report"))
        self.check_everywhere(out, images)

    def test_a_large_stem(self):
        """7x7, stride 2, max-pool: golden against PyTorch's integers."""
        images, out = self.images(48, 3), self.path("large.dpm")
        self.run_import(self.save(nets.randomize(nets.ResNet(Bottleneck, (1, 1, 1, 1), 8, large=True)).state_dict()), "-o", out, "--images",
                        images, "--size", 48)
        self.dpacs("ref", out, "--images", images, "--logits", self.path("golden.npy"))
        model = int_reference.load(out)
        self.assertEqual([model.network["layers"][0][k] for k in ("kernel", "stride", "max_pool")], [7, 2, True])
        logits = int_reference.run_all(model, int_reference.read_raw(images, model.network), 3)[0]
        np.testing.assert_array_equal(np.load(self.path("golden.npy")), logits.numpy())

    def test_a_network_with_masks(self):
        for mode in ("block", "resolution"):
            images, out = self.images(), self.path(f"{mode}.dpm")
            self.run_import(self.save(dpacs_state(mode)), "-o", out, "--images", images, "--size", SIZE, "--channel-stages", 1,
                            "--channel-budget", 0.5, "--pooling", "ave", "--report", self.path("report"))
            report, _ = self.check_everywhere(out, images)
            for block in report["blocks"]:
                self.assertTrue(0.02 < block["positions_kept_mean"] < 0.98, block)
            with open(self.path("report/report.txt"), encoding="utf-8") as file:
                self.assertIn("decided otherwise", file.read())

    def test_padding_of_tensorflow(self):
        images, out = self.images(), self.path("same.dpm")
        self.run_import(self.save(cifar(False).state_dict()), "-o", out, "--images", images, "--size", SIZE, "--padding", "same")
        self.assertEqual([layer.get("padding") for layer in int_reference.load(out).network["layers"]], [None, None, "same", "same", None])
        self.check_everywhere(out, images)

    def test_a_checkpoint_of_models_train(self):
        import network
        torch.manual_seed(3)  # of its first weights
        net = nets.randomize(network.Network(network.Shape(keep_spatial=(0.5,) * 6, keep_channel=0.5)))
        for block in net.blocks:
            block.spatial.norm.running_var.fill_(1.0)
        args = {"prune_spatial": 50, "prune_channel": 50}
        out = self.path("own.dpm")
        np.save(self.path("grey.npy"), np.random.default_rng(1).integers(0, 256, (8, 28, 28, 1), dtype=np.uint8))
        self.run_import(self.save({"args": args, "state": net.state_dict(), "history": []}), "-o", out, "--images", self.path("grey.npy"))
        found = int_reference.load(out).network
        self.assertEqual((found["dataset"], found["input"]["pixels"], found["class_names"][0]), ("fashion-mnist", {"shift": 1}, "T-shirt/top"))
        self.assertEqual([layer.get("keep") for layer in found["layers"][1:3]], [1, 1])
        self.check_everywhere(out, self.path("grey.npy"))

    def test_the_same_again(self):
        images, state = self.images(), self.save(cifar().state_dict())
        contents = []
        for name in ("a.dpm", "b.dpm"):
            self.run_import(state, "-o", self.path(name), "--images", images, "--size", SIZE, "--name", "x")
            model = int_reference.load(self.path(name))
            contents.append({k: v.numpy() for k, v in model.tensors.items()})
        for name, value in contents[0].items():
            np.testing.assert_array_equal(value, contents[1][name])

    def test_bad_input(self):
        out = ("-o", self.path("x.dpm"))
        net = self.save(cifar().state_dict())
        with open(self.path("text.pth"), "w", encoding="utf-8") as file:
            file.write("no checkpoint")
        self.assertIn("not a checkpoint", self.refused(self.path("text.pth"), *out))
        self.assertIn("there is no such file", self.refused(self.path("none.pth"), *out))
        self.assertIn("there is no such file or directory", self.refused(net, *out, "--images", self.path("nowhere")))
        images = self.images()
        self.assertIn("images of 16x16x3, the network takes 32x32x3", self.refused(net, *out, "--images", images))
        np.save(self.path("labels.npy"), np.full(COUNT, 10))
        self.assertIn("image 0 has label 10, the network has 10 classes", self.refused(net, *out, "--images", images, "--size", SIZE))
        np.save(self.path("labels.npy"), np.zeros(3, np.int64))
        self.assertIn("expected 24 whole numbers", self.refused(net, *out, "--images", images, "--size", SIZE))
        self.assertIn("--mean and --std belong together", self.refused(net, *out, "--mean", 0, 0, 0))
        self.assertIn("--std: expected values above 0", self.refused(net, *out, "--mean", 0, 0, 0, "--std", 1, 1, 0))
        self.assertIn("2 values, the images have 3 channels", self.refused(net, *out, "--mean", 0, 0, "--std", 1, 1))
        self.assertIn("there is no such directory", self.refused(net, "-o", self.path("no/x.dpm")))
        self.assertIn("accelerator takes at most 256x256", self.refused(net, *out, "--size", 300))
        self.assertIn("--channel-stages x: expected whole numbers", self.refused(net, *out, "--channel-stages", "x"))
        self.assertIn("saliency from the residual alone", self.refused(net, *out, "--before-residual"))
        self.assertIn("saliency from all positions", self.refused(net, *out, "--full-feature"))
        state = cifar().state_dict()
        state["layer3.0.conv2.weight"][0, 0, 0, 0] = float("nan")
        self.assertIn("tensor layer3.0.conv2.weight: element 0 of", self.refused(self.save(state), *out))
        state = cifar().state_dict()
        state["linear.bias"][4] = 1e30
        self.assertIn("head: channel 4 has a bias of", self.refused(self.save(state), *out))
        state = cifar().state_dict()
        state["layer2.0.bn1.bias"][5] = -1e9     # never seen in an activation, since it is negative, but far beyond 47 bits
        self.assertIn("b2.conv1 (layer2.0.conv1): channel 5 has a bias of", self.refused(self.save(state), *out))
        with open(self.path("names"), "w", encoding="utf-8") as file:
            file.write("cat\ndog\n")
        self.assertIn("2 names, the network has 10 classes", self.refused(net, *out, "--class-names", self.path("names")))

    def test_a_network_of_other_data_is_refused(self):
        """The meaning of the input travels: CIFAR-10 is not taken for a network of something else, nor are its labels."""
        images = self.images(32, 2)
        os.mkdir(self.path("cifar"))
        with open(self.path("cifar/test_batch.bin"), "wb") as file:
            file.write(bytes([3]) + bytes(3072))
        for classes, dataset, words in ((100, None, "holds cifar10, but other is a network for cifar100"), (10, "svhn", "is a network for svhn"),
                                        (7, "cifar10", "has labels of 10 classes, but other, a network for cifar10, has 7")):
            arguments = ["--dataset", dataset] if dataset else []
            np.save(self.path("labels.npy"), np.zeros(2, np.int64))
            self.run_import(self.save(cifar(classes=classes).state_dict()), "-o", self.path("other.dpm"), "--images", images, *arguments)
            for command in ("ref", "sim"):
                self.assertIn(words, self.dpacs(command, self.path("other.dpm"), "--images", self.path("cifar"), code=2).stderr)


if __name__ == "__main__":
    unittest.main()
