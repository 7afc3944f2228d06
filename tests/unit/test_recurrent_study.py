"""The study of recurrent networks: its arms, and where their runs are."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from experiments.kit.running import Size
from experiments.protocols.arms import ARMS
from experiments.protocols.genome_maps.points import POINTS
from experiments.protocols.hidden_variable import runs as hidden
from experiments.protocols.hidden_variable.lives import live
from experiments.protocols.legs.bodies import WEAKENED
from experiments.protocols.legs.budgets import BUDGETS
from experiments.protocols.legs.runs import run_config
from experiments.recurrent.runs import OURS, WHO, jobs
from metahebb.networks import FeedForward, Recurrent
from metahebb.runs.center import Center
from metahebb.runs.config import RunConfig


def on_the_ant(size: Size, arm: str) -> RunConfig:
    return run_config(BUDGETS[size], WHO[arm], WEAKENED[3], 0, 4)


def with_the_variable(size: Size, arm: str) -> RunConfig:
    return hidden.run_config(hidden.BUDGETS[size], WHO[arm])


@pytest.mark.parametrize("config_of", [on_the_ant, with_the_variable])
@pytest.mark.parametrize("size", BUDGETS)
def test_arms_differ_in_nothing_but_the_network(config_of, size: Size) -> None:  # type: ignore[no-untyped-def]
    configs = {arm: config_of(size, arm) for arm in WHO}
    hebbian = configs["hebbian"]
    for config in configs.values():
        assert dataclasses.replace(config, network=hebbian.network) == hebbian
        assert config.network.hidden == hebbian.network.hidden
    ours = configs[OURS].network
    assert type(ours) is Recurrent
    assert type(hebbian.network) is FeedForward
    assert vars(ours) == vars(hebbian.network) | {"leak": 1.0}
    assert not ours.is_static
    assert len({WHO[arm].grid for arm in WHO}) == 1


def test_an_arm_of_another_study_is_the_same_one_there() -> None:
    """Runs are told apart by the names of arms and points alone."""
    points = {name: point.arm for name, point in POINTS.items()}
    assert OURS not in {*ARMS, *points}
    for name in WHO.keys() - {OURS}:
        assert WHO[name] == ARMS[name] == points.get(name, ARMS[name])


def test_every_arm_has_every_seed_on_every_fold() -> None:
    assert jobs("quick") == [(arm, WEAKENED[3]) for arm in WHO]
    assert set(jobs("paper")) == {(arm, fold) for arm in WHO for fold in WEAKENED}
    assert len(BUDGETS["quick"].seeds) == 3
    assert len(hidden.BUDGETS["quick"].seeds) == 5


def test_arms_live_in_the_same_worlds() -> None:
    """Differences are taken life by life."""
    flips = []
    for arm in WHO:
        config = with_the_variable("smoke", arm)
        genes = np.full(config.setup().genome.n_genes, 0.1, np.float32)
        flips.append(live(Center(Path(), config, 7, genes, config.setup()), 5).flips)
    assert len(set(flips[0][0].tolist())) > 1
    for other in flips[1:]:
        np.testing.assert_array_equal(other, flips[0])
