"""What a run's unperturbed center is worth, over fresh lives."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from metahebb.errors import InputError
from metahebb.evolution.backends.base import Backend, Job
from metahebb.probes import check_probes
from metahebb.runs.folder import RunFolder
from metahebb.runs.statistics import mean_interval
from metahebb.runs.storage import write_json
from metahebb.tasks import Locomotion
from metahebb.tasks.names import name_of
from metahebb.worker import GivenPoint, Outcomes, Plan, Setup, is_nonfinite

FRESH = 2
"""The set of fresh lives: 1 is the one that a run watches its center with."""


def evaluation_setup(run: RunFolder, damages: tuple[str, ...]) -> Setup:
    """Return the run's set-up on other bodies; with no ``damages`` on its own.

    Raises:
        InputError: the task has no bodies to damage, or not that one.
    """
    task = run.config.task
    if not damages:
        return run.setup
    if not isinstance(task, Locomotion):
        raise InputError(
            f"expected a locomotion run for --damage, got one of {name_of(task)}; leave it out"
        )
    setup = dataclasses.replace(run.setup, task=dataclasses.replace(task, damages=damages))
    check_probes(setup.probes, setup.task, setup.network)
    return setup


def evaluate(
    run: RunFolder, setup: Setup, backend: Backend, lives: int, max_steps: int | None = None
) -> dict[str, Any]:
    """Live ``lives`` fresh lives of the newest center on every body; write ``evaluation.json``.

    Args:
        run: the folder.
        setup: see `evaluation_setup`; ``backend`` must have been made for it.
        backend: where they are lived.
        lives: per body.
        max_steps: horizon; None: that of the run's last stage.

    Returns:
        What is written: per body the returns, their mean with a 95 % bootstrap interval (low,
        high), the distance likewise in metres where the task knows it, and the mean life length.

    Raises:
        InputError: ``lives`` or ``max_steps`` is below 1.
    """
    horizon = run.config.stages[-1].max_steps if max_steps is None else max_steps
    for name, value in (("lives", lives), ("max_steps", horizon)):
        if value < 1:
            raise InputError(f"expected at least 1 {name}, got {value}; use for example 32")
    generation = run.generation
    point = GivenPoint(run.center()[None])
    jobs = [
        Job(Plan(generation, horizon, (body,), lives, fresh=FRESH), point, 1)
        for body in range(len(setup.task.bodies))
    ]
    found = backend.evaluate(jobs)
    result = {
        "generation": generation,
        "lives": lives,
        "max_steps": horizon,
        "bodies": {
            body: _summary(outcomes)
            for body, outcomes in zip(setup.task.bodies, found, strict=True)
        },
    }
    write_json(run.path / "evaluation.json", result)
    return result


def _summary(outcomes: Outcomes) -> dict[str, Any]:
    returns, distances = outcomes["episode_return"], outcomes["distance"]
    finite = ~is_nonfinite(outcomes)
    known = finite & np.isfinite(distances)
    interval = _interval(distances[known]) if known.any() else None
    return {
        **_interval(returns[finite]),
        "returns": [float(r) if np.isfinite(r) else None for r in returns],
        "distance": interval,
        "steps_mean": float(outcomes["steps"].mean()),
        "nonfinite": int((~finite).sum()),
    }


def _interval(values: Any) -> dict[str, float | None]:
    if not len(values):
        return {"mean": None, "low": None, "high": None}
    mean, low, high = mean_interval(values)
    return {"mean": mean, "low": low, "high": high}
