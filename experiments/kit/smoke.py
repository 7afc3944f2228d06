"""Functions that write the word SMOKE across the pictures of a smoke test."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageSequence
from PIL.PngImagePlugin import PngInfo

from metahebb.runs.storage import write_atomically

WORD = "SMOKE"
COLOR = (200, 30, 30, 90)


def mark_pictures(folder: Path) -> None:
    """Write `WORD` across every PNG and GIF in ``folder`` that is not marked yet."""
    for path in sorted(folder.iterdir()):
        if path.suffix in (".png", ".gif"):
            _mark(path)


def is_marked(path: Path) -> bool:
    """Return whether the comment of the picture at ``path`` says that the picture is marked."""
    with Image.open(path) as picture:
        comment = picture.info.get("comment", b"")
    return (comment.decode() if isinstance(comment, bytes) else comment) == WORD


def _mark(path: Path) -> None:
    if is_marked(path):
        return
    data = io.BytesIO()
    with Image.open(path) as picture:
        if path.suffix == ".png":
            note = PngInfo()
            note.add_text("comment", WORD)
            _marked(picture).save(data, "PNG", pnginfo=note)
        else:
            frames = [_marked(frame) for frame in ImageSequence.Iterator(picture)]
            frames[0].save(
                data,
                "GIF",
                save_all=True,
                append_images=frames[1:],
                duration=picture.info.get("duration", 50),
                loop=0,
                comment=WORD.encode(),
            )
    write_atomically(path, data.getvalue())


def _marked(picture: Image.Image) -> Image.Image:
    """Return the picture with the word across it, from the lower left to the upper right."""
    base = picture.convert("RGBA")
    layer = Image.new("RGBA", base.size, (0, 0, 0, 0))
    font = ImageFont.load_default(size=max(min(base.width // 5, 2 * base.height // 5), 12))
    middle = base.width // 2, base.height // 2
    ImageDraw.Draw(layer).text(middle, WORD, fill=COLOR, font=font, anchor="mm")
    layer = layer.rotate(20, center=middle)
    return Image.alpha_composite(base, layer).convert("RGB")
