#!/bin/sh
# Compares the logits of the golden reference with those of the integer run in PyTorch: generated networks on random inputs. (The trained
# ones on test images: models/train/check_golden.py.)
set -eu
out=build/torch
rm -rf "$out" && mkdir -p "$out"

same() { # NAME COUNT: the two files of logits
    /usr/bin/python3 - "$1" "$2" "$out/golden.npy" "$out/torch.npy" <<'PYTHON'
import sys
import numpy as np
golden, torch = (np.load(path).astype(np.int64) for path in sys.argv[3:5])
wrong = -1 if golden.shape != torch.shape else int((golden != torch).sum())
print(f"{sys.argv[1]:<28} {golden.shape[0]} images, {golden.size} logits, {'different shapes' if wrong < 0 else f'{wrong} differ'}")
sys.exit(wrong != 0 or golden.shape[0] != int(sys.argv[2]))
PYTHON
}

# Runs $out/net.dpm both ways on COUNT random inputs of its size: NAME COUNT
both() {
    /usr/bin/python3 - "$out/net.dpm" "$out/inputs.npy" "$2" <<'PYTHON'
import json, struct, sys
import numpy as np
raw = open(sys.argv[1], "rb").read()
size = json.loads(raw[32:32 + struct.unpack_from("<Q", raw, 24)[0]])["network"]["input"]
# 0 to 127: what pixels and ReLU give, and what every network takes
np.save(sys.argv[2], np.random.default_rng(1).integers(0, 128, (int(sys.argv[3]), size["height"], size["width"], size["channels"]), dtype=np.int8))
PYTHON
    build/dpacs ref "$out/net.dpm" --images "$out/inputs.npy" --logits "$out/golden.npy" >/dev/null
    /usr/bin/python3 models/train/int_reference.py "$out/net.dpm" --input "$out/inputs.npy" --images "$2" --logits "$out/torch.npy" >/dev/null
    same "$1" "$2"
}

for net in resnet20 resnet32b; do
    for keep in 1 0.5; do
        build/dpacs gen $net --keep-spatial $keep --keep-channel $keep -o "$out/net.dpm" >/dev/null
        both "$net, keep $keep" 4
    done
done
build/dpacs gen resnet8 --padding same --keep-spatial 0.5 --mask clustered -o "$out/net.dpm" >/dev/null
both "resnet8, padding same" 4
build/dpacs gen resnet20 --resolution-mask --keep-spatial 0.5 --keep-channel 0.5 --padding same -o "$out/net.dpm" >/dev/null
both "resnet20, resolution mask" 4
build/dpacs gen resnet18 --keep-spatial 0.5 --keep-channel 0.5 -o "$out/net.dpm" >/dev/null
both "resnet18: 7x7, max-pool" 1
# Random networks: stems with and without max-pool, masks given, computed, reused, pooled by mean and maximum, both paddings.
for flavour in random random:computed random:shared random:masks; do
    seed=0 compared=0
    while [ $compared -lt 8 ]; do
        seed=$((seed + 1))
        build/dpacs gen $flavour --seed $seed -o "$out/net.dpm" >/dev/null
        build/dpacs info "$out/net.dpm" | grep -q '^head ' || continue # without logits
        compared=$((compared + 1))
        both "$flavour, seed $seed" 3
    done
done
