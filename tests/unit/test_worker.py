"""Candidates in, outcomes out: which keys lives get, and that outcomes come in order."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from toys import Toy

from metahebb.life import Ending
from metahebb.networks import FeedForward
from metahebb.noise import Stream
from metahebb.plasticity.rule import rule_from_source
from metahebb.plasticity.rules import RULES
from metahebb.worker import (
    Fresh,
    GivenPoint,
    Plan,
    SearchPoint,
    Setup,
    Worker,
    all_lives,
    is_nonfinite,
    outcome_of,
    spare,
)

NETWORK = FeedForward((6,), RULES["abcd_lr"])
SETUP = Setup.build(Toy(), NETWORK, seed=9)
N_GENES = SETUP.genome.n_genes
CENTER = np.linspace(-0.5, 0.5, N_GENES, dtype=np.float32)
POINT = SearchPoint(CENTER, np.full(N_GENES, 0.1, np.float32), mirrored=True)
PLAN = Plan(generation=4, max_steps=12, bodies=(0, 1), episodes=2)


def genes(source):
    return SETUP.genome.genes(source)


def test_setup_is_direct():
    assert N_GENES == 5 * (5 * 6 + 6 * 3)


def test_lives_of_a_plan():
    lives = all_lives(SETUP, PLAN, POINT, range(3, 5))
    assert PLAN.lives_per_candidate == 4
    assert [life.unit for life in lives] == list(range(8))
    assert [life.body for life in lives] == [0, 1, 0, 1] * 2
    assert {life.max_steps for life in lives} == {12}
    for candidate, episode in ((3, 0), (3, 3), (4, 1)):
        life = lives[4 * (candidate - 3) + episode]
        for key, stream in ((life.birth, Stream.BIRTH), (life.environment, Stream.ENVIRONMENT)):
            assert (key.seed, key.stream, key.generation) == (9, stream, 4)
            assert (key.index, key.episode) == (candidate, episode)


def test_fresh_lives_come_from_streams_that_selection_never_sees():
    plan = Plan(generation=4, max_steps=12, episodes=2, fresh=Fresh.EVALUATION)
    lives = all_lives(SETUP, plan, GivenPoint(CENTER[None]), range(1))
    assert {life.birth.stream for life in lives} == {Stream.EVALUATION_BIRTH}
    assert {life.environment.stream for life in lives} == {Stream.EVALUATION_ENVIRONMENT}
    assert [(life.birth.index, life.birth.episode) for life in lives] == [(1, 0), (1, 1)]
    assert [*Fresh] == [0, 1, 2]  # no other numbers: keys of random numbers have them


def test_mirrored_candidates_are_symmetrical_about_the_center():
    for pair in (0, 7):
        plus, minus = (genes(POINT.source(9, 4, 2 * pair + k)) for k in (0, 1))
        np.testing.assert_allclose((plus + minus) / 2, CENTER, atol=2e-8)
        assert np.std(plus - CENTER) == pytest.approx(0.1, rel=0.15)


def test_candidates_differ_by_generation_index_and_seed():
    one = genes(POINT.source(9, 4, 0))
    for other in ((9, 4, 2), (9, 5, 0), (8, 4, 0)):
        assert (genes(POINT.source(*other)) != one).mean() > 0.9


def test_unmirrored_candidates_are_all_plus():
    alone = SearchPoint(POINT.center, POINT.stdev, mirrored=False)
    np.testing.assert_array_equal(genes(alone.source(9, 4, 1)), genes(POINT.source(9, 4, 2)))


def test_given_candidates_may_begin_anywhere():
    rows = np.arange(2 * N_GENES, dtype=np.float32).reshape(2, N_GENES)
    np.testing.assert_array_equal(genes(GivenPoint(rows, first=5).source(0, 0, 6)), rows[1])


def test_outcomes_come_in_order_of_candidates_and_episodes():
    """Whoever evaluates them, in however many lanes, in whatever pieces."""
    whole = Worker(SETUP, lanes=3).evaluate(PLAN, POINT, range(6))
    assert whole.dtype == outcome_of(Toy())
    assert whole.size == 24
    worker = Worker(SETUP, lanes=8)
    parts = [worker.evaluate(PLAN, POINT, part) for part in (range(0, 1), range(1, 5), range(5, 6))]
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    assert np.unique(whole["episode_return"]).size == 24
    assert (whole["steps"] >= 3).all()
    assert (whole["ending"] == Ending.TERMINATED).all()
    np.testing.assert_allclose(whole["distance"], whole["episode_return"], rtol=1e-12)


def test_seeded_and_given_candidates_live_the_same():
    rows = np.stack([genes(POINT.source(9, 4, candidate)) for candidate in range(2, 6)])
    worker = Worker(SETUP, lanes=2)
    np.testing.assert_array_equal(
        worker.evaluate(PLAN, POINT, range(2, 6)),
        worker.evaluate(PLAN, GivenPoint(rows, first=2), range(2, 6)),
    )


def test_nonfinite_lives_are_marked():
    rows = np.stack([CENTER, np.full(N_GENES, np.inf, np.float32)])
    outcomes = Worker(SETUP, lanes=2).evaluate(PLAN, GivenPoint(rows), range(2))
    np.testing.assert_array_equal(is_nonfinite(outcomes), [False] * 4 + [True] * 4)
    np.testing.assert_array_equal(np.isnan(outcomes["episode_return"]), is_nonfinite(outcomes))


def test_what_workers_agree_on_can_travel():
    setup, plan = pickle.loads(pickle.dumps((SETUP, PLAN)))
    np.testing.assert_array_equal(
        Worker(setup, lanes=2).evaluate(plan, POINT, range(2)),
        Worker(SETUP, lanes=2).evaluate(PLAN, POINT, range(2)),
    )


def mean_square(setup, values):
    """Return what one life in `setup` says of the genes that it was born with."""
    plan = Plan(0, max_steps=2)
    point = GivenPoint(values[None].astype(np.float32))
    (outcome,) = Worker(setup, lanes=1).evaluate(plan, point, range(1))
    return outcome["mean_square"]


def test_penalty_is_of_coefficients_alone():
    coevolved = Setup.build(Toy(), FeedForward((6,), RULES["ad"], birth="coevolved"), 0)
    assert mean_square(coevolved, np.repeat([2.0, 100.0], [96, 48])) == 4
    static = Setup.build(Toy(), FeedForward((6,), RULES["static"]), 0)
    assert mean_square(static, np.full(48, 3.0)) == 9


def test_a_rule_without_coefficients_has_no_penalty():
    rule = rule_from_source("def hebb(pre, post, /):\n    return 0.01 * pre * post", "hebb")
    setup = Setup.build(Toy(), FeedForward((6,), rule, birth="coevolved"), 0)
    assert mean_square(setup, np.ones(48)) == 0


def test_observers_see_candidates_that_live_once_more():
    seen = []

    class Notes:
        def observe(self, moment):
            seen.extend(zip(moment.units.tolist(), moment.steps.tolist(), strict=True))

    outcomes = spare(SETUP, 2, PLAN, POINT, range(1), observers=[Notes()])
    lived = [(unit, step) for unit, n in enumerate(outcomes["steps"]) for step in range(n)]
    assert sorted(seen) == lived
