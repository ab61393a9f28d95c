#!/usr/bin/python3
"""Figures of a sweep, each as SVG with its numbers as CSV: scripts/table/plots.py RESULTS.jsonl [-o DIRECTORY]

    speedup-pruning      speedup over the dense baseline in every cell, beside the published one and what the limits predict
    speedup-flops        the same speedups against the share of MACs that is saved
    roofline-ARCH        MACs a cycle against MACs a byte, under the ceilings of build and memory
    layers-NET-BUILD     where the cycles of each layer go: the baseline and the cell 50-50

The same results give the same files, byte for byte.
"""
import argparse
import csv
import io
import math
import sys

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402

import sweep_results as sr  # noqa: E402

OURS, PUBLISHED, LIMIT = "#1f5fa8", "#d9822b", "#8a8a8a"
NET_COLORS = ["#1f5fa8", "#d9822b", "#3a8f5c", "#a8324a", "#6b4fa0", "#8a8a8a"]
# Cycles by cause, as `dpacs sim` counts them, from the bottom up.
CAUSES = [
    ("cycles_busy", "compute", "#1f5fa8"),
    ("cycles_weights", "memory: weights", "#d9822b"),
    ("cycles_inputs", "fill: inputs", "#e8b55e"),
    ("cycles_drain", "fill: drain", "#f2dca8"),
    ("cycles_masks", "idle: masks", "#a8324a"),
    ("cycles_control", "idle: control", "#c9c9c9"),
]
# Where causes are not counted: what the limit says, and what is above it.
PARTS = [("compute", "limit: compute", "#1f5fa8"), ("memory", "limit: memory beyond compute", "#d9822b"), ("rest", "above the limit", "#c9c9c9")]
DETAIL_CELLS = [sr.BASELINE, ("block", "50-50")]
STYLE = {
    "svg.hashsalt": "dpacs",
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e4e4e4",
    "figure.constrained_layout.use": True,
}


