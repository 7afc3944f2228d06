"""The report of a run of learning, made from its folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from metahebb.analysis.slow_points import leaky_velocity, slow_points, states_of, visited
from metahebb.learning.base import AutonomousPupil, Pupil
from metahebb.learning.lived import LivedTrials
from metahebb.report.learned import Criterion, Learned, SlowPart
from metahebb.report.learned_page import write_learned_page
from metahebb.report.learned_seeds_page import SeedResult, write_seeds_page
from metahebb.runs.learn import pupil_of
from metahebb.runs.learn_folder import LearnFolder
from metahebb.tasks.base import Judged

TRIALS = 100, 1000
"""The least and the largest number of fresh trials that a report shows and counts."""
STEPS = 100_000
"""The number of steps that these trials have together, within the same limits."""
STARTS = 10
"""The number of visited states from which slow points are searched."""


def report_learned(run: LearnFolder, *, pdf: bool = False, film: bool = True) -> Path:
    """Write ``report.html``, its figures and the film into a run's folder.

    Args:
        run: the folder.
        pdf: whether to write each figure as a PDF, too.
        film: whether to make the film of trials.

    Returns:
        The path of the page.

    Raises:
        CheckpointError, StorageError: see `metahebb.errors`.
    """
    config, path = run.config, run.path
    pupil = pupil_of(run)
    lived = pupil.test(_n_trials(run, pupil), config.seed)
    born = config.learner.pupil(config.lesson()).weights()
    metrics = run.read_metrics()
    learned = Learned(
        name=path.name,
        what=describe(run),
        outcomes=run.read_outcomes(len(metrics)),
        lived=lived,
        before=born,
        after=pupil.weights(),
        seconds=metrics[-1]["elapsed_s"] if metrics else 0.0,
        facts=facts(run),
        slow=slow_part(pupil, lived, config.seed),
        criterion=Criterion(config.criterion, config.window),
        commands=(
            f"metahebb resume {path} --trials {2 * config.trials}",
            f"metahebb probe {path} --probe zero_weights:at=0,fraction=0.2",
            f"metahebb film {path}",
        ),
    )
    return write_learned_page(path, learned, pdf=pdf, film=film)


def _n_trials(run: LearnFolder, pupil: Pupil) -> int:
    """Return the number of fresh trials: many where they are short, fewer where they are long."""
    task = run.config.task
    once = task.with_trials(1) if isinstance(task, Judged) else task
    n = int(np.clip(STEPS / max(once.max_steps, 1), *TRIALS))
    return -(-n // pupil.block) * pupil.block


def report_learned_seeds(path: Path, runs: Sequence[LearnFolder], *, pdf: bool = False) -> Path:
    """Write the report over several seeds into their folder, and return the page's path."""
    config = runs[0].config
    seeds = [
        SeedResult(
            run.config.seed,
            run.read_outcomes(len(run.read_metrics())),
            run.read_manifest().get("failure", ""),
            f"{run.path.name}/report.html" if (run.path / "report.html").exists() else "",
        )
        for run in runs
    ]
    criterion = Criterion(config.criterion, config.window)
    return write_seeds_page(path, path.name, describe(runs[0]), seeds, criterion=criterion, pdf=pdf)


def describe(run: LearnFolder) -> str:
    """Return in one line what is learned, by which network, and what teaches it."""
    config = run.config
    teacher = type(config.learner).__name__
    own = config.learner.has_own_network
    words = [config.task.label, *([] if own else [config.network.label]), _words(teacher)]
    if config.modulator is not None:
        words.append(_words(type(config.modulator).__name__))
    return " · ".join(words)


def facts(run: LearnFolder) -> list[tuple[str, str]]:
    """Return the rows of the table of facts: what a reader needs to repeat the run."""
    config = run.config
    rows = [("seed", str(config.seed)), ("task", config.task.label)]
    if config.learner.has_own_network:
        return rows
    rows.append(("network", config.network.label))
    neuron = getattr(config.network, "neuron", None)
    if neuron is not None:
        rows.append(("neuron", neuron.name))
    values = ", ".join(f"{name} {value}" for name, value in config.coefficients.items())
    if config.network.rule is not None and values:
        rows.append((f"coefficients of {config.network.rule.name}", values))
    return rows


def _words(name: str) -> str:
    """Return the name of a class in words: ``PredictionError`` becomes ``prediction error``."""
    return "".join(f" {c.lower()}" if c.isupper() else c for c in name).strip()


def slow_part(pupil: Pupil, lived: LivedTrials, seed: int) -> SlowPart | None:
    """Return the slow points of the network that has learned; None: they are not known.

    The search begins at states that the network has visited in ``lived``.
    """
    alone = pupil.autonomous() if isinstance(pupil, AutonomousPupil) else None
    if alone is None:
        return None
    velocity = leaky_velocity(alone.weights, alone.inputs, alone.tau)
    starts = states_of(visited(lived, n=STARTS, seed=seed))
    points = slow_points(velocity, starts, velocity.jacobian)
    if not points:  # very large weights leave no number finite
        return None
    rates = np.tanh(np.array([point.state for point in points])).reshape(len(points), -1)
    return SlowPart(points, rates, "per ms", "without a stimulus")
