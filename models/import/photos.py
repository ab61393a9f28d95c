#!/usr/bin/python3
"""Turn a folder of photos into images for a network: photos.py DIR -o images.npy

As torchvision does for its networks: the shorter side is resized to --resize (bilinear), then the middle --size x --size pixels are cut out.
Writes uint8 pixels (N, H, W, 3). Where DIR holds a folder for each class, labels are written beside (images.npy: labels.npy; X.npy:
X-labels.npy), classes counted in the order of the folders' names, or as --classes lists them.
"""
import argparse
import os
import sys
from typing import List, Optional, Tuple

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "train")]

import numpy as np  # noqa: E402

ENDINGS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".webp", ".tif", ".tiff")


class PhotosRefused(Exception):
    """One line that says what is wrong with the folder."""


def photos_in(folder: str) -> List[str]:
    return sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.lower().endswith(ENDINGS))


def listed(folder: str, classes: Optional[List[str]]) -> Tuple[List[str], Optional[List[int]]]:
    """Files and labels; labels are None where the folder holds photos itself."""
    if not os.path.isdir(folder):
        raise PhotosRefused(f"{folder}: not a directory")
    direct = photos_in(folder)
    if direct:
        return direct, None
    names = classes or sorted(name for name in os.listdir(folder) if os.path.isdir(os.path.join(folder, name)))
    files: List[str] = []
    labels: List[int] = []
    for label, name in enumerate(names):
        found = photos_in(os.path.join(folder, name)) if os.path.isdir(os.path.join(folder, name)) else []
        files += found
        labels += [label] * len(found)
    if not files:
        raise PhotosRefused(f"{folder}: holds no photos ({', '.join(ENDINGS)}), nor folders with some")
    return files, labels


def prepared(path: str, resize: int, size: int) -> np.ndarray:
    """One photo as uint8 [size][size][3]."""
    from PIL import Image
    try:
        with Image.open(path) as file:
            photo = file.convert("RGB")
    except (OSError, ValueError) as error:
        raise PhotosRefused(f"{path}: not a picture ({error})") from error
    width, height = photo.size
    short, long = min(width, height), max(width, height)
    other = int(resize * long / short)
    wide, high = (resize, other) if width <= height else (other, resize)
    photo = photo.resize((wide, high), Image.BILINEAR)
    left, top = int(round((wide - size) / 2.0)), int(round((high - size) / 2.0))
    return np.asarray(photo.crop((left, top, left + size, top + size)))


def main(arguments: Optional[List[str]] = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("-o", "--output", required=True, help="the .npy to write")
    parser.add_argument("--size", type=int, default=224, help="of the images (224)")
    parser.add_argument("--resize", type=int, help="of the shorter side before the middle is cut out (256 for 224)")
    parser.add_argument("--classes", metavar="FILE", help="a folder's name a line: their order is the label")
    args = parser.parse_args(arguments)
    resize = args.resize or round(args.size * 256 / 224)
    try:
        if not args.output.endswith(".npy"):
            raise PhotosRefused(f"{args.output}: expected a name that ends in .npy")
        if not 0 < args.size <= resize <= 4096:
            raise PhotosRefused(f"--size {args.size} --resize {resize}: expected a size up to the resized side, at most 4096")
        names = None
        if args.classes:
            with open(args.classes, encoding="utf-8") as file:
                names = [line.strip() for line in file if line.strip()]
        files, labels = listed(args.folder, names)
        images = np.stack([prepared(path, resize, args.size) for path in files])
    except PhotosRefused as error:
        print(f"photos: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"photos: {error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    np.save(args.output, images)
    text = "without labels"
    if labels is not None:
        import image_set
        np.save(image_set.labels_beside(args.output), np.array(labels, np.int32))
        text = f"labels in {image_set.labels_beside(args.output)}"
    print(f"{args.output}: {len(images)} images of {args.size}x{args.size}, {text}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
