"""The way from a recipe to a container: observe, choose scales, quantize, hold against the float network, choose again, set the biases of mask
units, and say what came out.
"""
import os
import tempfile
from dataclasses import dataclass
from typing import Dict, Optional

import torch

import calibrate
import calibrate_scales
import compare
import container
import image_set
import int_reference
import quantize
from equalize import equalize
from float_run import FloatNet
from recipe import Recipe

POLISH_ROUNDS, GOOD_DB = 4, 27.0
NET_BATCH = {True: 4, False: 100}   # images at once, by whether they are large


@dataclass
class Result:
    network: Dict
    tensors: Dict
    choice: calibrate_scales.Choice
    comparison: compare.Comparison
    largest: compare.Comparison     # the same with scales by largest value


def batch_of(recipe: Recipe) -> int:
    return NET_BATCH[recipe.height > 64]


class Pipeline:
    def __init__(self, recipe: Recipe, name: str):
        self.recipe, self.name = recipe, name
        self.net = FloatNet(recipe)
        self.input_scale = image_set.input_scale(recipe.pixels)
        self.batch = batch_of(recipe)

    def draft(self, choice: calibrate_scales.Choice) -> tuple:
        """Network, tensors and the unit of the logits."""
        return quantize.quantize(equalize(self.recipe, choice.factors), choice.scale, self.input_scale, self.name)

    def load(self, network: Dict, tensors: Dict) -> int_reference.Model:
        """Through a file, so that what is measured is what a reader finds."""
        with tempfile.TemporaryDirectory() as scratch:
            path = os.path.join(scratch, "draft.dpm")
            container.write(path, network, tensors)
            return int_reference.load(path)

    def comparer(self, choice: calibrate_scales.Choice, network: Dict, tensors: Dict, unit: float) -> compare.Comparer:
        return compare.Comparer(self.recipe, self.net, self.load(network, tensors), choice, unit, self.input_scale)

    def run(self, calibration: image_set.Images, test: image_set.Images) -> Result:
        samples = calibrate_scales.observe(self.net, calibration, self.recipe, self.batch)
        chooser = calibrate_scales.Chooser(self.recipe, samples)
        few = calibration.part(64 if self.batch > 4 else 2)
        best: Optional[tuple] = None
        for _ in range(POLISH_ROUNDS):
            choice = chooser.choose()
            draft = self.draft(choice)
            found = self.comparer(choice, *draft).run(few, self.batch)
            worst = found.worst()[1]
            if best is None or worst > best[0]:
                best = (worst, choice, draft)
            if worst > GOOD_DB:
                break
            lost = {name: layer.alone / max(layer.signal, 1e-30) for name, layer in found.layers.items() if name != "logits"}
            chooser.learn(lost, compare.layer_inputs(self.recipe))
        _, choice, (network, tensors, unit) = best
        if compare.total_masks(self.recipe):
            tensors.update(self.mask_biases(choice, network, tensors, unit, calibration.part(200)))
        final = self.comparer(choice, network, tensors, unit).run(test, self.batch)
        plain = calibrate_scales.Choice(choice.largest, {k: torch.ones_like(v) for k, v in choice.factors.items()}, choice.largest)
        largest = self.comparer(plain, *self.draft(plain)).run(test.part(max(2, len(test.pixels) // 4)), self.batch)
        return Result(network, tensors, choice, final, largest)

    @torch.no_grad()
    def mask_biases(self, choice: calibrate_scales.Choice, network: Dict, tensors: Dict, unit: float, images: image_set.Images) -> Dict:
        """Biases of the mask units where the integers decide most like the float network, whose masks the blocks before are given."""
        model = self.load(network, tensors)
        sums: Dict[str, list] = {}
        wanted: Dict[str, list] = {}

        class Listener(compare.ForcedRunner):
            def position_sums(self, name, x):
                value = super().position_sums(name, x)
                sums.setdefault(f"{name}.in", []).append(value[:, 0])
                return value

            def group_scores(self, layer, previous, kept):
                value = super().group_scores(layer, previous, kept)
                count = kept.sum(dim=(2, 3)).clamp(min=1)
                bias = self.tensors[f"{layer['name']}.channel.bias"]
                sums.setdefault(f"{layer['name']}.groups", []).append(value / count - bias)
                return value

        for start, end in image_set.batches(len(images.pixels), self.batch):
            part = images.pixels[start:end]
            self.net.run(image_set.normalized(part, self.recipe.pixels, self.input_scale))
            Listener(model, self.net.masks).run(image_set.quantized(part, network).to(torch.int64))
            for name, mask in self.net.masks.items():
                wanted.setdefault(name, []).append(mask > 0)
        result = {}
        for layer in network["layers"]:
            name = layer["name"]
            if f"{name}.in" in sums:
                threshold = calibrate.best_threshold(torch.cat(sums[f"{name}.in"]), torch.cat(wanted[f"{name}.in"]))
                result[f"{name}.spatial.bias"] = (model.tensors[f"{name}.spatial.bias"] - threshold).to(torch.int32).numpy()
            if f"{name}.groups" in sums:
                bias = model.tensors[f"{name}.channel.bias"].double()
                best = calibrate.best_group_bias(torch.cat(sums[f"{name}.groups"]), bias, layer["keep"], torch.cat(wanted[f"{name}.groups"]))
                result[f"{name}.channel.bias"] = best.to(torch.int32).numpy()
        return result
