"""Cells of a table: what a run's unperturbed center does in many bodies, life by life."""

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
"""To be raised by whoever changes what lives do: kept ones are then lived again."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Cells:
    """Fresh lives in several bodies; life i has the same birth and world seed in each of them.

    Attributes:
        bodies: their names.
        distance: ``(n_bodies, n_lives)`` metres along +x; 0 where the life ended non-finite.
        survived: ``(n_bodies, n_lives)`` whether it reached the horizon.
        returns: ``(n_bodies, n_lives)``; 0 likewise. None where they were not kept.
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
    """Return what the run's center does; lived once, then kept in the run folder.

    Args:
        run: finished.
        bodies: in the grammar of damages; the run need not have seen them.
        lives: per body.
        max_steps: horizon in env steps.
        where: they are lived.
        probes: done to every life, in the place of those that the run was evolved with.
        task: another one of the same kind, in the place of that of the run.
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
    """Live fresh lives of ``center`` in each body; return what is kept of them."""
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
    """Return how far lives came; NaN in a task that does not measure it."""
    if "distance" in (outcomes.dtype.names or ()):
        return outcomes["distance"]
    return np.full(len(outcomes), np.nan)


def _kept(file: Path) -> dict[str, Any] | None:
    """Return what is kept; None where nothing is, or nothing that can be read."""
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
