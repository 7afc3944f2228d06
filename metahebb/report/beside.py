"""Lives of several runs side by side in one film: the same clock, and the same done to them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from metahebb.errors import InputError
from metahebb.probes import AnyProbe
from metahebb.report.frames import (
    Frame,
    Renderer,
    caption,
    captioned,
    check_options,
    pace,
    pictures,
    spread,
    write_gif,
)
from metahebb.report.recording import Recording, record, typical_life
from metahebb.tasks.base import Embodied

if TYPE_CHECKING:
    from PIL.Image import Image

    from metahebb.runs.folder import RunFolder

_GAP = 4  # pixels between the pictures


def film_beside(
    runs: Sequence[tuple[str, RunFolder]],
    out: Path,
    *,
    body: str | None = None,
    life: int | None = None,
    probes: Sequence[AnyProbe] = (),
    frames: int = 100,
    renderer: Renderer = "auto",
) -> Path:
    """Film a fresh life of each run's unperturbed center, side by side; return the GIF's path.

    A life that ends before the others stays on its last frame, and its caption says so.

    Args:
        runs: label and run, from left to right; two or more of the same world.
        out: where to write.
        body: see `metahebb.report.film.film`; the rest, too. Default: the first run's first body.
        life: number of the life; None: in each run the one of median return.
        probes: what is done to each life.
        frames: at most so many.
        renderer: of locomotion.

    Raises:
        InputError: for bad arguments, fewer than two runs, or runs of different worlds.
        StorageError: if the file cannot be written.
    """
    check_options(frames, renderer)
    if len(runs) < 2:
        raise InputError(f"expected at least 2 runs side by side, got {len(runs)} (film)")
    check_same_world([run for _, run in runs])
    first = runs[0][1].config.task
    body = first.bodies[0] if body is None else body
    images = 0 if isinstance(first, Embodied) else frames
    lives = []
    for _, run in runs:
        center = run.load()
        chosen = typical_life(center, run.read_evaluation(), body) if life is None else life
        lives.append(record(center, body, chosen, images, probes))
    longest = max(recording.steps for recording in lives)
    steps = spread(longest + 1, frames)  # the last is the state after all steps
    shown, speed = pace(longest, len(steps) - 1, lives[0].dt)
    panels = [
        _panel(recording, label, steps, speed, renderer)
        for (label, _), recording in zip(runs, lives, strict=True)
    ]
    return write_gif([_row(images) for images in zip(*panels, strict=True)], shown, out)


def labels(runs: Sequence[RunFolder]) -> list[str]:
    """Return the names of the runs' folders, with as much of the way to them as tells them apart.

    Raises:
        InputError: a run is there twice.
    """
    paths = [run.path.resolve() for run in runs]
    for path in paths:
        if paths.count(path) > 1:
            raise InputError(f"expected each run once, got {path} twice (film); leave one out")
    depth = 1
    while len({path.parts[-depth:] for path in paths}) < len(paths):
        depth += 1
    return ["/".join(path.parts[-depth:]) for path in paths]


def check_same_world(runs: Sequence[RunFolder]) -> None:
    """Raise InputError unless all runs are of the same walker or environment."""
    first, *others = (run.config.task.label for run in runs)
    for run, world in zip(runs[1:], others, strict=True):
        if world != first:
            raise InputError(
                f"expected runs of the same world side by side, got {first} in {runs[0].path} and "
                f"{world} in {run.path} (film); leave one of them out"
            )


def _panel(
    recording: Recording, label: str, steps: Sequence[int], speed: float, renderer: str
) -> list[Image]:
    """Return the captioned pictures of one life; after its end always the last."""
    last = recording.steps
    lived = sorted({min(step, last) for step in steps})
    drawn: dict[int, Frame] = dict(zip(lived, pictures(recording, lived, renderer), strict=True))
    return [
        captioned(drawn[min(step, last)], *caption(recording, step, label, speed)) for step in steps
    ]


def _row(images: Sequence[Image]) -> Image:
    """Return pictures side by side."""
    from PIL import Image

    width = sum(image.width for image in images) + _GAP * (len(images) - 1)
    whole = Image.new("RGB", (width, max(image.height for image in images)), "white")
    x = 0
    for image in images:
        whole.paste(image, (x, 0))
        x += image.width + _GAP
    return whole
