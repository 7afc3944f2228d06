"""The study of the delay: pairs that differ in nothing else, and its numbers, computed by hand."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest
from report_runs import ant, evaluation

from experiments.delay.claims import DELAYED, SYNCHRONOUS, area, area_ratio, claims_of, ending, gap
from experiments.delay.runs import ARMS, BUDGETS, Pairs, Part, curve, jobs, returns_of
from experiments.kit.running import Size, evolved
from metahebb.evolution.backends.base import Job
from metahebb.evolution.backends.where import Where
from metahebb.runs.config import RunConfig
from metahebb.runs.presets import preset
from metahebb.runs.storage import write_json
from metahebb.worker import Fresh, GivenPoint, Plan

WHERE = Where(threads=1)
PART = Part("reversal", (3, 5), 2, "return")
WIDER = 12.706205 / 1.959964 * math.sqrt(2)
"""Of an interval of two runs: Student's t by normal quantile, and √(n / (n − 1))."""


def pairs(
    curves: dict[str, list[list[float]]],
    returns: dict[str, list[list[float]]] | None = None,
    part: Part = PART,
) -> Pairs:
    """Return made-up pairs, in the order synchronous, delayed."""
    found = {arm: np.array(values) for arm, values in curves.items()}
    lived = {arm: np.array(values) for arm, values in (returns or curves).items()}
    seeds = part.seeds[: len(found[DELAYED])]
    return Pairs(part, seeds, {}, lived, found)


WAYS = {SYNCHRONOUS: [[0.0, 2.0], [2.0, 4.0]], DELAYED: [[1.0, 1.0], [0.0, 4.0]]}


@pytest.mark.parametrize("size", BUDGETS)
def test_arms_differ_in_nothing_but_the_delay(size: Size) -> None:
    for part in BUDGETS[size]:
        one, other = (part.config(arm, 7) for arm in (SYNCHRONOUS, DELAYED))
        assert (one.search.delay, other.search.delay) == (0, 1)
        search = dataclasses.replace(other.search, delay=0)
        assert dataclasses.replace(other, search=search) == one
        if size != "smoke":
            assert one == dataclasses.replace(preset(part.preset), seed=7)


def test_whole_pairs_come_early() -> None:
    told = [(3, SYNCHRONOUS), (3, DELAYED), (5, SYNCHRONOUS), (5, DELAYED)]
    assert list(jobs(PART.seeds)) == told
    paper = {part.preset: len(part.seeds) for part in BUDGETS["paper"]}
    assert paper["ant"] == 5


