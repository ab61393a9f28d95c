"""Images for calibration and accuracy: CIFAR-10 in its binary format, idx files, .npy with labels beside it. Pixels become int8 as the
container says (docs/container.md), by the same arithmetic as the C code.
"""
import glob
import gzip
import os
import struct
from dataclasses import dataclass
from typing import Dict, List, Optional, Tuple

import numpy as np
import torch

import container
from class_names import CIFAR_CLASSES, FASHION_CLASSES
from recipe import Pixels, Recipe, require

CIFAR_RECORD = 3073


@dataclass
class Images:
    """Pixels uint8 [N][H][W][C], or raw int8 that the network takes as it is; labels [N], or none."""
    pixels: np.ndarray
    labels: Optional[np.ndarray]
    source: str

    def part(self, count: int) -> "Images":
        """`count` of them, evenly spread."""
        if count >= len(self.pixels):
            return self
        index = np.linspace(0, len(self.pixels) - 1, count).round().astype(np.int64)
        return Images(self.pixels[index], None if self.labels is None else self.labels[index], self.source)


def labels_beside(path: str) -> str:
    """X.npy has its labels in X-labels.npy; X-images.npy also in X-labels.npy, images.npy in labels.npy."""
    folder, name = os.path.split(path[:-len(".npy")])
    if name.endswith("images"):
        return os.path.join(folder, name[:-len("images")] + "labels.npy")
    return os.path.join(folder, name + "-labels.npy")


def open_images(path: str, recipe: Recipe, split: str) -> Images:
    """The images of `path` for a split ("train" or "test" where a directory holds both), checked against the network."""
    require(os.path.exists(path), f"{path}: there is no such file or directory")
    images = read_directory(path, split) if os.path.isdir(path) else read_npy(path)
    shape = (recipe.height, recipe.width, recipe.channels)
    require(images.pixels.shape[1:] == shape, f"{path}: images of {'x'.join(map(str, images.pixels.shape[1:]))}, the network takes "
                                              f"{'x'.join(map(str, shape))}")
    require(len(images.pixels) > 0, f"{path}: no images")
    if images.labels is not None:
        wrong = np.flatnonzero((images.labels < 0) | (images.labels >= recipe.classes))
        require(len(wrong) == 0, f"{path}: image {wrong[0] if len(wrong) else 0} has label "
                                 f"{images.labels[wrong[0]] if len(wrong) else 0}, the network has {recipe.classes} classes")
    return images


def read_directory(path: str, split: str) -> Images:
    cifar = sorted(glob.glob(os.path.join(path, "data_batch_*.bin"))) if split == "train" else []
    cifar = cifar[:1] or glob.glob(os.path.join(path, "test_batch.bin"))
    if cifar:
        raw = np.fromfile(cifar[0], np.uint8)
        require(len(raw) % CIFAR_RECORD == 0, f"{cifar[0]}: {len(raw)} bytes, expected a multiple of {CIFAR_RECORD}")
        raw = raw.reshape(-1, CIFAR_RECORD)
        return Images(raw[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), raw[:, 0].astype(np.int64), cifar[0])
    stem = "train" if split == "train" else "t10k"
    images = [name for name in (os.path.join(path, f"{stem}-images-idx3-ubyte{end}") for end in ("", ".gz")) if os.path.exists(name)]
    require(bool(images), f"{path}: holds neither data_batch_1.bin, test_batch.bin nor {stem}-images-idx3-ubyte[.gz]")
    labels = images[0].replace("images-idx3", "labels-idx1")
    pixels = read_idx(images[0])[..., None]
    return Images(pixels, read_idx(labels).astype(np.int64) if os.path.exists(labels) else None, images[0])


def read_idx(path: str) -> np.ndarray:
    with (gzip.open if path.endswith(".gz") else open)(path, "rb") as file:
        raw = file.read()
    require(len(raw) >= 4 and raw[:3] == b"\0\0\x08", f"{path}: not an idx file of bytes")
    rank = raw[3]
    shape = struct.unpack_from(f">{rank}I", raw, 4)
    require(len(raw) == 4 + 4 * rank + int(np.prod(shape)), f"{path}: {len(raw)} bytes, its header says {list(shape)}")
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * rank).reshape(shape)


def read_npy(path: str) -> Images:
    require(path.endswith(".npy"), f"{path}: expected a directory or a .npy file")
    try:
        pixels = np.load(path, allow_pickle=False)
    except (ValueError, OSError) as error:
        require(False, f"{path}: not a .npy file ({str(error).splitlines()[0][:100]})")
    require(pixels.dtype in (np.uint8, np.int8) and pixels.ndim == 4, f"{path}: {pixels.dtype} {list(pixels.shape)}, expected uint8 pixels "
                                                                      "(N, H, W, C), or int8")
    beside = labels_beside(path)
    labels = None
    if os.path.exists(beside):
        labels = np.load(beside, allow_pickle=False)
        require(labels.ndim == 1 and labels.dtype.kind in "iu" and len(labels) == len(pixels),
                f"{beside}: {labels.dtype} {list(labels.shape)}, expected {len(pixels)} whole numbers")
        labels = labels.astype(np.int64)
    return Images(pixels, labels, path)


def normalized(images: np.ndarray, pixels: Pixels, scale: float) -> torch.Tensor:
    """What the framework's network sees, float64 [N][C][H][W]. `scale` is the value of one unit of raw int8 images."""
    x = torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2)))
    if images.dtype == np.int8:
        return x.double() * scale
    if pixels.shift is not None:
        return (x >> pixels.shift).double() / 127
    mean, std = (torch.tensor(v, dtype=torch.float64).view(1, -1, 1, 1) for v in (pixels.mean, pixels.std))
    return (x.double() / 255 - mean) / std


def input_scale(pixels: Pixels) -> float:
    """The int8 unit of the input: no pixel saturates."""
    if pixels.shift is not None:
        return 1 / 127
    edges = [abs((edge - mean) / std) for mean, std in zip(pixels.mean, pixels.std) for edge in (0.0, 1.0)]
    return max(edges) / 127


def quantized(images: np.ndarray, network: Dict) -> torch.Tensor:
    """int8 [N][C][H][W]: what the accelerator sees, by the meaning that stands in the container."""
    result = images if images.dtype == np.int8 else container.map_pixels(images, network["input"]["pixels"])
    return torch.from_numpy(np.ascontiguousarray(result.transpose(0, 3, 1, 2)))


def noise(recipe: Recipe, count: int) -> Images:
    """Stands in where no images are given: uniform pixels, the same every time."""
    shape = (count, recipe.height, recipe.width, recipe.channels)
    return Images(np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8), None, "noise")


def known_names(dataset: str) -> List[str]:
    return {"cifar10": CIFAR_CLASSES, "fashion-mnist": FASHION_CLASSES}.get(dataset, [])


def batches(count: int, size: int) -> List[Tuple[int, int]]:
    return [(start, min(count, start + size)) for start in range(0, count, size)]
