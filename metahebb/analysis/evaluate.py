"""What a run's unperturbed center is worth, over fresh lives."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from metahebb.analysis.statistics import mean_of
from metahebb.errors import InputError
from metahebb.evolution.backends.base import Backend, Job
from metahebb.evolution.memory import check_lives
from metahebb.probes import check_probes
from metahebb.runs.folder import EVALUATION, EVALUATIONS, RunFolder
from metahebb.runs.storage import slug, storage_errors, write_json
from metahebb.tasks import CarRacing, Locomotion, Measure
from metahebb.tasks.locomotion.damage import check_distinct
from metahebb.tasks.names import name_of
from metahebb.worker import GivenPoint, Outcomes, Plan, Setup, is_nonfinite

FRESH = 2
"""The set of fresh lives: 1 is the one that a run watches its center with."""


def evaluation_setup(run: RunFolder, damages: tuple[str, ...]) -> Setup:
    """Return the run's set-up on other bodies; with no ``damages`` on its own.

    Raises:
        InputError: the task has no bodies to damage, or not that one, or one is named twice.
    """
    task = run.config.task
    if not damages:
        return run.setup
    if not isinstance(task, (Locomotion, CarRacing)):
        raise InputError(
            "expected a run of locomotion or car racing for --damage, got one of "
            f"{name_of(task)}; leave it out"
        )
    check_distinct(damages)
    setup = dataclasses.replace(run.setup, task=task.on(damages))
    check_probes(setup.probes, setup.task, setup.network)
    return setup


def evaluate(
    run: RunFolder, setup: Setup, backend: Backend, lives: int, max_steps: int | None = None
) -> dict[str, Any]:
    """Live ``lives`` fresh lives of the newest center on every body; write what comes out.

    The standard evaluation, of the run's own bodies over its own horizon, is ``evaluation.json``,
    which the report leads with; any other is ``evaluations/NAME.json``.

    Args:
        run: the folder.
        setup: see `evaluation_setup`; ``backend`` must have been made for it.
        backend: where they are lived.
        lives: per body.
        max_steps: horizon; None: that of the run's last stage.

    Returns:
        What is written, and in which ``file``: per body the returns, their mean with a 95 %
        bootstrap interval (low, high; None with one life), the task's measures likewise, each with
        its unit and the number of lives where it is known, and the mean life length.

    Raises:
        InputError: ``lives`` or ``max_steps`` is below 1, or the lives are too many for the memory.
    """
    horizon = run.config.stages[-1].max_steps if max_steps is None else max_steps
    for name, value in (("lives", lives), ("max_steps", horizon)):
        if value < 1:
            raise InputError(f"expected at least 1 {name}, got {value}; use for example 32")
    bodies = len(setup.task.bodies)
    check_lives(lives * bodies, f"{lives} lives in each of {bodies} bodies", "use fewer --lives")
    generation = run.generation
    # Said, since a backend that has evolved the run may have begun with another genome, and before
    # anything was observed.
    point = GivenPoint(run.center()[None], genome=setup.genome)
    jobs = [
        Job(Plan(generation, horizon, (body,), lives, fresh=FRESH, norm=setup.norm), point, 1)
        for body in range(bodies)
    ]
    found = backend.evaluate(jobs)
    result = {
        "generation": generation,
        "lives": lives,
        "max_steps": horizon,
        "bodies": {
            body: _summary(outcomes, setup.task.measures)
            for body, outcomes in zip(setup.task.bodies, found, strict=True)
        },
    }
    file = _file(run, setup.task.bodies, horizon)
    with storage_errors(file):
        file.parent.mkdir(exist_ok=True)
    write_json(file, result)
    return {**result, "file": str(file)}


def _file(run: RunFolder, bodies: tuple[str, ...], horizon: int) -> Path:
    """Return where an evaluation belongs; the number of lives makes no other one of it."""
    parts = []
    if bodies != run.config.task.bodies:
        parts.append(f"damage={','.join(bodies)}")
    if horizon != run.config.stages[-1].max_steps:
        parts.append(f"max_steps={horizon}")
    return run.path / EVALUATIONS / f"{slug(parts)}.json" if parts else run.path / EVALUATION


def _summary(outcomes: Outcomes, measures: Sequence[Measure]) -> dict[str, Any]:
    returns, finite = outcomes["episode_return"], ~is_nonfinite(outcomes)
    values = {measure.name: outcomes[measure.name][finite] for measure in measures}
    known = {name: int(np.isfinite(value).sum()) for name, value in values.items()}
    return {
        **mean_of(returns[finite]),
        "returns": [float(r) if np.isfinite(r) else None for r in returns],
        # Older versions of metahebb know of no other measure, and expect this key.
        "distance": mean_of(values["distance"]) if known.get("distance") else None,
        "measures": {
            m.name: {"unit": m.unit, "lives": known[m.name], **mean_of(values[m.name])}
            for m in measures
        },
        "steps_mean": float(outcomes["steps"].mean()),
        "nonfinite": int((~finite).sum()),
    }
