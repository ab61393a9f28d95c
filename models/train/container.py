"""Writer of model containers (docs/container.md)."""
import json
import os
import struct
import zlib
from typing import Dict

import numpy as np

MAGIC, VERSION, ALIGN, PREAMBLE = b"DPACSDPM", 1, 64, 32
TYPES = {np.dtype(np.int8): "I8", np.dtype(np.uint8): "U8", np.dtype(np.int16): "I16", np.dtype(np.int32): "I32",
         np.dtype(np.int64): "I64"}


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
