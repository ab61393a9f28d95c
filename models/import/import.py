#!/usr/bin/python3
"""Turn a trained ResNet into a model container: import.py CHECKPOINT -o net.dpm --images DIR

CHECKPOINT is a state_dict of PyTorch (.pth, .pt, .th), .safetensors, or .onnx as torch.onnx writes it, of torchvision's and timm's
ResNet-18/34/50/101, of CIFAR ResNets, of the DPACS authors' code, or of models/train. What the accelerator cannot express is refused by name.
docs/import.md says how layers are mapped and quantized. Exit codes: 0 written, 2 refused (nothing is written).
"""
import argparse
import hashlib
import os
import re
import resource
import sys
import time
from typing import Any, Dict, List, Optional

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "train")]

import torch  # noqa: E402

import checkpoint  # noqa: E402
import container  # noqa: E402
import families  # noqa: E402
import image_set  # noqa: E402
import pipeline  # noqa: E402
import recipe as recipes  # noqa: E402
import report  # noqa: E402
from recipe import ImportRefused, Pixels, Recipe, require  # noqa: E402

CALIBRATION = {False: 1000, True: 16}   # images, by whether they are large
COMPARED = {False: 500, True: 4}


def parse(arguments: Optional[List[str]]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint")
    parser.add_argument("-o", "--output", required=True, help="the container to write (.dpm)")
    parser.add_argument("--images", help="images to calibrate with: a directory with CIFAR-10 or idx files (their training part), or a .npy "
                                         "of pixels (N, H, W, C); noise without it")
    parser.add_argument("--test", help="images to compare float and int8 on (the test part of --images)")
    parser.add_argument("--count", type=int, help="images to calibrate with (1000; 16 large ones)")
    parser.add_argument("--compare", type=int, help="images to compare on (500; 4 large ones; 0: all)")
    parser.add_argument("--report", metavar="DIR", help="write report.txt and report.html there")
    parser.add_argument("--name", help="name of the network (the output's)")
    parser.add_argument("--size", type=int, help="height and width of the images (32; 224 with a stem of stride 2)")
    parser.add_argument("--stem", choices=["3x3/1", "3x3/2+pool", "7x7/2+pool"], help="where the file leaves it open")
    parser.add_argument("--padding", choices=["torch", "same"], default="torch",
                        help="of 3x3 convolutions of stride 2: same is TensorFlow's (torch)")
    meaning = parser.add_argument_group("what the input means (written into the container)")
    meaning.add_argument("--mean", type=float, nargs="+", help="of (pixel/255 - mean)/std, one for each channel")
    meaning.add_argument("--std", type=float, nargs="+")
    meaning.add_argument("--dataset", help="cifar10, fashion-mnist, imagenet, or any name")
    meaning.add_argument("--class-names", metavar="FILE", help="a name a line")
    dpacs = parser.add_argument_group("networks of the DPACS code, as they were trained")
    dpacs.add_argument("--channel-stages", nargs="+", help="stages whose channels are pruned, counted from 0, or none")
    dpacs.add_argument("--channel-budget", type=float)
    dpacs.add_argument("--pooling", choices=["ave", "max"])
    dpacs.add_argument("--input-mask", action="store_true")
    dpacs.add_argument("--before-residual", action="store_true", help=argparse.SUPPRESS)
    dpacs.add_argument("--full-feature", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def options_of(args: argparse.Namespace) -> families.Options:
    require(not args.before_residual, "--before-residual: saliency from the residual alone; the accelerator pools the block's output")
    require(not args.full_feature, "--full-feature: saliency from all positions; the accelerator pools the kept ones")
    stages = None
    if args.channel_stages is not None:
        none = args.channel_stages == ["none"]
        require(none or all(stage.isdigit() for stage in args.channel_stages),
                f"--channel-stages {' '.join(args.channel_stages)}: expected whole numbers, or none")
        stages = [] if none else [int(stage) for stage in args.channel_stages]
        if none:
            args.channel_budget = 0.5 if args.channel_budget is None else args.channel_budget
            args.pooling = args.pooling or "ave"
    return families.Options(stages, args.channel_budget, args.pooling, args.input_mask, args.padding == "same", args.stem, args.size)


def read(path: str, options: families.Options) -> Recipe:
    if path.endswith(".onnx"):
        import onnx_reader
        return onnx_reader.read(path, options)
    tensors, beside = checkpoint.load(path)
    checkpoint.check_finite(tensors, path)
    return families.read(tensors, beside, options)


def set_meaning(recipe: Recipe, args: argparse.Namespace) -> None:
    """What the options say about images and classes, checked."""
    require((args.mean is None) == (args.std is None), "--mean and --std belong together")
    if args.mean is not None:
        for name, values in (("--mean", args.mean), ("--std", args.std)):
            require(len(values) == recipe.channels, f"{name}: {len(values)} values, the images have {recipe.channels} channels")
        require(all(0 < value < 1e6 for value in args.std), "--std: expected values above 0")
        require(all(abs(value) < 1e6 for value in args.mean), "--mean: expected finite values")
        recipe.pixels = Pixels(args.mean, args.std)
    elif recipe.pixels.shift is None:
        require(len(recipe.pixels.mean) == recipe.channels, f"images of {recipe.channels} channels: give --mean and --std")
        recipe.notes.append("pixels are taken as (pixel/255 - mean)/std with mean " + " ".join(f"{v:g}" for v in recipe.pixels.mean) + " and std "
                            + " ".join(f"{v:g}" for v in recipe.pixels.std) + " (--mean, --std)")
    if args.dataset:
        require(re.fullmatch(r"[\x20-\x7e]{1,63}", args.dataset) is not None, "--dataset: expected 1 to 63 printable characters")
        recipe.dataset = args.dataset
    elif recipe.dataset:
        recipe.notes.append(f"data set: {recipe.dataset}, by the number of classes and the size of images (--dataset)")
    recipe.class_names = image_set.known_names(recipe.dataset) if len(image_set.known_names(recipe.dataset)) == recipe.classes else []
    if args.class_names:
        try:
            with open(args.class_names, encoding="utf-8") as file:
                recipe.class_names = [line.strip() for line in file if line.strip()]
        except (OSError, ValueError) as error:
            raise ImportRefused(f"{args.class_names}: {error}") from error
        require(len(recipe.class_names) == recipe.classes,
                f"{args.class_names}: {len(recipe.class_names)} names, the network has {recipe.classes} classes")


def provenance(args: argparse.Namespace, recipe: Recipe, result: pipeline.Result, seconds: float) -> Dict[str, Any]:
    """`info` of the container: where it comes from and what was measured."""
    with open(args.checkpoint, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    found = result.comparison
    info = {"source": os.path.basename(args.checkpoint), "sha256": digest, "family": recipe.family, "notes": recipe.notes,
            "calibration": args.calibration_source, "compared": found.images, "same_class": found.same_class,
            "worst_layer_db": round(found.worst()[1], 2), "seconds": round(seconds, 1)}
    if found.labelled:
        info.update(float_top1=round(100 * found.correct_float / found.labelled, 2), int8_top1=round(100 * found.correct / found.labelled, 2))
    return info


def images_of(args: argparse.Namespace, recipe: Recipe) -> tuple:
    """Calibration images and those to compare on."""
    large = recipe.height > 64
    count = args.count if args.count is not None else CALIBRATION[large]
    compared = args.compare if args.compare is not None else COMPARED[large]
    require(count > 0 and compared >= 0, "--count and --compare: expected numbers of images")
    if args.images:
        images = image_set.open_images(args.images, recipe, "train")
    else:
        images = image_set.noise(recipe, min(count, CALIBRATION[large]))
        recipe.notes.append("no --images: calibrated with noise, so the scales fit noise only; give images of the data set")
    test = image_set.open_images(args.test or args.images, recipe, "test") if args.test or args.images else images
    args.calibration_source = f"{min(count, len(images.pixels))} images of {os.path.basename(images.source)}"
    return images.part(count), test.part(compared or len(test.pixels))


def run(args: argparse.Namespace) -> None:
    began = time.time()
    name = args.name or re.sub(r"\.dpm$", "", os.path.basename(args.output))
    require(re.fullmatch(r"[\x20-\x7e]{1,63}", name) is not None, f"--name: expected 1 to 63 printable characters, not \"{name[:80]}\"")
    require(os.path.isdir(os.path.dirname(args.output) or "."), f"{args.output}: there is no such directory")
    recipe = read(args.checkpoint, options_of(args))
    recipes.check(recipe)
    set_meaning(recipe, args)
    calibration, test = images_of(args, recipe)
    result = pipeline.Pipeline(recipe, name).run(calibration, test)
    result.network["info"] = provenance(args, recipe, result, time.time() - began)
    title = f"{name}: {os.path.basename(args.checkpoint)} in int8"
    if args.report:
        os.makedirs(args.report, exist_ok=True)
        for file, text in (("report.txt", report.as_text(title, recipe, result)), ("report.html", report.as_html(title, recipe, result))):
            with open(os.path.join(args.report, file), "w", encoding="utf-8") as out:
                out.write(text)
    container.write(args.output, result.network, result.tensors)
    print(report.as_text(title, recipe, result, short=True))
    print(f"{args.output}: written in {time.time() - began:.0f} s, {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.1f} GB")


def main(arguments: Optional[List[str]] = None) -> int:
    args = parse(arguments)
    torch.set_num_threads(1)    # two threads of PyTorch 1.13 hang on a loaded machine
    try:
        run(args)
    except ImportRefused as error:
        print(f"import: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"import: {error.filename or ''}: {error.strerror}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
