"""models/train/int_reference.py, the third implementation: it computes what golden does on networks of all kinds, and refuses what it does not
know.
"""
import collections
import copy
import struct
import unittest
import zlib

from nets import Box

import numpy as np

import int_reference

# Odd and even maps, stems with and without max-pool, both paddings, masks of all modes. (7x7 stems: test_import.py.)
NETS = [("resnet8", "--padding", "same", "--keep-spatial", "0.5"), *(("random", "--seed", seed) for seed in range(40)),
        *((f"random:{kind}", "--seed", seed) for kind in ("shared", "computed", "masks", "bare") for seed in range(4))]


class Reference(Box):
    def make(self, *arguments):
        self.dpacs("gen", *arguments, "-o", self.path("net.dpm"))
        return int_reference.load(self.path("net.dpm"))

    def test_equal_to_golden(self):
        seen = collections.Counter()
        for arguments in NETS:
            model = self.make(*arguments)
            if not model.network["classes"]:
                continue
            for layer in model.network["layers"]:
                seen.update(f"{key} {layer[key]}" for key in ("kernel", "stride", "max_pool", "pool", "spatial", "channel", "padding", "kind")
                            if key in layer)
            shape = [model.network["input"][k] for k in ("height", "width", "channels")]
            np.save(self.path("x.npy"), np.random.default_rng(7).integers(0, 128, (3, *shape), dtype=np.int8))
            self.dpacs("ref", self.path("net.dpm"), "--images", self.path("x.npy"), "--logits", self.path("y.npy"))
            logits = int_reference.run_all(model, int_reference.read_raw(self.path("x.npy"), model.network), 3)[0]
            np.testing.assert_array_equal(np.load(self.path("y.npy")), logits.numpy(), str(arguments))
        for kind in ("kernel 3", "stride 2", "max_pool True", "pool max", "pool avg", "spatial reuse", "spatial unit", "spatial given",
                     "channel unit", "channel given", "padding same", "kind bottleneck", "kind basic"):
            self.assertGreater(seen[kind], 2, kind)

    def test_pixels_as_the_c_code_maps_them(self):
        self.make("resnet8")
        network, tensors = self.parts()
        network["input"]["pixels"] = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "scale": 0.0207}
        self.write(network, tensors)
        model = int_reference.load(self.path("net.dpm"))
        pixels = np.zeros((3, 32, 32, 3), np.uint8)
        pixels.reshape(-1)[:] = np.arange(pixels.size) % 256
        np.save(self.path("x.npy"), pixels)
        raw = int_reference.read_raw(self.path("x.npy"), model.network)
        self.assertTrue(raw.min() < -100 and raw.max() == 127)
        logits = int_reference.run_all(model, raw, 3)[0]
        self.dpacs("ref", self.path("net.dpm"), "--images", self.path("x.npy"), "--logits", self.path("y.npy"))
        np.testing.assert_array_equal(np.load(self.path("y.npy")), logits.numpy())

    def parts(self):
        """Header and tensors of the file, to be written again."""
        with open(self.path("net.dpm"), "rb") as file:
            raw = file.read()
        import json
        size = struct.unpack_from("<Q", raw, 24)[0]
        header = json.loads(raw[32:32 + size])
        return header["network"], (header["tensors"], raw[32 + size:])

    def write(self, network, tensors, version=2):
        import json
        text = json.dumps({"network": network, "tensors": tensors[0]}).encode()
        text += b" " * (-(len(text) + 32) % 64)
        rest = struct.pack("<QQ", 32 + len(text) + len(tensors[1]), len(text)) + text + tensors[1]
        with open(self.path("net.dpm"), "wb") as file:
            file.write(b"DPACSDPM" + struct.pack("<II", version, zlib.crc32(rest)) + rest)

    def test_unknown_fields(self):
        self.make("resnet8", "--padding", "same")
        network, tensors = self.parts()

        def expect(words, change, version=2):
            other = copy.deepcopy(network)
            change(other)
            self.write(other, tensors, version)
            with self.assertRaises(int_reference.ContainerError) as caught:
                int_reference.load(self.path("net.dpm"))
            self.assertIn(words, str(caught.exception))
            self.dpacs("info", self.path("net.dpm"), code=2)

        expect("network: unknown field \"more\"", lambda n: n.update(more=1))
        expect("input: unknown field \"depth\"", lambda n: n["input"].update(depth=1))
        expect("layer b2: unknown field \"dilation\"", lambda n: n["layers"][2].update(dilation=2))
        expect("layer stem: unknown field \"padding\"", lambda n: n["layers"][0].update(padding="same"))
        expect("layer b2: unknown padding \"valid\"", lambda n: n["layers"][2].update(padding="valid"))
        expect("layer b1: unknown kind inverted", lambda n: n["layers"][1].update(kind="inverted"))
        expect("input: unknown field \"pixels\"", lambda n: None, version=1)
        expect("version 3, expected 1 or 2", lambda n: None, version=3)

    def test_version_1_still_loads(self):
        self.make("resnet8")
        network, tensors = self.parts()
        del network["input"]["pixels"]
        self.write(network, tensors, version=1)
        self.assertEqual(int_reference.load(self.path("net.dpm")).network["input"]["pixels"], {"shift": 1})
        self.dpacs("info", self.path("net.dpm"))


if __name__ == "__main__":
    unittest.main()
