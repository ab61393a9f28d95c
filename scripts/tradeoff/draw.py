"""Figures of scripts/tradeoff: fronts of accuracy against cost, and how many cycles images take. Needs matplotlib."""
import histogram
import plots

COSTS = [("cycles_whole_serial", "cycles an image, serial-small"), ("cycles_whole_parallel", "cycles an image, parallel-small"),
         ("macs", "MACs an image"), ("bytes", "bytes moved an image")]
LOOKS = {"dense": (plots.LIMIT, "s"), "smaller dense": (plots.PUBLISHED, "o"), "dynamic": (plots.OURS, "D")}


def panel(axis, groups, front, cost):
    """Means as large marks, seeds as small ones; the front of the dense networks and that of all. Returns rows of numbers."""
    points = [(g.mean(cost), g.mean("top1"), g) for g in groups]
    fronts = [([p for p in points if p[2].kind != "dynamic"], plots.PUBLISHED, "--"), (points, plots.OURS, "-")]
    for of_these, color, style in fronts:
        line = front(of_these)
        axis.plot([p[0] for p in line], [p[1] for p in line], style, color=color, linewidth=1, zorder=1)
    stands = {p[2].name for p in front(points)}
    for x, y, g in points:
        color, mark = LOOKS[g.kind]
        axis.plot(x, y, mark, color=color, markersize=6)
        axis.plot([n.row[cost] for n in g.seeds], [n.row["top1"] for n in g.seeds], mark, color=color, markersize=2.5, alpha=0.6)
        axis.annotate(g.name, (x, y), (4, -9), textcoords="offset points", fontsize=6)
    axis.set_xscale("log")
    return [[g.data, cost, g.name, g.kind, plots.number(x), plots.number(y), int(g.name in stands)] for x, y, g in points]


def pareto(groups, front, directory):
    plots.matplotlib.rcParams.update(plots.STYLE)
    data = list(dict.fromkeys(g.data for g in groups))
    figure, axes = plots.plt.subplots(2 * len(data), 2, figsize=(12, 8 * len(data)), squeeze=False)
    rows = []
    for index, name in enumerate(data):
        for at, (cost, what) in enumerate(COSTS):
            axis = axes[2 * index + at // 2, at % 2]
            rows += panel(axis, [g for g in groups if g.data == name], front, cost)
            axis.set_title(f"{name}: top-1 against {what}", loc="left")
            axis.set(xlabel=what, ylabel="top-1, percent")
    handles = [plots.plt.Line2D([], [], color=color, marker=mark, linestyle="") for color, mark in LOOKS.values()]
    handles += [plots.plt.Line2D([], [], color=plots.PUBLISHED, linestyle="--"), plots.plt.Line2D([], [], color=plots.OURS)]
    axes[0, 0].legend(handles, [*LOOKS, "front without the dynamic ones", "front of all"], frameon=False, loc="lower right")
    plots.save(figure, directory, "pareto", ["data", "cost", "group", "kind", "value", "top1", "on_front"], rows, "scripts/tradeoff/draw.py")


def distribution(networks, directory):
    """Of the dynamic networks, a seed each: the others take the same cycles for every image, but for the few that wait for the host."""
    first = {n.group: n for n in reversed(networks) if n.kind == "dynamic"}
    runs = [(n.name, f"{arch}-small", n.cycles[arch]) for arch in ("serial", "parallel") for n in reversed(list(first.values()))]
    if runs:
        histogram.draw(runs, directory)
