"""How many images take how many cycles: cycles-per-image.svg and .csv. Needs matplotlib."""
import math

import matplotlib
import plots

BINS = 160


def bin_width(low, high):
    """1, 2 or 5 times a power of ten: at most BINS of them span the values."""
    width = max(1, (high - low) / BINS)
    power = 10 ** math.floor(math.log10(width))
    return int(next(step * power for step in (1, 2, 5, 10) if step * power >= width))


def count(cycles, width):
    """First cycle of each bin -> images."""
    bins = {}
    for value in cycles:
        bins[value // width * width] = bins.get(value // width * width, 0) + 1
    return bins


def draw(runs, directory):
    """`runs`: network, build, cycles of every image. Networks on the same build share an axis of cycles, and the width of bins."""
    matplotlib.rcParams.update(plots.STYLE)
    builds = list(dict.fromkeys(build for _, build, _ in runs))
    figure, axes = plots.plt.subplots(len(builds), 1, figsize=(10, 2.6 * len(builds)), squeeze=False)
    rows = []
    for build, axis in zip(builds, axes[:, 0]):
        of_build = [(network, cycles) for network, other, cycles in runs if other == build]
        width = bin_width(min(min(c) for _, c in of_build), max(max(c) for _, c in of_build))
        handles, names = [], []
        for index, (network, cycles) in enumerate(of_build):
            color = plots.NET_COLORS[index % len(plots.NET_COLORS)]
            bins = count(cycles, width)
            handles.append(axis.bar(list(bins), [100 * n / len(cycles) for n in bins.values()], width, align="edge", color=color))
            names.append(f"{network}: {min(cycles):,} to {max(cycles):,},\nmean {sum(cycles) / len(cycles):,.0f}")
            rows += [[network, build, start, width, bins[start]] for start in sorted(bins)]
        axis.set_title(f"{build}: cycles of an image, {len(of_build[0][1]):,} images", loc="left")
        axis.set(xlabel=f"cycles, bins of {width:,}", ylabel="percent of the images", yscale="log")
        plots.legend(axis, handles, names)
    plots.save(figure, directory, "cycles-per-image", ["network", "build", "cycles_from", "width", "images"], rows,
               "scripts/accuracy/histogram.py")
