"""Small runs for tests of reports and films: folders with a checkpoint, without any evolution."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from metahebb.networks import FeedForward
from metahebb.runs.checkpoint import Checkpoint
from metahebb.runs.config import RunConfig, Stage
from metahebb.runs.folder import RunFolder
from metahebb.tasks import Bandit, GymTask, Locomotion


def make_run(path: Path, task: Locomotion | GymTask | Bandit, max_steps: int = 40) -> RunFolder:
    """Make a run of ``task`` with a random center and a network of one small hidden layer."""
    config = RunConfig(
        task=task,
        network=FeedForward(hidden=(12,)),
        schedule=(Stage(0, max_steps),),
        generations=6,
    )
    run = RunFolder.create(path, config)
    n_genes = config.setup().genome.n_genes
    center = np.random.default_rng(0).normal(0, 0.1, n_genes).astype(np.float32)
    run.path.joinpath("checkpoints").mkdir()
    run.checkpoints.save(Checkpoint(4, 4, {"center": center}))
    return run


def ant(path: Path, max_steps: int = 40, **options: Any) -> RunFolder:
    """Make a run of the ant in which no life ends early."""
    return make_run(path, Locomotion("ant", integrator="implicitfast", ending="none", **options),
                    max_steps)  # fmt: skip


def record(generation: int, **changes: Any) -> dict[str, Any]:
    """Return the metrics of a generation, with ``changes``."""
    return {
        "generation": generation,
        "fitness_mean": 1.0 + generation,
        "fitness_median": 0.5 + generation,
        "fitness_best": 3.0 + generation,
        "center_return": 2.0 + generation,
        "steps_mean": 30.0,
        "env_steps": 1000,
        "max_steps": 40,
        "bodies": ["intact"],
        "elapsed_s": 2.0 * (generation + 1),
    } | changes


def evaluation(**changes: Any) -> dict[str, Any]:
    """Return an evaluation with one body, with ``changes`` in the body's entry."""
    body = {
        "mean": 4.213,
        "low": 3.5,
        "high": 5.0,
        "returns": [4.0, 4.426],
        "distance": {"mean": 4.5, "low": 4.0, "high": 5.25},
        "steps_mean": 38.6,
        "nonfinite": 0,
    } | changes
    return {"generation": 4, "lives": 2, "max_steps": 40, "bodies": {"intact": body}}


def comparison(folder: Path, **changes: Any) -> dict[str, Any]:
    """Return what a probe of a task without a body has measured, with ``changes``."""
    mean = {"mean": 1.0, "low": 0.5, "high": 2.0}
    nothing = {"mean": None, "low": None, "high": None}
    pair = {"with": mean, "without": mean, "difference": mean}
    unknown = {"unit": "", "with": nothing, "without": nothing, "difference": nothing}
    folder.mkdir(exist_ok=True)
    return {
        "generation": 4, "lives": 8, "max_steps": 40, "body": "default", "at": 20, "met": 8,
        "probes": ["zero_weights:at=20"], "return": pair, "measures": {"after": unknown},
        "survival": pair, "nonfinite": {"with": 0, "without": 0}, "speed": None,
        "recovery": None, "dt": None, "folder": str(folder),
    } | changes  # fmt: skip
