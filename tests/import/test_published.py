"""Checkpoints of others, where they are at hand: NETWORKS_DIR holds the files, CIFAR10_DIR the data set in its binary format."""
import os
import unittest

from nets import Box

import numpy as np
import torch

import checkpoint
import families
import image_set
import recipe
from float_run import FloatNet

NETWORKS, CIFAR10 = os.environ.get("NETWORKS_DIR", ""), os.environ.get("CIFAR10_DIR", "")
DPACS = os.path.join(NETWORKS, "dpacs-cifar-resnet32bn-s50c50.pth")


@unittest.skipUnless(NETWORKS and os.path.exists(DPACS), "NETWORKS_DIR does not hold the authors' network")
@unittest.skipUnless(CIFAR10 and os.path.exists(os.path.join(CIFAR10, "test_batch.bin")), "CIFAR10_DIR does not hold test_batch.bin")
class Published(Box):
    def test_the_dpacs_network_decides_as_its_own_code_did(self):
        """Float rules from the state_dict alone: every mask bit, every group, and the logits, on 64 images."""
        tensors, beside = checkpoint.load(DPACS)
        found = families.read(tensors, beside, families.Options([1, 2], 0.5, "ave"))
        recipe.check(found)
        wanted = np.load(DPACS.replace(".pth", ".npz"))
        pixels = image_set.open_images(CIFAR10, found, "test").pixels[:64]
        net = FloatNet(found)
        logits = net.run(image_set.normalized(pixels, found.pixels, image_set.input_scale(found.pixels)))
        self.assertLess(np.abs(logits.numpy() - wanted["logits"]).max(), 1e-4)
        bits = groups = 0
        for block in found.blocks:
            name = block.source.replace(".", "_")
            for end, form in (("in", "dilate"), ("out", "std")):
                mask = wanted[f"mask_{form}_{name}"]
                np.testing.assert_array_equal(net.masks[f"{block.name}.{end}"].numpy(), mask, name)
                bits += mask.size
            if f"channel_{name}" in wanted:
                np.testing.assert_array_equal(net.masks[f"{block.name}.groups"].numpy(), wanted[f"channel_{name}"], name)
                groups += wanted[f"channel_{name}"].size
        self.assertEqual((bits, groups), (921600, 3840))

    def test_wrong_arguments_are_seen(self):
        """Another budget gives other groups: the test above would notice."""
        tensors, beside = checkpoint.load(DPACS)
        found = families.read(tensors, beside, families.Options([1, 2], 0.25, "ave"))
        self.assertEqual({block.channel.keep for block in found.blocks if block.channel}, {1, 2})


if __name__ == "__main__":
    unittest.main()
