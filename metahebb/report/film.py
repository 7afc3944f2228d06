"""A film of one life: how the newborn network wires itself, and what its body then does."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from metahebb.errors import InputError, unknown_name
from metahebb.report.camera import SIZE, VIEWS, follow
from metahebb.report.drawn import drawn_frames
from metahebb.report.gl import gl_frames
from metahebb.report.recording import Recording, record
from metahebb.runs.storage import storage_errors, write_atomically
from metahebb.tasks import Locomotion
from metahebb.tasks.damage import INTACT, compiled

if TYPE_CHECKING:
    from PIL.Image import Image

    from metahebb.runs.folder import RunFolder

Frame = npt.NDArray[np.uint8]
Renderer = Literal["auto", "gl", "drawn"]

LONGEST = 0.15
"""Seconds that a frame stays at most; longer lives play faster than they were lived."""
_HOLD = 1.0  # seconds that the last frame stays
_BAR = 26  # height of the caption [px]
_COLORS = 96


def film(
    run: RunFolder,
    out: Path | None = None,
    *,
    body: str | None = None,
    life: int | None = None,
    frames: int = 100,
    renderer: Renderer = "auto",
) -> Path:
    """Film one fresh life of the run's unperturbed center, and return the GIF's path.

    Args:
        run: a run with a checkpoint.
        out: where to write; default ``film.gif`` in the run folder.
        body: name of the body; any damage will do in locomotion. Default: the task's first.
        life: its number among the lives that ``evaluate`` lives; None: the one of median return.
        frames: at most so many.
        renderer: of locomotion; ``gl`` (MuJoCo's), ``drawn`` (stick figure), or ``auto``: GL if
            there is one. A Gymnasium environment draws itself.

    Raises:
        InputError: for bad arguments, an environment that cannot draw itself, or no GL with ``gl``.
        StorageError: if the file cannot be written.
    """
    if frames < 2:
        raise InputError(f"expected at least 2 frames, got {frames} (film)")
    if renderer not in ("auto", "gl", "drawn"):
        raise unknown_name("renderer", renderer, ("auto", "gl", "drawn"))
    drawn_by_env = not isinstance(run.setup.task, Locomotion)
    recording = record(run, body, life, images=frames if drawn_by_env else 0)
    steps, pictures = _pictures(recording, frames, renderer)
    seconds = len(recording.weights) * recording.dt / len(steps)
    shown = max(round(min(seconds, LONGEST), 2), 0.02)  # a GIF counts in hundredths
    captioned = [
        _captioned(picture, *_caption(recording, step, seconds / shown))
        for step, picture in zip(steps, pictures, strict=True)
    ]
    path = run.path / "film.gif" if out is None else out
    _write(captioned, shown, path)
    return path


def _pictures(recording: Recording, frames: int, renderer: str) -> tuple[list[int], list[Frame]]:
    """Return at most ``frames`` evenly spread steps and their pictures."""
    task = recording.task
    if not isinstance(task, Locomotion):
        drawn = list(recording.images)
        steps = [drawn[i] for i in _spread(len(drawn), frames)]
        return steps, [recording.images[step] for step in steps]
    steps = _spread(len(recording.qpos), frames)
    model = compiled(task.body, task.damages[0], task.integrator)
    view = VIEWS[task.body]
    torso = _torso(model, recording.qpos)
    lookat = follow(torso, view.height, recording.dt)
    scenes = (model, recording.qpos[steps], lookat[steps], view)
    if renderer != "drawn":
        try:
            return steps, gl_frames(*scenes)[1]
        except InputError:
            if renderer == "gl":
                raise
    return steps, drawn_frames(*scenes)


def _spread(n: int, most: int) -> list[int]:
    return [int(i) for i in np.linspace(0, n - 1, min(n, most)).round()]


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


def _caption(recording: Recording, step: int, speed: float) -> tuple[str, str]:
    """Return what stands left and right below a frame."""
    left = f"generation {recording.generation}"
    body = recording.task.bodies[0]
    if body not in (INTACT, "default"):
        left += f" · {body}"
    right = f"{step * recording.dt:.1f} s"
    if recording.distance is not None:
        right = f"{recording.distance[step]:.2f} m · {right}"
    if speed > 1.05:
        right += f" · {speed:.1f}x speed"
    return left, right


def _captioned(picture: Frame, left: str, right: str) -> Image:
    """Return the picture, scaled to the film's width, with a line of text below it."""
    from PIL import Image, ImageDraw, ImageFont

    image = Image.fromarray(picture)
    if image.width != SIZE[0]:
        height = round(image.height * SIZE[0] / image.width)
        image = image.resize((SIZE[0], height), Image.Resampling.LANCZOS)
    whole = Image.new("RGB", (image.width, image.height + _BAR), (38, 50, 64))
    whole.paste(image)
    draw, middle = ImageDraw.Draw(whole), image.height + _BAR // 2
    font = ImageFont.load_default(13)
    # A long damage is cut at the same place in each frame, whatever the numbers beside it.
    while draw.textlength(left, font) > 0.48 * whole.width:
        left = left.rstrip("…")[:-1] + "…"
    draw.text((8, middle), left, fill="white", font=font, anchor="lm")
    draw.text((whole.width - 8, middle), right, fill="white", font=font, anchor="rm")
    return whole


def _write(images: list[Image], shown: float, path: Path) -> None:
    """Write a GIF in which each frame stays for ``shown`` seconds."""
    from PIL import Image

    some = [images[i] for i in _spread(len(images), 6)]
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
