"""What all films share: pictures of a life, the line of text below them, the file."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from metahebb.errors import InputError, unknown_name
from metahebb.life import Ending
from metahebb.probes import PROBES
from metahebb.probes.damage import Damage
from metahebb.probes.freeze_until import FreezeUntil
from metahebb.probes.values import ALL
from metahebb.report.camera import FROM_THE_SIDE, SIZE, VIEWS, follow
from metahebb.report.drawn import drawn_frames
from metahebb.report.gl import gl_frames
from metahebb.report.recording import Recording
from metahebb.runs.storage import storage_errors, write_atomically
from metahebb.tasks.base import Embodied
from metahebb.tasks.locomotion.damage import INTACT

if TYPE_CHECKING:
    from PIL.Image import Image

Frame = npt.NDArray[np.uint8]
Renderer = Literal["auto", "gl", "drawn"]

LONGEST = 0.15
"""Seconds that a frame stays at most; longer lives play faster than they were lived."""
BAR = 26
"""Height of the caption [px]."""
_HOLD = 1.0  # seconds that the last frame stays
_COLORS = 96
_TALLEST = 1600  # pixels; a taller picture does not fill the film's width
_LEFT = 0.48  # part of the width that the left half of a caption may take


def check_options(frames: int, renderer: str) -> None:
    """Check how many frames a film has at most, and what draws them."""
    if frames < 2:
        raise InputError(f"expected at least 2 frames, got {frames} (film)")
    if renderer not in ("auto", "gl", "drawn"):
        raise unknown_name("renderer", renderer, ("auto", "gl", "drawn"))


def spread(n: int, most: int) -> list[int]:
    """Return at most ``most`` numbers below ``n``, evenly spread, the first and last included."""
    return [int(i) for i in np.linspace(0, n - 1, min(n, most)).round()]


def pictures(recording: Recording, steps: Sequence[int], renderer: str) -> list[Frame]:
    """Return a picture ``(height, width, 3)`` of each of ``steps``, which ascend.

    A picture is of the instant before its step; step T, after the last one, is how the life ended.
    Where an environment drew itself less often, it is the last one before the step. All have the
    size of the first.
    """
    if not isinstance(recording.task, Embodied):
        drawn = np.array(list(recording.images))
        places = np.searchsorted(drawn, steps, side="right") - 1
        return _of_one_size([recording.images[int(step)] for step in drawn[places]])
    if renderer != "drawn":
        try:
            return _scenes(recording, steps, lambda *scenes: gl_frames(*scenes)[1])
        except InputError:
            if renderer == "gl":
                raise
    return _scenes(recording, steps, drawn_frames)


def _of_one_size(images: list[Frame]) -> list[Frame]:
    """Return pictures, those of another size than the first fitted into it."""
    from PIL import Image, ImageOps

    height, width, _ = images[0].shape
    return [
        image
        if image.shape == images[0].shape
        else np.asarray(ImageOps.pad(Image.fromarray(image), (width, height)))
        for image in images
    ]


def _scenes(
    recording: Recording, steps: Sequence[int], draw: Callable[..., list[Frame]]
) -> list[Frame]:
    """Draw each step with the body that the life had at that step."""
    task = recording.task
    assert isinstance(task, Embodied)
    models = task.models()
    view = VIEWS.get(task.body, FROM_THE_SIDE)
    # Where the root is, does not depend on the damage.
    lookat = follow(_torso(models[0], recording.qpos), view.height, recording.dt)
    drawn: list[Frame] = []
    for body, some in groupby(steps, key=lambda step: int(recording.bodies[step])):
        now = list(some)
        drawn += draw(models[body], recording.qpos[now], lookat[now], view)
    return drawn


def _torso(model: object, qpos: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return where the torso is ``(T, 3)`` [m]."""
    import mujoco

    data = mujoco.MjData(model)
    places = np.empty((len(qpos), 3))
    for place, position in zip(places, qpos, strict=True):
        data.qpos[:] = position
        mujoco.mj_kinematics(model, data)
        place[:] = data.xpos[1]
    return places


def pace(n_steps: int, n_frames: int, dt: float) -> tuple[float, float]:
    """Return how long a frame stays [s], and how much faster than life that is.

    Args:
        n_steps: env steps from the first frame to the last.
        n_frames: frames that they are shown in; the last, which is held, is not among them.
        dt: simulated time of an env step [s].
    """
    seconds = n_steps * dt / max(n_frames, 1)
    shown = max(round(min(seconds, LONGEST), 2), 0.02)  # a GIF counts in hundredths
    return shown, seconds / shown


