"""Writer of model containers (docs/container.md)."""
import json
import os
import struct
import zlib
from typing import Dict

import numpy as np

MAGIC, VERSION, ALIGN, PREAMBLE = b"DPACSDPM", 2, 64, 32
TYPES = {np.dtype(np.int8): "I8", np.dtype(np.uint8): "U8", np.dtype(np.int16): "I16", np.dtype(np.int32): "I32",
         np.dtype(np.int64): "I64"}


def pixel_table(pixels: Dict, channels: int) -> np.ndarray:
    """int8 [channels][256]: what an 8-bit pixel becomes (docs/container.md). The C code makes the same table by the same operations on doubles."""
    values = np.arange(256)
    if "shift" in pixels:
        return np.repeat((values >> pixels["shift"]).astype(np.int8)[None], channels, axis=0)
    rows = [np.floor((values.astype(np.float64) / 255.0 - mean) / std / pixels["scale"] + 0.5)
            for mean, std in zip(pixels["mean"], pixels["std"])]
    return np.clip(np.array(rows), -128, 127).astype(np.int8)


def map_pixels(images: np.ndarray, pixels: Dict) -> np.ndarray:
    """uint8 [N][H][W][C] to int8."""
    table = pixel_table(pixels, images.shape[3])
    return np.stack([table[c][images[..., c]] for c in range(images.shape[3])], axis=3)


def write(path: str, network: Dict, tensors: Dict[str, np.ndarray]) -> None:
    """Preamble, JSON header, tensors (each at a multiple of 64 bytes), all little-endian."""
    entries, parts, offset = {}, [], 0
    for name, tensor in tensors.items():
        gap = -offset % ALIGN
        raw = np.ascontiguousarray(tensor).astype(tensor.dtype.newbyteorder("<")).tobytes()
        parts += [b"\0" * gap, raw]
        offset += gap
        entries[name] = {"dtype": TYPES[tensor.dtype], "shape": list(tensor.shape), "offset": offset}
        offset += len(raw)
    header = json.dumps({"network": network, "tensors": entries}, separators=(",", ":")).encode()
    header += b" " * (-(len(header) + PREAMBLE) % ALIGN)
    data = b"".join(parts)
    checked = struct.pack("<QQ", PREAMBLE + len(header) + len(data), len(header)) + header + data
    with open(path + ".tmp", "wb") as f:
        f.write(MAGIC + struct.pack("<II", VERSION, zlib.crc32(checked)) + checked)
    os.replace(path + ".tmp", path)  # readers see the old file or the new one, never half of it
