"""A folder of photos becomes images and labels."""
import os
import unittest

from nets import Box

import numpy as np

try:
    from PIL import Image
except ImportError as error:
    raise unittest.SkipTest("python3-pil is not installed") from error


class Photos(Box):
    def photo(self, name, width, height, colour):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        pixels = np.zeros((height, width, 3), np.uint8)
        pixels[:] = colour
        pixels[:, :width // 8] = 255    # a margin that is cut away
        Image.fromarray(pixels).save(self.path(name))

    def test_folders_are_classes(self):
        self.photo("photos/dog/a.png", 96, 64, (10, 20, 30))
        self.photo("photos/cat/b.png", 64, 64, (40, 50, 60))
        self.photo("photos/cat/c.jpg", 200, 64, (90, 90, 90))
        result = self.run_import(self.path("photos"), "-o", self.path("images.npy"), "--size", 32, script="photos.py")
        self.assertIn("3 images of 32x32, labels in", result.stdout)
        images, labels = np.load(self.path("images.npy")), np.load(self.path("labels.npy"))
        self.assertEqual((images.shape, images.dtype), ((3, 32, 32, 3), np.uint8))
        self.assertEqual(labels.tolist(), [0, 0, 1])
        self.assertEqual(images[2, 16, 16].tolist(), [10, 20, 30])
        self.assertEqual(images[2, 16, 0].tolist(), [10, 20, 30])      # the middle of a wide photo, without its margin

    def test_crops_as_torchvision_does(self):
        """Sizes that do not divide: the longer side is cut to whole pixels, the crop begins at the rounded half."""
        pixels = np.random.default_rng(3).integers(0, 256, (75, 101, 3), dtype=np.uint8)
        os.mkdir(self.path("flat"))
        Image.fromarray(pixels).save(self.path("flat/x.png"))
        self.run_import(self.path("flat"), "-o", self.path("x.npy"), "--size", 28, "--resize", 32, script="photos.py")
        resized = np.asarray(Image.fromarray(pixels).resize((int(32 * 101 / 75), 32), Image.BILINEAR))
        np.testing.assert_array_equal(np.load(self.path("x.npy"))[0], resized[2:30, round((43 - 28) / 2):round((43 - 28) / 2) + 28])
        self.assertFalse(os.path.exists(self.path("x-labels.npy")))

    def test_refusals(self):
        os.mkdir(self.path("empty"))
        out = ("-o", self.path("x.npy"))
        self.assertIn("holds no photos", self.refused(self.path("empty"), *out, script="photos.py"))
        self.assertIn("not a directory", self.refused(self.path("none"), *out, script="photos.py"))
        with open(self.path("empty/a.png"), "w", encoding="utf-8") as file:
            file.write("no picture")
        self.assertIn("not a picture", self.refused(self.path("empty"), *out, script="photos.py"))
        self.assertIn("expected a name that ends in .npy", self.refused(self.path("empty"), "-o", self.path("x.bin"), script="photos.py"))
        self.assertIn("expected a size up to", self.refused(self.path("empty"), *out, "--size", 64, "--resize", 32, script="photos.py"))


if __name__ == "__main__":
    unittest.main()