def caption(recording: Recording, step: int, label: str, speed: float) -> tuple[str, str]:
    """Return what stands left and right below the picture of ``step``.

    Left: the label, how the life ended if it has, what is being done to it. Right: metres, seconds.
    Step T, and all that come after it, are what the last step brought.
    """
    last = recording.steps
    left = [label]
    fell = isinstance(recording.task, Embodied) and recording.result.ending is Ending.TERMINATED
    if step > last or (step == last and fell):
        left.append("fallen" if fell else "ended")
    step = min(step, last)
    lived = min(step, last - 1)  # nothing is done to a life that is over
    body = recording.task.bodies[recording.bodies[step]]
    if body not in (INTACT, "default"):
        left.append(body)
    left += [_name(p) for p in recording.probes if _acts(p, lived) and not isinstance(p, Damage)]
    right = [f"{step * recording.dt:.1f} s"]
    if recording.distance is not None:
        right.insert(0, f"{recording.distance[step]:.2f} m")
    if speed > 1.05:
        right.append(f"{speed:.1f}x speed")
    return " · ".join(left), " · ".join(right)


def _name(probe: object) -> str:
    return PROBES.name_of(probe)


def _acts(probe: object, step: int) -> bool:
    """Return whether ``probe`` is at work; of one that acts at an instant, whether it has acted."""
    at = getattr(probe, "at", 0)
    if isinstance(probe, FreezeUntil):
        return step < at
    steps = getattr(probe, "steps", ALL)
    return bool(step >= at and (steps == ALL or step < at + steps))


def captioned(picture: Frame, left: str, right: str) -> Image:
    """Return the picture, scaled to the film's width, with a line of text below it."""
    from PIL import Image, ImageDraw, ImageFont, ImageOps

    image = Image.fromarray(picture)
    height = max(1, round(image.height * SIZE[0] / image.width))
    if height > _TALLEST:
        image = ImageOps.pad(image, (SIZE[0], _TALLEST))
    elif image.width != SIZE[0]:
        image = image.resize((SIZE[0], height), Image.Resampling.LANCZOS)
    whole = Image.new("RGB", (image.width, image.height + BAR), (38, 50, 64))
    whole.paste(image)
    draw, middle = ImageDraw.Draw(whole), image.height + BAR // 2
    font = ImageFont.load_default(13)
    # A long damage is cut at the same place in each frame, whatever the numbers beside it.
    left = shortened(left, lambda text: draw.textlength(text, font) <= _LEFT * whole.width)
    draw.text((8, middle), left, fill="white", font=font, anchor="lm")
    draw.text((whole.width - 8, middle), right, fill="white", font=font, anchor="rm")
    return whole


def shortened(text: str, fits: Callable[[str], bool]) -> str:
    """Return ``text``, or as many of its words as fit with an ellipsis behind them.

    Words end at a space, an underscore, a slash and the like. Of a first word that does not fit
    alone, as many characters are kept as do.
    """
    if fits(text):
        return text
    ends = [match.start() for match in re.finditer(r"(?<=\w)\W|_", text)]
    for end in [*reversed(ends), *range(min(ends, default=len(text)) - 1, 0, -1)]:
        if fits(text[:end] + "…"):
            return text[:end] + "…"
    return "…"


def write_gif(images: Sequence[Image], shown: float, path: Path) -> Path:
    """Write a GIF in which each frame stays for ``shown`` seconds; return where.

    Raises:
        StorageError: it could not be written.
    """
    from PIL import Image

    some = [images[i] for i in spread(len(images), 6)]
    sample = Image.new("RGB", (some[0].width, sum(image.height for image in some)))
    for i, image in enumerate(some):
        sample.paste(image, (0, i * image.height))
    # One palette for all: less than half the size, and colors that do not flicker.
    palette = sample.quantize(_COLORS, dither=Image.Dither.NONE)
    reduced = [i.quantize(palette=palette, dither=Image.Dither.NONE) for i in images]
    stay = [int(1000 * shown)] * (len(images) - 1) + [int(1000 * _HOLD)]
    data = io.BytesIO()
    reduced[0].save(data, "GIF", save_all=True, append_images=reduced[1:], duration=stay, loop=0)
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, data.getvalue())
    return path
