"""All figures of the lesion study, and its film."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from experiments.lesion.figures import speed_figure, time_figure
from experiments.protocols.lesions.lives import CONTROLS, Scale
from experiments.protocols.lesions.numbers import Pairs
from metahebb.probes import parse_probes
from metahebb.report.beside import film_beside
from metahebb.runs.config import Stage
from metahebb.runs.folder import RunFolder
from metahebb.tasks.base import Varied
from metahebb.tasks.locomotion.damage import INTACT

FILMED = ("hebbian", "static")
"""Arms that are filmed, and drawn side by side."""


def draw_all(folder: Path, lived: dict[tuple[str, str], Pairs]) -> None:
    """Write every figure of lives; those of kept numbers are drawn by `tables.draw`."""
    arms = list(dict.fromkeys(arm for arm, _ in lived))
    zeroed = [lived[arm, "zero"] for arm in arms]
    speed_figure([(p.arm, [p]) for p in zeroed], folder / "speed.png")
    time_figure(zeroed, folder / "recovery-time.png")
    controls = [lived["hebbian", name].only() for name in ("zero", *CONTROLS)]
    speed_figure([(p.lesion.what, [p]) for p in controls], folder / "controls.png")
    lesions = [
        [lived[arm, name].only() for arm in arms if (arm, name) in lived]
        for name in dict.fromkeys(name for _, name in lived)
        if name not in CONTROLS
    ]
    two = [[pairs for pairs in some if pairs.arm in FILMED] for some in lesions[1:]]
    speed_figure([(some[0].lesion.what, some) for some in two], folder / "other-lesions.png")


def _typical(pairs: Pairs) -> int:
    """Return the number of the first run's life that got a median way after the lesion."""
    x, at = pairs.with_[0, 0], pairs.lesion.at
    way = np.where(np.isfinite(x[:, -1]), x[:, -1] - x[:, at], -np.inf)
    return int(np.argsort(way, kind="stable")[len(way) // 2])


def film(filmed: list[tuple[str, RunFolder]], pairs: Pairs, scale: Scale, out: Path) -> None:
    """Film, side by side, a life of each center with the lesion; a typical one of the first's."""
    runs = []
    for arm, run in filmed:
        assert isinstance(run.config.task, Varied)
        config = dataclasses.replace(
            run.config,
            task=run.config.task.on((INTACT,)),
            schedule=(Stage(0, scale.horizon, (INTACT,)),),
        )
        runs.append((arm, RunFolder(run.path, config)))
    probes = parse_probes(pairs.lesion.probes)
    film_beside(runs, out, life=_typical(pairs), probes=probes, frames=scale.frames)
