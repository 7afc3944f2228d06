"""The gate of the whole step: who is told the reward follows a reversal, who is not guesses."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pytest

from metahebb.evolution.backends.in_process import InProcess
from metahebb.evolution.search import Search
from metahebb.genomes import GivenGenes
from metahebb.plasticity.rules import RULES
from metahebb.runs.presets import preset
from metahebb.worker import Fresh, Plan, Worker

LIVES = 64


def accuracy_after_reversal(base: float, gate: float) -> float:
    """Evolve the preset ``bandit``; return the center's mean accuracy in fresh lives."""
    config = preset("bandit")
    rule = RULES["reward_abcd"].with_constants(base=base, gate=gate)
    config = replace(config, network=replace(config.network, rule=rule))
    setup = config.setup()
    backend = InProcess(setup, threads=1)
    try:
        search = Search(config.search, setup, backend, config.plan, center_lives=0)
        for _ in range(config.generations):
            search.step()
    finally:
        backend.close()
    plan = Plan(config.generations, config.task.max_steps, episodes=LIVES, fresh=Fresh.EVALUATION)
    lives = plan.lives(setup, 0, GivenGenes(search.center()), 0)
    with Worker(setup, 16) as worker:
        return float(np.nanmean([result.measures["after"] for result in worker.live(lives)]))


@pytest.mark.slow
def test_told_of_the_reward_a_network_follows_the_reversal_and_otherwise_it_guesses(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    assert accuracy_after_reversal(base=0.0, gate=1.0) >= 0.95
    assert accuracy_after_reversal(base=1.0, gate=0.0) <= 0.6
