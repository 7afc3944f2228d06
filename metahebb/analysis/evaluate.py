"""What a run's unperturbed center is worth, over fresh lives."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from metahebb.analysis.counts import check_counts
from metahebb.analysis.statistics import mean_of, numbers_or_none
from metahebb.errors import InputError
from metahebb.evolution.backends.base import Backend
from metahebb.evolution.memory import check_lives
from metahebb.notes import tell
from metahebb.paths import shown
from metahebb.probes import check_probes
from metahebb.runs.center import Center
from metahebb.runs.folder import EVALUATION, EVALUATIONS, read_evaluation_at
from metahebb.runs.storage import slug, storage_errors, write_json
from metahebb.tasks import Measure
from metahebb.tasks.base import Varied
from metahebb.tasks.locomotion.damage import check_distinct
from metahebb.worker import Outcomes, is_nonfinite


def on_bodies(center: Center, damages: tuple[str, ...]) -> Center:
    """Return the center in a world of other bodies; with no ``damages`` in that of its run.

    Raises:
        InputError: the task has no bodies to damage, or not that one, or one is named twice.
    """
    task = center.config.task
    if not damages:
        return center
    if not isinstance(task, Varied):
        raise InputError(
            "expected a run of locomotion or car racing for --damage, got one of "
            f"{task.label}; leave it out"
        )
    check_distinct(damages)
    setup = dataclasses.replace(center.setup, task=task.on(damages))
    check_probes(setup.probes, setup.task, setup.network)
    return center.within(setup)


def evaluate(
    center: Center, backend: Backend, lives: int, max_steps: int | None = None
) -> dict[str, Any]:
    """Live ``lives`` fresh lives of the center on every body; write what comes out.

    The standard evaluation, of the run's own bodies over its own horizon, is ``evaluation.json``,
    which the report leads with; any other is ``evaluations/NAME.json``. A file that has more lives
    of this very center stays as it is, and a note says so.

    Args:
        center: of the run, or one `on_bodies`.
        backend: where they are lived, see `Center.live`.
        lives: per body.
        max_steps: horizon; None: that of the run's last stage.

    Returns:
        What is written, and in which ``file`` (None where a file with more lives stays): per body
        the returns, their mean with a 95 % bootstrap interval (low, high; None with one life), the
        task's measures likewise, each with its unit, its description if it has one and the number
        of lives where it is known, the mean life length, and of every life the numbers that these
        means are made of (``values``; None where a life has none).

    Raises:
        InputError: ``lives`` or ``max_steps`` is below 1, or the lives are too many for the memory.
    """
    horizon = center.horizon if max_steps is None else max_steps
    check_counts(lives, horizon)
    bodies = center.setup.task.bodies
    n = len(bodies)
    check_lives(lives * n, f"{lives} lives in each of {n} bodies", "use fewer --lives")
    lived = center.live(backend, lives, max_steps=horizon)
    result = {
        "generation": center.generation,
        "lives": lives,
        "max_steps": horizon,
        "bodies": {
            body: _summary(outcomes, center.setup.task.measures)
            for body, outcomes in zip(bodies, lived, strict=True)
        },
    }
    file = evaluation_file(center, horizon)
    if (more := _more_lives(center, horizon, lives)) is not None:
        tell(f"{shown(file)} keeps its {more} lives; delete it first if these {lives} are to stand")
        return {**result, "file": None}
    with storage_errors(file):
        file.parent.mkdir(exist_ok=True)
    write_json(file, result)
    return {**result, "file": str(file)}


def _more_lives(center: Center, horizon: int, lives: int) -> int | None:
    """Return how many lives are kept of this center if they are more than ``lives``, else None."""
    try:
        kept = kept_evaluation(center, horizon)
    except InputError:  # a damaged file, whose message says that an evaluation replaces it
        return None
    return kept["lives"] if kept is not None and kept["lives"] > lives else None


def kept_evaluation(center: Center, max_steps: int | None = None) -> dict[str, Any] | None:
    """Return what `evaluate` has written for this very center; None where there is nothing.

    An evaluation of an earlier generation does not count, nor does one of an earlier version of
    metahebb, which lacks the numbers of each life.

    Args:
        center: of the run, or one `on_bodies`.
        max_steps: horizon; None: that of the run's last stage.

    Raises:
        InputError: the file is damaged.
    """
    file = evaluation_file(center, center.horizon if max_steps is None else max_steps)
    kept = read_evaluation_at(file)
    if kept is None or kept["generation"] != center.generation:
        return None
    return kept if all("values" in body for body in kept["bodies"].values()) else None


def evaluation_file(center: Center, horizon: int) -> Path:
    """Return where an evaluation belongs; the number of lives makes no other one of it."""
    parts, bodies, folder = [], center.setup.task.bodies, center.path
    if bodies != center.config.task.bodies:
        parts.append(f"damage={','.join(bodies)}")
    if horizon != center.horizon:
        parts.append(f"max_steps={horizon}")
    return folder / EVALUATIONS / f"{slug(parts)}.json" if parts else folder / EVALUATION


def _summary(outcomes: Outcomes, measures: Sequence[Measure]) -> dict[str, Any]:
    returns, finite = outcomes["episode_return"], ~is_nonfinite(outcomes)
    values = {measure.name: outcomes[measure.name][finite] for measure in measures}
    known = {name: int(np.isfinite(value).sum()) for name, value in values.items()}
    return {
        **mean_of(returns[finite]),
        "returns": numbers_or_none(returns),
        # Older versions of metahebb know of no other measure, and expect this key.
        "distance": mean_of(values["distance"]) if known.get("distance") else None,
        "measures": {
            m.name: {
                "unit": m.unit,
                **({"description": m.description} if m.description else {}),
                "lives": known[m.name],
                **mean_of(values[m.name]),
            }
            for m in measures
        },
        "steps_mean": float(outcomes["steps"].mean()),
        "nonfinite": int((~finite).sum()),
        "values": {
            name: numbers_or_none(np.where(finite, numbers, np.nan))
            for name, numbers in (
                ("return", returns),
                *((measure.name, outcomes[measure.name]) for measure in measures),
            )
        },
    }
