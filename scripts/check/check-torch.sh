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

inputs=4
for net in resnet20 resnet32b; do
    for keep in 1 0.5; do
        build/dpacs gen $net --keep-spatial $keep --keep-channel $keep -o "$out/net.dpm" >/dev/null
        /usr/bin/python3 -c "import sys, numpy as np
np.save(sys.argv[1], np.random.default_rng(1).integers(-128, 128, ($inputs, 32, 32, 3), dtype=np.int8))" "$out/inputs.npy"
        build/dpacs ref "$out/net.dpm" --images "$out/inputs.npy" --logits "$out/golden.npy" >/dev/null
        /usr/bin/python3 models/train/int_reference.py "$out/net.dpm" --input "$out/inputs.npy" --images $inputs \
            --logits "$out/torch.npy" >/dev/null
        same "$net, keep $keep" $inputs
    done
done
