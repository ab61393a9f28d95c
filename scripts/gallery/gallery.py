#!/usr/bin/python3
"""What the hardware skipped, as a page: scripts/gallery/gallery.py [MODEL] [--images PATH] [--count N] [-o DIRECTORY] [--figure FILE.png]

Runs the first N images through both variations, every tile compared, and shows some of every class, the easiest and the hardest: the positions
that each block computes laid over the image, the groups that stayed, the cycles of every layer. DIRECTORY/index.html is all of it, pictures
included. --figure draws the easiest and the hardest images into a PNG. Exit codes are those of `dpacs` (docs/usage.md).
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

import jinja2

import pictures

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.join(ROOT, "models", "import"), os.path.join(ROOT, "scripts", "table")]

import class_names  # noqa: E402
import sweep_results as sr  # noqa: E402

ARCHS = ["serial", "parallel"]
DEFAULT_MODEL = "models/fmnist-s50c50.dpm"
PER_CLASS, EXTREMES = 3, 4
# Which data set an image size stands for where nothing is said (docs/usage.md).
NAMES = {(28, 28, 1): class_names.FASHION_CLASSES, (32, 32, 3): class_names.CIFAR_CLASSES}


class Failed(Exception):
    """`dpacs` did not do it. Its exit code, and its message."""

    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


def dpacs(command, arguments, *options):
    """The JSON that it prints."""
    images = ["--images", arguments.images] if arguments.images else []
    done = subprocess.run([arguments.program, command, arguments.model, *images, *options, "--json", "-"], capture_output=True, text=True,
                          check=False)
    if done.returncode:
        raise Failed(done.returncode if done.returncode > 0 else 2, done.stderr.strip() or f"{arguments.program} {command} failed")
    return json.loads(done.stdout)


def read_masks(arguments):
    """What golden keeps, an entry for each image."""
    with tempfile.TemporaryDirectory() as box:
        path = os.path.join(box, "masks.jsonl")
        report = dpacs("ref", arguments, "--count", str(arguments.count), "--masks", path)
        with open(path, encoding="utf-8") as lines:
            return report["model"], [json.loads(line) for line in lines]


def name_of(image, key, arguments):
    """A class in words, where they are known."""
    if image[key] is None:
        return None
    names = None if arguments.images else NAMES.get(tuple(image["shape"]))
    return image[key + "_name"] or (names[image[key]] if names and image[key] < len(names) else f"class {image[key]}")


def choose(images, cycles):
    """The first few of every class, and the easiest and hardest of all by cycles; in the order of the page."""
    order = sorted(range(len(images)), key=lambda i: (cycles["serial"][i], i))
    extremes = min(EXTREMES, len(images) // 2)
    parts = [("Easiest", order[:extremes]), ("Hardest", order[len(order) - extremes:][::-1])] if extremes else []
    by_class = {}
    for index, image in enumerate(images):
        name = image["label_text"] or image["class_text"] or "Images"
        number = image["class"] if image["label"] is None else image["label"]
        by_class.setdefault((-1 if number is None else number, name), []).append(index)
    return parts + [(name, indices[:PER_CLASS]) for (_, name), indices in sorted(by_class.items())]


def share(text):
    return text.count("1") / len(text)


def look_at(image, arguments):
    """What the page says of one image: it runs alone, on both variations."""
    base = pictures.base(image)
    image["picture"] = pictures.data_uri(pictures.plain(image))
    for block in image["blocks"]:
        block["picture"] = pictures.data_uri(pictures.overlay(base, block["positions"]))
        block["kept"] = share("".join(block["positions"]))
    image["runs"] = {}
    for arch in ARCHS:
        result = dpacs("sim", arguments, "--arch", arch, "--first", str(image["image"]), "--count", "1", "--no-baseline")
        image["runs"][arch] = result
    layers = zip(*(image["runs"][arch]["layers"] for arch in ARCHS))
    image["layers"] = [{"name": pair[0]["name"], "cycles": [layer["cycles"] for layer in pair]} for pair in layers]
    image["most"] = [max(1, max(layer["cycles"][i] for layer in image["layers"])) for i in range(len(ARCHS))]


def summary(images, results):
    labelled = [image for image in images if image["label"] is not None]
    right = sum(image["label"] == image["class"] for image in labelled)
    kept = [share("".join(block["positions"])) for image in images for block in image["blocks"]]
    tiles = [(f"{len(images):,}", "images, all on the RTL"), (f"{sum(r['tiles_checked'] for r in results.values()):,}", "tiles compared, all equal")]
    if labelled:
        tiles.append((f"{100 * right / len(labelled):.1f} %", "of them classified correctly"))
    if kept:
        tiles.append((f"{100 * sum(kept) / len(kept):.0f} %", "of the blocks' positions computed"))
    return tiles


def page(model, images, cycles, results, arguments):
    """The page, and the indices of the easiest and the hardest images."""
    parts = choose(images, cycles)
    for index in {index for _, indices in parts for index in indices}:
        look_at(images[index], arguments)
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader([HERE, os.path.join(ROOT, "scripts", "nightly")]), autoescape=True,
                                     trim_blocks=True, lstrip_blocks=True)
    ranges = [(arch, results[arch]["build"], min(cycles[arch]), sum(cycles[arch]) / len(images), max(cycles[arch])) for arch in ARCHS]
    text = environment.get_template("gallery.html").render(model=model, images=images, parts=parts, archs=ARCHS, ranges=ranges,
                                                           tiles=summary(images, results), tint="#%02x%02x%02x" % pictures.TINT)
    return text, [indices for name, indices in parts if name in ("Easiest", "Hardest")]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", nargs="?", default=os.path.join(ROOT, DEFAULT_MODEL), help=f"a container ({DEFAULT_MODEL})")
    parser.add_argument("--images", help="images as dpacs takes them (the network's data set)")
    parser.add_argument("--count", type=int, default=200, metavar="N", help="choose among the first N images (200)")
    parser.add_argument("-o", "--output", default="build/gallery", metavar="DIRECTORY", help="for index.html (build/gallery)")
    parser.add_argument("--figure", metavar="FILE.png", help="draw the easiest and the hardest images into a picture")
    parser.add_argument("--program", default=os.environ.get("DPACS", os.path.join(ROOT, "build", "dpacs")), help="the dpacs program")
    arguments = parser.parse_args()
    model, images = read_masks(arguments)
    for image in images:
        image["label_text"], image["class_text"] = name_of(image, "label", arguments), name_of(image, "class", arguments)
    results = {arch: dpacs("sim", arguments, "--arch", arch, "--count", str(arguments.count), "--no-baseline") for arch in ARCHS}
    cycles = {arch: result["image_cycles"] if len(images) > 1 else [result["cycles"]] for arch, result in results.items()}
    text, extremes = page(model, images, cycles, results, arguments)
    os.makedirs(arguments.output, exist_ok=True)
    path = os.path.join(arguments.output, "index.html")
    sr.write_aside(path, text)
    print(f"{path}: {model}, {sum('runs' in image for image in images)} of {len(images)} images")
    if arguments.figure:
        if len(extremes) < 2:
            raise ValueError("--figure wants two images at least")
        pictures.figure(model, [images[i] for i in extremes[0][:3] + extremes[1][2::-1]], arguments.figure)
        print(arguments.figure)


if __name__ == "__main__":
    try:
        main()
    except Failed as error:
        print(error, file=sys.stderr)
        sys.exit(error.code)
    except (OSError, ValueError) as error:
        print(f"gallery.py: {error}", file=sys.stderr)
        sys.exit(2)
