"""What quantization did to a network, layer by layer: as text, and as a page of HTML that needs nothing beside it."""
import html
from typing import List, Optional, Tuple

from pipeline import Result
from recipe import Recipe

LOW_DB, APART = 25.0, 4.0
STYLE = """body{font:15px/1.5 system-ui,sans-serif;margin:1rem auto;max-width:64rem;padding:0 1rem;color:#1d1d1f;background:#fff}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}.scroll{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:.2rem .6rem;text-align:right;border-bottom:1px solid #d8d8dc;white-space:nowrap}th:first-child,td:first-child{text-align:left}
.low{background:#ffe3cf}li{margin:.2rem 0}@media(prefers-color-scheme:dark){body{background:#1b1b1d;color:#eee}th,td{border-color:#444}
.low{background:#5a3418}}"""
Row = List[str]


def percent(part: float, whole: float, digits: int = 2) -> str:
    return f"{100 * part / whole:.{digits}f} %" if whole else "-"


def facts(recipe: Recipe, result: Result) -> List[Tuple[str, str]]:
    found, rows = result.comparison, []
    rows.append(("network", f"{recipe.family}, {recipe.height}x{recipe.width}x{recipe.channels}, {recipe.classes} classes"))
    rows.append(("images compared", str(found.images)))
    rows.append(("same class as float", f"{found.same_class} of {found.images} ({percent(found.same_class, found.images)})"))
    if any(masks.positions + masks.groups for masks in found.masks.values()):
        rows.append(("the same with float's masks", f"{found.same_class_forced} ({percent(found.same_class_forced, found.images)})"))
    if found.labelled:
        rows.append(("top-1 float, int8", f"{percent(found.correct_float, found.labelled)}, {percent(found.correct, found.labelled)}"))
    if "logits" in found.layers:
        rows.append(("signal to noise of the logits", f"{found.layers['logits'].forced_db:.1f} dB"))
    name, worst = found.worst()
    rows.append(("layer that loses most", f"{name}, {worst:.1f} dB (by largest value: {result.largest.worst()[1]:.1f} dB in "
                                          f"{result.largest.worst()[0]})"))
    for what, text in (("otherwise", "positions decided as by float"), ("groups_otherwise", "groups decided as by float")):
        if found.share(what) is not None:
            rows.append((text, f"{100 * found.share(what):.2f} % after float's masks, {100 * found.share(what + '_own'):.2f} % after their own"))
    return rows


def held(result: Result, name: str) -> float:
    """The scale of the channel that holds most."""
    return result.choice.scale[name] * float(result.choice.factors[name].max())


def layer_rows(result: Result) -> List[Row]:
    rows = []
    for name, layer in result.comparison.layers.items():
        if name == "logits":
            continue
        other = result.largest.layers[name]
        scale, largest = held(result, name), result.choice.largest[name]
        rows.append([name, f"{layer.alone_db:.1f}", f"{layer.forced_db:.1f}", f"{other.alone_db:.1f}", percent(layer.saturated, layer.values, 3),
                     f"{scale:.4g}", f"{largest:.4g}", f"{largest / scale:.2f}"])
    return rows


LAYER_HEAD = ["layer", "dB alone", "dB so far", "dB, largest value", "saturated", "scale", "by largest value", "ratio"]
MASK_HEAD = ["block", "positions kept", "decided otherwise", "after own masks", "groups otherwise", "after own masks"]


def mask_rows(result: Result) -> List[Row]:
    rows = []
    for name, m in result.comparison.masks.items():
        if not m.positions and not m.groups:
            continue
        rows.append([name, percent(m.kept, m.positions, 1), percent(m.otherwise, m.positions), percent(m.otherwise_own, m.positions),
                     percent(m.groups_otherwise, m.groups), percent(m.groups_otherwise_own, m.groups)])
    return rows


def remarks(recipe: Recipe, result: Result) -> List[str]:
    """What a reader should look at."""
    lines = list(recipe.notes)
    for name, layer in result.comparison.layers.items():
        if name != "logits" and layer.alone_db < LOW_DB:
            lines.append(f"{name}: {layer.alone_db:.1f} dB, below {LOW_DB:.0f}: calibration images do not cover it, or its channels differ much")
        if name != "logits" and result.choice.largest[name] > APART * held(result, name):
            lines.append(f"{name}: its largest value is {result.choice.largest[name] / held(result, name):.1f} times what int8 holds: outliers "
                         "saturate")
    for name, m in result.comparison.masks.items():
        if m.positions and not 0.05 <= m.kept / m.positions <= 0.95:
            lines.append(f"{name}: its mask keeps {percent(m.kept, m.positions, 1)}: hardly alive")
    return lines


def table(head: Row, rows: List[Row]) -> str:
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    return "\n".join("  ".join(cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths))).rstrip()
                     for row in [head, *rows])


def as_text(title: str, recipe: Recipe, result: Result, short: bool = False) -> str:
    rows = facts(recipe, result)
    width = max(len(name) for name, _ in rows)
    parts = [title, "\n".join(f"{name.ljust(width)}  {value}" for name, value in rows)]
    if not short:
        parts.append(table(LAYER_HEAD, layer_rows(result)))
        masks = mask_rows(result)
        if masks:
            parts.append(table(MASK_HEAD, masks))
    lines = remarks(recipe, result)
    if lines:
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def html_table(head: Row, rows: List[Row], low: Optional[int] = None) -> str:
    def cells(row: Row, tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in row) + "</tr>"
    body = "".join(cells(row, "td").replace("<tr>", '<tr class="low">' if low is not None and float(row[low]) < LOW_DB else "<tr>")
                   for row in rows)
    return f'<div class="scroll"><table>{cells(head, "th")}{body}</table></div>'


def as_html(title: str, recipe: Recipe, result: Result) -> str:
    parts = [f"<h1>{html.escape(title)}</h1>", html_table(["", ""], [list(row) for row in facts(recipe, result)]), "<h2>Layers</h2>",
             "<p>alone: the layer gets the float network's input, rounded to int8. so far: layers follow each other, with the float "
             "network's masks.</p>", html_table(LAYER_HEAD, layer_rows(result), low=1)]
    masks = mask_rows(result)
    if masks:
        parts += ["<h2>Masks</h2>", html_table(MASK_HEAD, masks)]
    lines = remarks(recipe, result)
    if lines:
        parts += ["<h2>Remarks</h2><ul>", *(f"<li>{html.escape(line)}</li>" for line in lines), "</ul>"]
    return ('<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
            f"<title>{html.escape(title)}</title><style>{STYLE}</style>{''.join(parts)}</html>\n")