def save(figure, directory, name, header, rows, creator="scripts/table/plots.py"):
    """Without rows there is no figure."""
    if rows:
        out, numbers = io.StringIO(), io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": creator})
        writer = csv.writer(numbers, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
        text = "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"
        sr.write_aside(f"{directory}/{name}.svg", text)
        sr.write_aside(f"{directory}/{name}.csv", numbers.getvalue())
        print(f"{directory}/{name}.svg")
    plt.close(figure)


def usable(group, cell):
    """The cell's measurement, if both it and the baseline are bit-exact."""
    measured = group.baseline if cell == sr.BASELINE else group.cells.get(cell)
    if group.baseline is None or group.baseline.failed or measured is None or measured.failed:
        return None
    return measured


def label(cell):
    return cell[1] if cell[0] == "block" else f"{cell[1]}\nres."


def cells_of(group):
    table = [("block", cell) for cell in sr.CELLS] + [("resolution", cell) for cell in sr.RESOLUTION_CELLS]
    return [cell for cell in table if cell in group.cells] + sorted(cell for cell in group.cells if cell not in table)


def legend(axis, handles, names):
    """On the right of the axes."""
    axis.legend(handles, names, loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False)


def number(value):
    return "" if value is None else f"{value:.6g}"


def plot_cells(axis, group, latencies):
    """Bars of one group; returns their numbers."""
    cells, rows = cells_of(group), []
    for at, cell in enumerate(cells):
        measured = usable(group, cell)
        speedup = group.baseline.cycles / measured.cycles if measured else None
        predicted = group.baseline.limit / measured.limit if measured else None
        published = sr.published_speedup(latencies, group.net, group.arch, cell)
        if speedup is not None:
            axis.bar(at - 0.18, speedup, 0.36, color=OURS)
            axis.plot([at - 0.4, at + 0.04], [predicted] * 2, color=LIMIT, linewidth=1.5)
        if published is not None:
            axis.bar(at + 0.2, published, 0.36, color=PUBLISHED)
        rows.append([group.net, group.arch, group.build, group.mask, *cell, number(speedup), number(published), number(predicted)])
    axis.set_xticks(range(len(cells)), [label(cell) for cell in cells], fontsize=7)
    axis.set_title(group.title(), loc="left")
    axis.set_ylabel("speedup")
    axis.grid(axis="x", visible=False)
    return rows


def plot_pruning(groups, latencies, directory):
    """A column for each variation."""
    columns = [part for part in ([g for g in groups if g.arch == arch] for arch in sr.ARCHS) if part]
    height = max(len(part) for part in columns)
    figure, axes = plt.subplots(height, len(columns), figsize=(6.5 * len(columns), 1.9 * height), squeeze=False)
    rows = []
    for column, part in enumerate(columns):
        for row in range(height):
            if row < len(part):
                rows += plot_cells(axes[row, column], part[row], latencies)
            else:
                axes[row, column].set_visible(False)
        axes[len(part) - 1, column].set_xlabel("percent pruned: positions-channel groups (res.: resolution masks)")
    handles = [plt.Rectangle((0, 0), 1, 1, color=OURS), plt.Line2D([], [], color=LIMIT), plt.Rectangle((0, 0), 1, 1, color=PUBLISHED)]
    legend(axes[0, -1], handles, ["ours", "what our limits predict", "published"])
    header = ["net", "arch", "build", "mask", "scope", "cell", "speedup", "published_speedup", "predicted_speedup"]
    save(figure, directory, "speedup-pruning", header, rows)


def saved_share(macs, baseline):
    return 1 - macs / baseline


def plot_flops(groups, latencies, flops, directory):
    figure, axes = plt.subplots(1, len(sr.ARCHS), figsize=(9, 3.6), squeeze=False, sharey=True)
    nets = list(dict.fromkeys(group.net for group in groups))
    color = {net: NET_COLORS[i % len(NET_COLORS)] for i, net in enumerate(nets)}
    rows = []
    for arch, axis in zip(sr.ARCHS, axes[0]):
        for group in (g for g in groups if g.arch == arch):
            for cell in cells_of(group):
                measured = usable(group, cell)
                if not measured:
                    continue
                x, y = saved_share(measured.macs, group.baseline.macs), group.baseline.cycles / measured.cycles
                axis.plot(100 * x, y, "o", markersize=4, color=color[group.net])
                rows.append([group.net, arch, group.build, *cell, "ours", number(x), number(y)])
        for net in nets:
            known = flops.get(net, {})
            for cell in (c for c in known if c != sr.BASELINE):
                speedup = sr.published_speedup(latencies, net, arch, cell)
                if speedup is None:
                    continue
                x = saved_share(known[cell], known[sr.BASELINE])
                axis.plot(100 * x, speedup, "D", markersize=5, markerfacecolor="none", color=color[net])
                rows.append([net, arch, "", *cell, "published", number(x), number(speedup)])
        x = [i / 100 for i in range(95)]
        axis.plot([100 * v for v in x], [1 / (1 - v) for v in x], color=LIMIT, linewidth=1, linestyle=":")
        axis.set_yscale("log")
        axis.set_yticks([1, 2, 4, 8, 16], ["1", "2", "4", "8", "16"])
        axis.yaxis.set_minor_locator(matplotlib.ticker.NullLocator())
        axis.set_title(arch, loc="left")
        axis.set_xlabel("MACs saved, percent")
    axes[0, 0].set_ylabel("speedup over the dense baseline")
    handles = [plt.Line2D([], [], marker="o", linestyle="", markersize=4, color=color[net]) for net in nets]
    handles.append(plt.Line2D([], [], marker="D", linestyle="", markersize=5, markerfacecolor="none", color="black"))
    handles.append(plt.Line2D([], [], linestyle=":", color=LIMIT))
    names = nets + ["published", "as much as is saved"]
    legend(axes[0, -1], handles, names)
    save(figure, directory, "speedup-flops", ["net", "arch", "build", "scope", "cell", "source", "macs_saved", "speedup"], rows)


def ceilings(axis, points, peak, bandwidth):
    low, high = min(x for x, _ in points) / 2, max(x for x, _ in points) * 2
    knee = peak / bandwidth
    x = sorted({low, min(max(knee, low), high), high})
    axis.plot(x, [min(peak, bandwidth * v) for v in x], color="black", linewidth=1)
    axis.annotate(f"{peak} MACs a cycle, {bandwidth} bytes a cycle", (x[-1], peak), (0, 3), textcoords="offset points", ha="right")


def layer_point(layer):
    moved = layer["bytes_weights"] + layer["bytes_other"]
    return (layer["macs"] / moved, layer["macs"] / layer["cycles"]) if moved and layer["cycles"] and layer["macs"] else None


def roofline_rows(group):
    """Whole runs, then layers of the cells that are looked at in detail."""
    for cell in [sr.BASELINE] + cells_of(group):
        measured = usable(group, cell)
        if not measured:
            continue
        yield cell, "run", (measured.macs / measured.bytes, measured.macs / measured.cycles)
        if cell not in DETAIL_CELLS:
            continue
        for layer in measured.results[0]["layers"]:
            if layer_point(layer):
                yield cell, layer["name"], layer_point(layer)


def plot_roofline(groups, arch, directory):
    """One pair of axes for each size of array and memory."""
    machines = {}
    for group in (g for g in groups if g.arch == arch and usable(g, sr.BASELINE)):
        machines.setdefault((group.baseline.results[0]["peak_macs"], group.bandwidth), []).append(group)
    figure, axes = plt.subplots(max(1, len(machines)), 1, figsize=(7, 4 * max(1, len(machines))), squeeze=False)
    rows = []
    for (peak, bandwidth), axis in zip(sorted(machines), axes[:, 0]):
        points = []
        for index, group in enumerate(machines[(peak, bandwidth)]):
            color = NET_COLORS[index % len(NET_COLORS)]
            axis.plot([], [], "o", color=color, label=group.net)
            for cell, what, (x, y) in roofline_rows(group):
                points.append((x, y))
                is_run = what == "run"
                axis.plot(x, y, "o", color=color, markersize=5 if is_run else 1.8, alpha=1 if is_run else 0.5, markeredgewidth=0)
                rows.append([group.net, arch, group.build, bandwidth, *cell, what, number(x), number(y), peak])
        ceilings(axis, points, peak, bandwidth)
        axis.set(xscale="log", yscale="log", xlabel="MACs a byte moved", ylabel="MACs a cycle")
        axis.set_title(f"{arch}: large dots are whole runs, small ones layers of baseline and 50-50", loc="left")
        axis.legend(frameon=False, loc="lower right")
    header = ["net", "arch", "build", "bandwidth", "scope", "cell", "what", "macs_per_byte", "macs_per_cycle", "peak_macs"]
    save(figure, directory, f"roofline-{arch}", header, rows)


def split_layer(layer, peak):
    """Name of part -> cycles."""
    if all(cause in layer for cause, _, _ in CAUSES):
        return {cause: layer[cause] for cause, _, _ in CAUSES}
    compute = min(layer["macs"] / peak, layer["cycles"])
    limit = min(layer["limit_cycles"], layer["cycles"])
    return {"compute": compute, "memory": max(0, limit - compute), "rest": layer["cycles"] - max(limit, compute)}


def plot_layers(group, directory):
    cells = [cell for cell in DETAIL_CELLS if usable(group, cell)]
    figure, axes = plt.subplots(max(1, len(cells)), 1, figsize=(10, 2.6 * max(1, len(cells))), squeeze=False)
    rows, parts = [], PARTS
    for cell, axis in zip(cells, axes[:, 0]):
        result = usable(group, cell).results[0]
        layers, images = result["layers"], result["images"]
        splits = [split_layer(layer, result["peak_macs"]) for layer in layers]
        parts = CAUSES if all(CAUSES[0][0] in split for split in splits) else PARTS
        bottom = [0] * len(layers)
        for name, _, color in parts:
            heights = [split[name] / images for split in splits]
            axis.bar(range(len(layers)), heights, 0.85, bottom, color=color)
            bottom = [b + h for b, h in zip(bottom, heights)]
        for layer, split in zip(layers, splits):
            split_cycles = [number(split.get(name)) for name, _, _ in CAUSES + PARTS]
            rows.append([*cell, layer["name"], number(layer["cycles"]), number(layer["limit_cycles"])] + split_cycles)
        every = max(1, math.ceil(len(layers) / 40))
        axis.set_xticks(range(0, len(layers), every), [layer["name"] for layer in layers[::every]], rotation=90, fontsize=6)
        axis.set_title(f"{group.title()}: {cell[1]}", loc="left")
        axis.set_ylabel("cycles")
        axis.grid(axis="x", visible=False)
        axis.margins(x=0.01)
    handles = [plt.Rectangle((0, 0), 1, 1, color=color) for _, _, color in parts]
    legend(axes[0, 0], handles[::-1], [text for _, text, _ in parts][::-1])
    header = ["scope", "cell", "layer", "cycles", "limit_cycles"] + [name for name, _, _ in CAUSES + PARTS]
    save(figure, directory, f"layers-{file_name(group)}", header, rows)


def file_name(group):
    text = f"{group.net}-{group.build}"
    for value, usual in ((group.schedule, "gang"), (group.bandwidth, 48), (group.mask, "random")):
        text += f"-{value}" if value != usual else ""
    return "".join(letter if letter.isalnum() or letter in "-._" else "_" for letter in text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", help="what `dpacs sweep` wrote")
    parser.add_argument("-o", "--output", default="build/table", metavar="DIRECTORY", help="for the figures (build/table)")
    parser.add_argument("--plan", metavar="FILE", help="what `dpacs sweep --dry-run` printed: only these cases count")
    arguments = parser.parse_args()
    matplotlib.rcParams.update(STYLE)
    latencies, flops = sr.published_latencies(), sr.published_flops()
    groups = sr.read_groups(arguments.results, arguments.plan)
    groups.sort(key=lambda g: (sr.ARCHS.index(g.arch), sr.NETS.index(g.net) if g.net in sr.NETS else len(sr.NETS)))
    if not groups:
        raise sr.BadResults(f"{arguments.results}: no results in it")
    plot_pruning(groups, latencies, arguments.output)
    plot_flops(groups, latencies, flops, arguments.output)
    for arch in sr.ARCHS:
        plot_roofline(groups, arch, arguments.output)
    for group in groups:
        plot_layers(group, arguments.output)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, sr.BadResults) as error:
        print(f"plots.py: {error}", file=sys.stderr)
        sys.exit(2)
