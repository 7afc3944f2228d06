"""The protocol of the robustness studies: who sees what, and the numbers of a group."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from experiments.damage.claims import claims_of
from experiments.kit.cells import Cells
from experiments.protocols.arms import ARMS
from experiments.protocols.legs.bodies import BODIES, LEGS, ONE, STEPS, WEAKENED, Fold, words_of
from experiments.protocols.legs.budgets import BUDGETS
from experiments.protocols.legs.groups import KINDS, Group
from experiments.protocols.legs.runs import all_runs, jobs, run_config
from experiments.protocols.legs.tables import kinds_table
from metahebb.analysis.tuning import GRID, SEED
from metahebb.errors import InputError
from metahebb.networks import FeedForward
from metahebb.tasks.locomotion.damage import compiled

QUICK = BUDGETS["quick"]
RATIO = "unseen / intact"


@pytest.mark.parametrize("fold", [*ONE, *WEAKENED], ids=str)
def test_training_never_shows_what_is_tested_as_unseen(fold: Fold) -> None:
    config = run_config(QUICK, ARMS["hebbian"], fold, 0, QUICK.generations)
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
    config = run_config(QUICK, ARMS["hebbian"], fold, 0, QUICK.generations)
    shown = [body for stage in config.stages for body in stage.bodies]
    counts = {body: shown.count(body) for body in config.task.bodies}
    assert sum(counts.values()) == 2 * QUICK.generations
    assert len(set(counts.values())) == 1
    assert {stage.max_steps for stage in config.stages} == {QUICK.train_steps}


def test_every_arm_has_the_same_search_before_tuning() -> None:
    configs = {
        arm: run_config(QUICK, who, WEAKENED[3], 0, QUICK.generations) for arm, who in ARMS.items()
    }
    assert len({config.search for config in configs.values()}) == 1
    assert len({config.schedule for config in configs.values()}) == 1
    assert len({config.network.hidden for config in configs.values()}) == 1
    assert SEED not in {seed for budget in BUDGETS.values() for seed in budget.seeds}
    assert len(set(GRID)) == len(GRID) == 4
    for one, other in itertools.combinations(("stdev", "learning_rate", "initial_stdev"), 2):
        # Each pair of values of two of them is tried.
        assert len({(getattr(s, one), getattr(s, other)) for s in GRID}) == 4
    network = configs["coevolved"].network
    assert isinstance(network, FeedForward)
    assert network.birth == "coevolved"


def test_quick_asks_for_four_folds_and_three_seeds_of_both_main_arms() -> None:
    wanted = set(jobs(QUICK))
    for arm, fold, seed in itertools.product(("hebbian", "static"), WEAKENED, (0, 1, 2)):
        assert (arm, fold, seed) in wanted
    assert {arm for arm, _, _ in wanted} == set(ARMS)
    followed = {(fold, seed) for arm, fold, seed in wanted if arm == "coevolved"}
    assert followed == set(itertools.product(WEAKENED, (0, 1)))
    assert {(fold, seed) for arm, fold, seed in wanted if arm == "lstm"} == {(WEAKENED[3], 0)}
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


def test_finished_runs_only_are_asked_for_where_there_is_none(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    from experiments.kit.running import Order

    monkeypatch.chdir(str(tmp_path))
    with pytest.raises(InputError, match="finished runs of the arm hebbian, got none"):
        all_runs(Order("quick", finished=True))
    assert not any(Path().iterdir())


def group(arm: str, intact: float, unseen: float, folds: tuple[Fold, ...] = WEAKENED) -> Group:
    """Return a group of three seeds whose lives vary a little."""
    rng, cells = np.random.default_rng(0), {}
    for fold, seed in itertools.product(folds, (0, 1, 2)):
        distance = rng.normal(0, 0.1, (len(BODIES), 20))
        distance[0] += intact
        for body in fold.unseen:
            distance[BODIES.index(body)] += unseen
        cells[fold, seed] = Cells(BODIES, distance, np.ones(distance.shape, np.bool_))
    return Group(arm, folds[0].protocol, folds, (0, 1, 2), cells)


def test_only_walkers_retain_something() -> None:
    """A ratio of two negative distances, or of next to nothing, is none."""
    value, low, high = group("hebbian", 8.0, 4.0).retention()
    assert value == pytest.approx(0.5, abs=0.02)
    assert low < value < high
    assert group("hebbian", -2.0, -2.0).retention() == (None, None, None)
    assert group("hebbian", 0.3, 0.3).retention() == (None, None, None)


def test_what_two_groups_retain_is_compared_life_by_life() -> None:
    ours, theirs = group("recurrent", 8, 4), group("hebbian", 8, 2)
    value, low, high = ours.retains_more(theirs)
    assert value == pytest.approx(0.25, abs=0.02)
    # Lives of both differ by the same noise, which the difference of the ratios hardly has.
    _, alone_low, alone_high = ours.retention()
    assert 0 < high - low < (alone_high - alone_low) / 2
    some = theirs.only(theirs.folds[1:], (0, 1))
    (one, other), back = ours.common(some), some.retains_more(ours)
    assert (one.folds, one.seeds) == (other.folds, other.seeds) == (WEAKENED[1:], (0, 1))
    assert back[0] == pytest.approx(-0.25, abs=0.02)
    assert group("lstm", 0.3, 0.3).retains_more(ours) == (None, None, None)
    assert ours.retains_more(group("lstm", 0.3, 0.3)) == (None, None, None)


def test_goals_are_of_four_folds_and_differences_of_common_seeds() -> None:
    hebbian, other = group("hebbian", 8, 4), group("static", 5, 1)
    static = other.only(other.folds, (0, 1))
    claims = claims_of([hebbian, static], [], STEPS, "make it")
    ratios = [claim for claim in claims if claim.name.endswith("unseen / intact")]
    assert [claim.goal for claim in ratios] == [">= 0.6"]
    assert ratios[0].holds is False
    one = claims_of([group("hebbian", 8, 4, WEAKENED[:1])], [], STEPS, "make it")
    assert [c.goal for c in one if c.name.endswith("unseen / intact")] == [None]
    (gap,) = [c for c in claims if c.name.startswith("hebbian − static") and "intact" in c.name]
    assert gap.seeds == (0, 1)
    assert gap.value == pytest.approx(3.0, abs=0.05)
    units = {c.name.split("[")[-1]: c.value for c in claims if "hebbian, trained" in c.name}
    assert units["Bullet units]"] == pytest.approx(4 / 0.0165, rel=0.02)  # the last is of unseen
    assert units["m/s]"] == pytest.approx(4 / 16.5, rel=0.02)


def test_an_arm_that_is_followed_up_has_a_claim_of_each_run_without_an_interval() -> None:
    followed = group("coevolved", 8, 4).only(WEAKENED, (0, 1))
    claims = claims_of([group("hebbian", 8, 2), followed], [], STEPS, "make it")
    each = [c for c in claims if ", seed " in c.name]
    names = {f"{fold.words}, seed {seed}" for fold in WEAKENED for seed in (0, 1)}
    assert {c.name for c in each} == {f"coevolved, {name}: unseen / intact" for name in names}
    assert {(c.low, c.high, c.runs) for c in each} == {(None, None, 1)}
    (every,) = [c for c in claims if c.name == "coevolved, trained on each leg in turn: " + RATIO]
    assert every.runs == 8
    assert every.low < every.value < every.high  # type: ignore[operator]


def test_tables_give_one_run_no_interval() -> None:
    one = group("lstm", 8, 4).only(WEAKENED[:1], (0,))
    alone, many = kinds_table([one, group("hebbian", 8, 2)]).rows
    assert (alone[2], many[2]) == (1, 12)
    assert all(cell[1:] == (None, None) for cell in alone[3:])  # type: ignore[index]
    assert all(None not in cell for cell in many[3:])  # type: ignore[operator]


def test_folds_are_named_in_words() -> None:
    assert WEAKENED[3].words == "trained on the shortened fourth leg"
    assert ONE[0].words == "trained on the shortened left leg without weak motors"
    assert words_of(WEAKENED) == "trained on each leg in turn"
    assert words_of(ONE[:2]) == "trained on 2 legs in turn without weak motors"
