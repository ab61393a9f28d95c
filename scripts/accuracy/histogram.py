"""How many images take how many cycles: cycles-per-image.svg and .csv. Needs matplotlib."""
import math

import matplotlib
import plots

BINS = 60


def bin_width(low, high):
    """1, 2 or 5 times a power of ten: at most BINS of them span the values."""
    width = max(1, (high - low) / BINS)
    power = 10 ** math.floor(math.log10(width))
    return int(next(step * power for step in (1, 2, 5, 10) if step * power >= width))


def count(cycles):
    """(width, first cycle of each bin -> images)"""
    width = bin_width(min(cycles), max(cycles))
    bins = {}
    for value in cycles:
        bins[value // width * width] = bins.get(value // width * width, 0) + 1
    return width, bins


def draw(runs, directory):
    """`runs`: network, build, cycles of every image. Networks on the same build share an axis of cycles."""
    matplotlib.rcParams.update(plots.STYLE)
    builds = list(dict.fromkeys(build for _, build, _ in runs))
    figure, axes = plots.plt.subplots(len(builds), 1, figsize=(8, 2.6 * len(builds)), squeeze=False)
    rows = []
    for build, axis in zip(builds, axes[:, 0]):
        of_build = [(network, cycles) for network, other, cycles in runs if other == build]
        for color, (network, cycles) in zip(plots.NET_COLORS, of_build):
            width, bins = count(cycles)
            mean = sum(cycles) / len(cycles)
            # Where all images take the same, the bar would be too thin to see.
            shown = width if len(bins) > 1 else max(width, max(max(c) for _, c in of_build) / 200)
            axis.bar(list(bins), [100 * n / len(cycles) for n in bins.values()], shown, align="edge", color=color,
                     label=f"{network}: {min(cycles):,} to {max(cycles):,}, mean {mean:,.0f}")
            rows += [[network, build, start, width, bins[start]] for start in sorted(bins)]
        axis.set_title(f"{build}: cycles of an image, {len(of_build[0][1]):,} images", loc="left")
        axis.set(xlabel="cycles", ylabel="percent of the images", yscale="log")
        axis.legend(frameon=False)
    plots.save(figure, directory, "cycles-per-image", ["network", "build", "cycles_from", "width", "images"], rows,
               "scripts/accuracy/histogram.py")
