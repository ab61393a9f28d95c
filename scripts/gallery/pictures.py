"""Pictures of images and masks. What a block computes is tinted, what it skips is dark and grey."""
import base64
import io

from PIL import Image, ImageDraw, ImageFont

TINT = (255, 159, 28)
LARGEST = 112  # pixels on a side: larger images are shown smaller
CELL, GAP, CAPTION, TEXT = 84, 6, 18, 176  # of the figure


def plain(image):
    """The image as the network gets it: from black to white what it can be, from its least to its largest value where it is signed."""
    height, width, channels = image["shape"]
    values = [v - 256 if v > 127 else v for v in bytes.fromhex(image["pixels"])]
    low, high = (0, 127) if min(values) >= 0 else (min(values), max(values))
    scaled = bytes(round(255 * (v - low) / max(1, high - low)) for v in values)
    if channels in (1, 3):
        picture = Image.frombytes("L" if channels == 1 else "RGB", (width, height), scaled)
    else:  # maps of a network without a stem: the mean over the channels
        picture = Image.frombytes("L", (width, height), bytes(sum(scaled[i:i + channels]) // channels for i in range(0, len(scaled), channels)))
    picture.thumbnail((LARGEST, LARGEST))
    return picture


def base(image):
    return plain(image).convert("L")


def overlay(grey, rows):
    """rows: of 0 and 1, at the block's resolution."""
    picture = Image.new("RGB", grey.size)
    pixels, source = picture.load(), grey.load()
    for y in range(grey.height):
        row = rows[y * len(rows) // grey.height]
        for x in range(grey.width):
            value = source[x, y]
            kept = row[x * len(row) // grey.width] == "1"
            pixels[x, y] = tuple((value + t) // 2 for t in TINT) if kept else (value // 2,) * 3
    return picture


def data_uri(picture):
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode("ascii")


def font(size):
    try:
        return ImageFont.truetype("DejaVuSans.ttf", size)
    except OSError:
        return ImageFont.load_default()


def figure(model, images, path):
    """A row for each image: itself, what its blocks compute, what it takes."""
    names = ["image"] + [block["name"] for block in images[0]["blocks"]]
    size = (TEXT + len(names) * (CELL + GAP), CAPTION + GAP + len(images) * (CELL + CAPTION + GAP))
    canvas = Image.new("RGB", size, "white")
    draw, small, large = ImageDraw.Draw(canvas), font(11), font(13)
    for column, name in enumerate(names):
        draw.text((TEXT + column * (CELL + GAP), 2), name if column else "", fill="#5b6675", font=small)
    draw.text((GAP, 2), model, fill="#5b6675", font=small)
    for row, image in enumerate(images):
        y = CAPTION + GAP + row * (CELL + CAPTION + GAP)
        right = image["label"] is None or image["label"] == image["class"]
        lines = [(image["label_text"] or "", "#1c2430"), (f"found: {image['class_text']}", "#2e7d4f" if right else "#c0392b")]
        lines += [(f"{image['runs'][arch]['cycles']:,} cycles {arch}", "#1c2430") for arch in image["runs"]]
        for i, (text, color) in enumerate(lines):
            draw.text((GAP, y + 2 + i * 18), text, fill=color, font=large)
        grey = base(image)
        cells = [plain(image).convert("RGB")] + [overlay(grey, block["positions"]) for block in image["blocks"]]
        for column, cell in enumerate(cells):
            x = TEXT + column * (CELL + GAP)
            canvas.paste(cell.resize((CELL, CELL), Image.NEAREST), (x, y))
            if column:
                block = image["blocks"][column - 1]
                draw.text((x, y + CELL + 1), f"{100 * block['kept']:.0f} %", fill="#5b6675", font=small)
                groups(draw, x + CELL, y + CELL + 4, block["groups"])
    canvas.quantize(128).save(path, "PNG", optimize=True)


def groups(draw, right, y, kept):
    """Squares that end at `right`: filled for groups that stay. None where there is only one, or where there are too many to see."""
    if not 1 < len(kept) <= 8:
        return
    for i, bit in enumerate(kept):
        x = right - (len(kept) - i) * 6
        draw.rectangle((x, y, x + 5, y + 7), fill=TINT if bit == "1" else None, outline="#8a8a8a")
