"""The same fresh trials of a network that has learned, with probes and without them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from metahebb.analysis.statistics import mean_of
from metahebb.errors import InputError
from metahebb.learning.base import ProbedPupil
from metahebb.learning.lived import LivedTrials
from metahebb.probes import check_probes, parse_probes
from metahebb.runs.learn import pupil_of
from metahebb.runs.learn_folder import LearnFolder

NUMBERS = {"correct": "accuracy", "error": "error", "reward": "reward"}
"""The numbers of a trial that are compared, and their words."""


def fresh_trials(
    run: LearnFolder, n_trials: int, seed: int, probes: Sequence[str] = ()
) -> LivedTrials:
    """Return fresh trials of the network of ``run``, without learning.

    Args:
        run: the folder.
        n_trials: the number of trials; it is rounded up to whole batches.
        seed: the seed of the fresh trials.
        probes: probes as texts, which act in these trials.

    Raises:
        InputError: there are no trials, there is no such probe, or the network cannot be probed.
    """
    if n_trials < 1:
        raise InputError(f"expected at least 1 trial, got {n_trials}")
    pupil = pupil_of(run)
    n_trials = -(-n_trials // pupil.block) * pupil.block
    if not probes:
        return pupil.test(n_trials, seed)
    if not isinstance(pupil, ProbedPupil):
        learner = type(run.config.learner).__name__
        raise InputError(
            f"expected a network that learns by rules alone for probes, got the learner {learner}; "
            "leave out --probe, or use --learner lifetime"
        )
    parsed = parse_probes(tuple(probes))
    check_probes(parsed, run.config.task, run.config.network)
    return pupil.probed(n_trials, seed, parsed)


def probe_trials(
    run: LearnFolder, probes: Sequence[str], n_trials: int, seed: int
) -> dict[str, Any]:
    """Compare the same fresh trials with ``probes`` and without.

    Returns:
        The probes, the number of trials and the seed; and for each of accuracy, error and reward
        ``with``, ``without`` and ``difference``: the mean, and ``low`` and ``high`` of its 95 %
        interval over trials, which is that of paired differences for the last of them.

    Raises:
        InputError: see `fresh_trials`; or no probe is given.
    """
    if not probes:
        raise InputError(
            "expected at least one probe, got none; write for example --probe "
            "zero_weights:at=0,fraction=0.2"
        )
    with_, without = (fresh_trials(run, n_trials, seed, each) for each in (probes, ()))
    result: dict[str, Any] = {"probes": list(probes), "trials": len(without), "seed": seed}
    for name, word in NUMBERS.items():
        one, other = getattr(with_.outcomes, name), getattr(without.outcomes, name)
        if not np.isfinite(other).any():
            continue
        n = min(one.size, other.size)  # a probe may end a life early
        result[word] = {
            "with": mean_of(one),
            "without": mean_of(other),
            "difference": mean_of(one[:n] - other[:n]),
        }
    return result
