"""The protocol of the robustness studies: who sees what, and the numbers of a group."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from experiments.arms import ARMS
from experiments.cells import Cells
from experiments.damage import KINDS, Group
from experiments.robustness import (
    BODIES,
    BUDGETS,
    LEGS,
    ONE,
    WEAKENED,
    Fold,
    all_runs,
    jobs,
    run_config,
)
from experiments.tuning import GRID, SEED
from metahebb.networks import FeedForward
from metahebb.tasks.damage import compiled

QUICK = BUDGETS["quick"]


@pytest.mark.parametrize("fold", [*ONE, *WEAKENED], ids=str)
def test_training_never_shows_what_is_tested_as_unseen(fold: Fold) -> None:
    config = run_config(QUICK, "hebbian", fold, 0, QUICK.generations)
    assert set(fold.unseen) | {fold.leg} == set(LEGS)
    intact = compiled("ant", "intact", "implicitfast")
    for body in config.task.bodies:
        assert body not in fold.unseen
        model = compiled("ant", body, "implicitfast")
        changed = np.flatnonzero((model.geom_size != intact.geom_size).any(axis=1))
        seen = {fold.leg.removeprefix("short_") + "_geom"} if body == fold.leg else set()
        assert {model.geom(int(g)).name for g in changed} == seen


def test_a_weak_leg_is_the_one_that_is_tested_shortened() -> None:
    """The motors of ``weak`` and the shin of ``short`` hang from the same leg."""
    intact = compiled("ant", "intact", "implicitfast")
    _, leg, *weak = Fold("weak", LEGS[0]).training
    assert leg == LEGS[0]
    for body, unseen in zip(weak, LEGS[1:], strict=True):
        model = compiled("ant", body, "implicitfast")
        motors = np.flatnonzero(model.actuator_gear[:, 0] != intact.actuator_gear[:, 0])
        assert len(motors) == 2
        shin = intact.geom(unseen.removeprefix("short_") + "_geom")
        ankle = intact.geom_bodyid[shin.id]
        joints = {int(intact.actuator_trnid[m, 0]) for m in motors}
        chain = {int(ankle), int(intact.body_parentid[ankle])}
        assert {int(intact.jnt_bodyid[j]) for j in joints} == chain


@pytest.mark.parametrize("fold", [ONE[0], WEAKENED[0]], ids=str)
def test_every_body_has_its_turn(fold: Fold) -> None:
    config = run_config(QUICK, "hebbian", fold, 0, QUICK.generations)
    shown = [body for stage in config.stages for body in stage.bodies]
    counts = {body: shown.count(body) for body in config.task.bodies}
    assert sum(counts.values()) == 2 * QUICK.generations
    assert len(set(counts.values())) == 1
    short, long = QUICK.train_steps
    assert {config.stage(g).max_steps for g in range(QUICK.generations // 2)} == {short}
    assert config.stage(QUICK.generations - 1).max_steps == long


def test_every_arm_has_the_same_search_before_tuning() -> None:
    configs = {arm: run_config(QUICK, arm, ONE[3], 0, QUICK.generations) for arm in ARMS}
    assert len({config.search for config in configs.values()}) == 1
    assert len({config.schedule for config in configs.values()}) == 1
    assert len({config.network.hidden for config in configs.values()}) == 1
    assert SEED not in {seed for budget in BUDGETS.values() for seed in budget.seeds}
    assert len(set(GRID)) == len(GRID) == 8
    network = configs["coevolved"].network
    assert isinstance(network, FeedForward)
    assert network.birth == "coevolved"


def test_quick_asks_for_four_folds_and_three_seeds_of_both_main_arms() -> None:
    wanted = set(jobs(QUICK))
    for arm, fold, seed in itertools.product(("hebbian", "static"), ONE, (0, 1, 2)):
        assert (arm, fold, seed) in wanted
    assert {arm for arm, _, _ in wanted} == set(ARMS)
    assert len(QUICK.seeds) == 3
    assert QUICK.lives == 100


def test_a_group_averages_the_bodies_of_a_kind() -> None:
    """Unseen legs at 2 m, the seen one at 3, intact 4; one run's intact lives differ by fold."""
    folds = ONE[:2]
    cells = {}
    for place, fold in enumerate(folds):
        distance = np.ones((len(BODIES), 5))
        for row, body in enumerate(BODIES):
            if body in fold.unseen:
                distance[row] = 2
        distance[BODIES.index(fold.leg)] = 3
        distance[0] = 4 + 2 * place
        cells[fold, 0] = Cells(BODIES, distance, np.ones(distance.shape, np.bool_))
    means, draws = Group("hebbian", "one", folds, (0,), cells).draws()
    assert means == {
        "intact": 5, "seen": 3, "unseen": 2, "long": 1, "pairs": 1, "alive": 1,
    }  # fmt: skip
    assert set(draws) == set(KINDS)
    # Folds are not drawn: with runs and lives alike, nothing varies.
    np.testing.assert_allclose(draws["intact"], 5)


def test_finished_runs_only_means_none_where_there_is_none(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    from experiments.running import Order

    monkeypatch.chdir(str(tmp_path))
    assert all_runs(Order("quick", finished=True)) == ({}, {})
