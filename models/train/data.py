"""Fashion-MNIST as preloaded uint8 tensors, with vectorized augmentation.

The accelerator sees `pixel >> 1` (0..127); training sees the same integers divided by 127, so nothing is lost between
the two but the scale.
"""
import gzip
import os
import struct
from typing import Iterator, Tuple

import numpy as np
import torch

INPUT_SCALE = 1.0 / 127.0
FILES = {"train": ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"),
         "test": ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz")}


def read_idx(path: str) -> np.ndarray:
    """An idx file (plain or gzip) of unsigned bytes."""
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rb") as f:
        raw = f.read()
    zero, dtype, rank = struct.unpack_from(">HBB", raw)
    if zero != 0 or dtype != 8:
        raise ValueError(f"{path}: not an idx file of unsigned bytes")
    shape = struct.unpack_from(f">{rank}I", raw, 4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * rank).reshape(shape)


def load(directory: str, split: str, limit: int = 0) -> Tuple[torch.Tensor, torch.Tensor]:
    """Images uint8 [N][28][28], already shifted to 0..127, and labels int64 [N]; with `limit` > 0 the first of them."""
    images, labels = (read_idx(os.path.join(directory, name)) for name in FILES[split])
    if len(images) != len(labels):
        raise ValueError(f"{directory}: {len(images)} images but {len(labels)} labels")
    count = limit or len(images)
    return torch.from_numpy(images[:count] >> 1), torch.from_numpy(labels[:count].astype(np.int64))


def to_float(images: torch.Tensor) -> torch.Tensor:
    """uint8 [N][H][W] in 0..127 to float [N][1][H][W] in 0..1."""
    return images.unsqueeze(1).float().mul_(INPUT_SCALE)


def augmented_batches(images: torch.Tensor, batch: int, generator: torch.Generator,
                      crop: int = 2, limit: int = 0) -> Iterator[Tuple[torch.Tensor, torch.Tensor]]:
    """One shuffled epoch of horizontally flipped, shifted (up to `crop` pixels) images, with their indices.

    `limit` > 0 makes it an epoch of that many images, chosen at random.
    The last partial batch is dropped.
    """
    count, height, width = images.shape
    padded = torch.nn.functional.pad(images, (crop,) * 4)
    order = torch.randperm(count, generator=generator)
    count = min(count, limit or count)
    rows, columns = torch.arange(height), torch.arange(width)
    for start in range(0, count - batch + 1, batch):
        index = order[start:start + batch]
        dy, dx = torch.randint(0, 2 * crop + 1, (2, batch, 1), generator=generator)
        flip = torch.rand(batch, 1, generator=generator) < 0.5
        x = torch.where(flip, columns.flip(0), columns) + dx
        y = rows + dy
        yield to_float(padded[index[:, None, None], y[:, :, None], x[:, None, :]]), index
