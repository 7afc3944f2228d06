"""A film of one life: how the newborn network wires itself, and what its body then does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from metahebb.probes import AnyProbe, text_of
from metahebb.report.frames import (
    Renderer,
    caption,
    captioned,
    check_options,
    pace,
    pictures,
    spread,
    write_gif,
)
from metahebb.report.recording import record, typical_life
from metahebb.runs.storage import slug
from metahebb.tasks.base import Embodied

if TYPE_CHECKING:
    from metahebb.runs.folder import RunFolder


def film(
    run: RunFolder,
    out: Path | None = None,
    *,
    body: str | None = None,
    life: int | None = None,
    probes: Sequence[AnyProbe] = (),
    frames: int = 100,
    renderer: Renderer = "auto",
) -> Path:
    """Film one fresh life of the run's unperturbed center, and return the GIF's path.

    Args:
        run: a run with a checkpoint.
        out: path of the GIF; default: see `film_path`.
        body: name of the body at birth; any damage will do in locomotion, any variant in car
            racing. Default: the task's first.
        life: its number among the lives that ``evaluate`` lives; None: the one of median return.
        probes: probes of the life; none: those of training.
        frames: the largest number of frames.
        renderer: drawing of a walker: ``gl`` (MuJoCo's), ``drawn`` (stick figure), or ``auto``: GL
            if there is one. A Gymnasium environment draws itself.

    Raises:
        InputError: for bad arguments, an environment that cannot draw itself, or no GL with ``gl``.
        StorageError: if the file cannot be written.
    """
    check_options(frames, renderer)
    center = run.load()
    drawn_by_env = not isinstance(center.config.task, Embodied)
    images = frames if drawn_by_env else 0
    chosen = typical_life(center, run.read_evaluation(), body) if life is None else life
    recording = record(center, body, chosen, images, probes)
    # One instant more than there are steps: the state after the last one.
    drawn = list(recording.images) if drawn_by_env else range(recording.steps + 1)
    steps = [drawn[i] for i in spread(len(drawn), frames)]
    shown, speed = pace(recording.steps, len(steps) - 1, recording.dt)
    label = f"generation {recording.generation}"
    captioned_pictures = [
        captioned(picture, *caption(recording, step, label, speed))
        for step, picture in zip(steps, pictures(recording, steps, renderer), strict=True)
    ]
    path = film_path(run, body, life, probes) if out is None else out
    return write_gif(captioned_pictures, shown, path)


def film_path(
    run: RunFolder,
    body: str | None,
    life: int | None,
    probes: Sequence[AnyProbe],
    beside: Sequence[str] = (),
) -> Path:
    """Return where a film belongs: ``film.gif`` in the run folder, which the report shows.

    A film with another body, a given life, probes or runs ``beside`` it has a name that says so,
    such as ``film-short_left_ankle.gif``.
    """
    parts = [f"beside={name}" for name in beside]
    if body not in (None, run.config.task.bodies[0]):
        parts.append(str(body))
    if life is not None:
        parts.append(f"life={life}")
    parts += map(text_of, probes)
    return run.path / (f"film-{slug(parts)}.gif" if parts else "film.gif")
