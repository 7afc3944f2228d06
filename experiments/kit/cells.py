"""Cells of a table: distance, survival and return of a run's center in many bodies, per life."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from metahebb.analysis.evaluate import on_bodies
from metahebb.evolution.backends.where import Where
from metahebb.life import Ending
from metahebb.probes import parse_probes
from metahebb.runs.center import Center
from metahebb.runs.folder import RunFolder
from metahebb.runs.serial import to_json
from metahebb.runs.storage import storage_errors, write_json
from metahebb.tasks import CarRacing
from metahebb.worker import Outcomes, is_nonfinite

VERSION = 1
"""Version number of lives; a change of the code that changes lives must raise it.

Lives that were kept under another number are lived again.
"""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Cells:
    """Fresh lives in several bodies; life i has the same birth and world seed in each body.

    Attributes:
        bodies: names of the bodies.
        distance: distance of each life along +x [m], ``(n_bodies, n_lives)``; 0 for a life that
            ended non-finite.
        survived: whether each life reached the horizon, ``(n_bodies, n_lives)``.
        returns: return of each life, ``(n_bodies, n_lives)``; 0 for a life that ended non-finite.
            None if the lives come from an older file, which has no returns.
    """

    bodies: tuple[str, ...]
    distance: Floats
    survived: npt.NDArray[np.bool_]
    returns: Floats | None = None


def cells(
    run: RunFolder,
    bodies: tuple[str, ...],
    lives: int,
    max_steps: int,
    where: Where,
    probes: tuple[str, ...] = (),
    task: CarRacing | None = None,
) -> Cells:
    """Return fresh lives of the run's center, which are lived once and kept in the run folder.

    Args:
        run: a finished run.
        bodies: the bodies, in the grammar of damages; training need not have shown them.
        lives: the number of lives per body.
        max_steps: the number of env steps after which a life ends.
        where: the place where the lives are lived.
        probes: the probes of every life, which replace the probes of the run.
        task: a task that replaces the task of the run.
    """
    center = run.load()
    asked = {
        "version": VERSION,
        "center": hashlib.sha256(center.genes.tobytes()).hexdigest(),
        "lives": lives,
        "max_steps": max_steps,
        "bodies": list(bodies),
        "probes": list(probes),
    }
    words = list(probes)
    if task is not None:
        asked["task"] = to_json(task)
        words.append(task.world)
    file = run.path / "cells" / ("-".join(words).replace(":", "_").replace("=", "") or "plain")
    file = file.with_suffix(".json")
    kept = _kept(file)
    if kept is not None and kept["asked"] == asked:
        return _cells(kept)
    setup = dataclasses.replace(on_bodies(center, bodies).setup, probes=parse_probes(probes))
    if task is not None:
        setup = dataclasses.replace(setup, task=task.on(bodies))
    numbers = range(len(bodies))
    kept = {"asked": asked, **_lived(center.within(setup), lives, numbers, max_steps, where)}
    with storage_errors(file):
        file.parent.mkdir(exist_ok=True)
    write_json(file, kept)
    return _cells(kept)


def _lived(
    center: Center, lives: int, bodies: Sequence[int], max_steps: int, where: Where
) -> dict[str, Any]:
    """Live fresh lives of ``center`` in each body; return the numbers that are kept."""
    backend = where.backend(center.setup)
    try:
        outcomes = center.live(backend, lives, bodies, max_steps)
    finally:
        backend.close()
    return {
        "distance": [np.where(is_nonfinite(o), 0.0, _distance(o)).tolist() for o in outcomes],
        "survived": [(o["ending"] == Ending.HORIZON).tolist() for o in outcomes],
        "returns": [np.where(is_nonfinite(o), 0.0, o["episode_return"]).tolist() for o in outcomes],
    }


def _distance(outcomes: Outcomes) -> Floats:
    """Return the distance of each life [m]; NaN in a task that does not measure distance."""
    if "distance" in (outcomes.dtype.names or ()):
        return outcomes["distance"]
    return np.full(len(outcomes), np.nan)


def _kept(file: Path) -> dict[str, Any] | None:
    """Return the content of ``file``; None if there is no such file or it cannot be read."""
    try:
        kept: dict[str, Any] = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return None
    return kept if {"asked", "distance", "survived"} <= kept.keys() else None


def _cells(kept: dict[str, Any]) -> Cells:
    return Cells(
        tuple(kept["asked"]["bodies"]),
        np.array(kept["distance"], np.float64),
        np.array(kept["survived"], np.bool_),
        np.array(kept["returns"], np.float64) if "returns" in kept else None,
    )