@pytest.mark.parametrize("arm", ARMS)
def test_a_curve_is_of_centers_by_their_updates(
    arm: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Entry 1 of either arm is what the center of one update returns in the lives it was given."""
    WHERE.prepare()
    whole = dataclasses.replace(PART, generations=3, popsize=8).config(arm, 0)
    run = evolved(tmp_path / "three", whole, WHERE)
    once: RunConfig = dataclasses.replace(whole, generations=1)
    center = evolved(tmp_path / "one", once, WHERE).load().genes
    generation = 1 + ARMS[arm]
    watch = Plan(generation, whole.task.max_steps, (0,), whole.center_lives, fresh=Fresh.WATCHED)
    backend = WHERE.backend(run.load().setup)
    (lived,) = backend.evaluate([Job(watch, GivenPoint(center[None]), 1)])
    backend.close()
    found = curve(run)
    assert found.shape == (2,)
    assert found[1] == pytest.approx(lived["episode_return"].mean(), rel=1e-6)
    assert found[0] != found[1]


def test_a_life_that_ended_non_finite_returns_0(tmp_path: Path) -> None:
    run = ant(tmp_path / "run", damages=("intact", "short_left_ankle"))
    kept = evaluation(returns=[4.0, None], nonfinite=1)
    other = evaluation(returns=[9.0, 9.0])
    kept["bodies"]["short_left_ankle"] = other["bodies"]["intact"]
    write_json(run.path / "evaluation.json", kept)
    assert returns_of(run, 2, WHERE).tolist() == [4.0, 0.0]


def test_lives_of_another_number_are_lived_again(tmp_path: Path) -> None:
    run = ant(tmp_path / "run", max_steps=3)
    write_json(run.path / "evaluation.json", evaluation())
    found = returns_of(run, 3, WHERE)
    assert found.shape == (3,)
    assert found.tolist() == returns_of(run, 3, WHERE).tolist()
    assert np.abs(found).max() < 1  # in three steps


def test_areas_are_means_of_curves() -> None:
    found = pairs(WAYS)
    assert area(found, SYNCHRONOUS) == pytest.approx((2, 2 - WIDER, 2 + WIDER))
    assert area(found, DELAYED) == pytest.approx((1.5, 1.5 - WIDER / 2, 1.5 + WIDER / 2))


def test_the_ratio_of_areas_draws_both_arms_of_a_seed_together() -> None:
    """Areas of 10 and 8, and of 10.4 and 9.36: one seed twice gives 0.8 or 0.9."""
    ways = {SYNCHRONOUS: [[10.0], [10.4]], DELAYED: [[8.0], [9.36]]}
    ratio = 17.36 / 20.4
    ends = (ratio + WIDER * (end - ratio) for end in (0.8, 0.9))
    assert area_ratio(pairs(ways)) == pytest.approx((ratio, *ends))


def test_a_ratio_of_nothing_says_nothing() -> None:
    mean, low, _ = area(pairs(WAYS), SYNCHRONOUS)
    assert low < 0 < mean
    assert area_ratio(pairs(WAYS)) == (None, None, None)


def test_one_pair_has_a_ratio_without_an_interval() -> None:
    ways = {arm: values[1:] for arm, values in WAYS.items()}
    assert area(pairs(ways), SYNCHRONOUS) == (3, None, None)
    assert area_ratio(pairs(ways)) == (2 / 3, None, None)
    fell = {arm: [[-1.0, 0.0]] for arm in ARMS}
    assert area_ratio(pairs(fell)) == (None, None, None)


def test_the_gap_is_taken_life_by_life_of_the_same_seed() -> None:
    lived = {SYNCHRONOUS: [[1.0, 5.0], [9.0, 20.0]], DELAYED: [[0.5, 4.5], [8.5, 19.5]]}
    found = pairs(WAYS, lived)
    assert gap(found) == pytest.approx((-0.5, -0.5, -0.5))
    mean, low, high = ending(found, DELAYED)
    assert mean == 33 / 4
    assert low < 0 < 20 < high


def test_no_interval_goes_beyond_what_a_return_can_be() -> None:
    lived = {SYNCHRONOUS: [[1.0], [0.0]], DELAYED: [[-1.0], [0.0]]}
    found = pairs(WAYS, lived, dataclasses.replace(PART, bound=1.0))
    assert ending(found, SYNCHRONOUS) == (0.5, -1.0, 1.0)
    assert gap(found) == (-1.0, -2.0, 2.0)


def test_claims_name_world_arm_and_measure(tmp_path: Path) -> None:
    one = dataclasses.replace(pairs(WAYS), runs={arm: [ant(tmp_path / arm)] for arm in ARMS})
    claims = {claim.name: claim for claim in claims_of(one, "make it")}
    values = {name: claim.value for name, claim in claims.items()}
    assert values == {
        "reversal, synchronous: return after 6 generations": 2.0,
        "reversal, delayed: return after 6 generations": 1.5,
        "reversal, delayed − synchronous: return after 6 generations": -0.5,
        "reversal, synchronous: return, mean over the learning curve": 2.0,
        "reversal, delayed: return, mean over the learning curve": 1.5,
        "reversal, delayed / synchronous: area under the learning curve": None,
    }
    assert {claim.goal for claim in claims.values()} == {None}
    assert {claim.seeds for claim in claims.values()} == {(3, 5)}
