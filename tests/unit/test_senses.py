"""What networks sense where observations are normalized, and how these are added up."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from toys import Toy

from metahebb.genomes import GivenGenes
from metahebb.networks import FeedForward, Gated, Network, ObservationNorm, Recurrent
from metahebb.plasticity.rules import RULES
from metahebb.probes import Moment
from metahebb.probes.noise_sensors import NoiseSensors
from metahebb.worker import GivenPoint, Plan, Setup, Worker, observed, plain

NETWORK = FeedForward((6,), RULES["abcd_lr"])
TOTALS = np.array([40, *(4, -8, 0, 2, 80), *(40, 8, 0.04, 90, 1000)], np.float64)
NORM = ObservationNorm(TOTALS)
PLAN = Plan(generation=4, max_steps=12, bodies=(0, 1), episodes=2, norm=NORM, adds_up=True)


def setup_of(network: Network = NETWORK) -> Setup:
    return Setup.build(Toy(), network, seed=9)


def point_of(setup: Setup, n: int = 6) -> GivenPoint:
    rng = np.random.default_rng(0)
    return GivenPoint(rng.uniform(-0.5, 0.5, (n, setup.genome.n_genes)).astype(np.float32))


@dataclass
class Notes:
    """A probe that notes what each life's task shows, and what its network senses of it."""

    shown: dict[int, list[np.ndarray]] = field(default_factory=dict)
    sensed: dict[int, list[np.ndarray]] = field(default_factory=dict)

    def __call__(self, moment: Moment) -> None:
        for lane, unit in zip(moment.lanes, moment.units, strict=True):
            self.shown.setdefault(int(unit), []).append(moment.task.observations[lane].copy())

    def change_outputs(self, moment: Moment, outputs: np.ndarray) -> None:
        for lane, unit in zip(moment.lanes, moment.units, strict=True):
            sensors = moment.network.activity(int(lane))[0][:5]
            self.sensed.setdefault(int(unit), []).append(sensors)


def noted(setup: Setup, plan: Plan = PLAN, lanes: int = 3) -> tuple[np.ndarray, Notes]:
    notes = Notes()
    worker = Worker(replace(setup, probes=(*setup.probes, notes)), lanes)
    return worker.evaluate(plan, point_of(setup), range(6)), notes


def test_totals_are_those_of_numpy() -> None:
    outcomes, notes = noted(setup_of())
    assert outcomes.size == 24
    everything = []
    for unit, row in enumerate(outcomes["observed"]):
        seen = np.stack(notes.shown[unit]).astype(np.float64)
        assert len(seen) == outcomes["steps"][unit]
        wanted = np.concatenate([[len(seen)], seen.sum(0), (seen * seen).sum(0)])
        assert row.tobytes() == wanted.tobytes()  # the rows of so small an array are added in order
        everything.append(seen)
    norm = ObservationNorm.of_nothing(5).after(observed(outcomes))
    seen = np.concatenate(everything)
    assert norm.totals[0] == len(seen)
    # Rounding of float64 sums, then of float32.
    np.testing.assert_allclose(norm.mean, seen.mean(0), rtol=1e-6)
    np.testing.assert_allclose(norm.std, seen.std(0), rtol=1e-6)


@pytest.mark.parametrize(
    "network", [NETWORK, Recurrent((6,)), Gated("gru", (4,)), FeedForward((6,), RULES["static"])]
)
def test_networks_sense_what_the_formula_says(network: Network) -> None:
    _, notes = noted(setup_of(network))
    np.testing.assert_allclose(NORM.mean, [0.1, -0.2, 0, 0.05, 2], rtol=1e-6)
    variances = [1 - 0.01, 0.2 - 0.04, 0.01, 2.25 - 0.0025, 25 - 4]  # the third is the least
    np.testing.assert_allclose(NORM.std, np.sqrt(variances), rtol=1e-6)
    for unit, shown in notes.shown.items():
        wanted = ((np.stack(shown) - NORM.mean) / NORM.std).clip(-5, 5)
        assert np.stack(notes.sensed[unit]).tobytes() == wanted.tobytes()
    assert max(np.abs(rows).max() for rows in notes.sensed.values()) == 5


def test_before_anything_is_observed_observations_are_only_clipped() -> None:
    nothing = ObservationNorm.of_nothing(5)
    assert nothing.mean.tolist() == [0] * 5
    assert nothing.std.tolist() == [1] * 5
    loud = replace(setup_of(), probes=(NoiseSensors(at=0, stdev=9.0),))
    _, notes = noted(loud, replace(PLAN, norm=nothing))
    shown = np.concatenate(list(notes.shown.values()))
    assert (np.abs(shown) > 5).any()
    assert (np.concatenate(list(notes.sensed.values())) == shown.clip(-5, 5)).all()


def test_a_probe_changes_observations_before_they_are_normalized() -> None:
    outcomes, notes = noted(replace(setup_of(), probes=(NoiseSensors(at=1, stdev=1.0),)))
    _, without = noted(setup_of())
    changed = np.stack(notes.shown[0])[1] - np.stack(without.shown[0])[1]
    assert (changed != 0).all()
    # What is added up is what the probe makes of it.
    sums = np.stack(notes.shown[0]).astype(np.float64).sum(0)
    assert outcomes["observed"][0, 1:6].tobytes() == sums.tobytes()


@pytest.mark.parametrize("lanes", [1, 2, 9, 40])
def test_a_lane_alone_is_that_lane_among_many(lanes: int) -> None:
    setup = setup_of()
    assert noted(setup, lanes=lanes)[0].tobytes() == noted(setup, lanes=3)[0].tobytes()


@pytest.mark.parametrize("lanes", [1, 4])
def test_each_life_has_the_statistics_that_it_brings(lanes: int) -> None:
    """Whoever lived in its lane before, and whoever lives in others."""
    setup, other = setup_of(), ObservationNorm(TOTALS[[0, 5, 4, 3, 2, 1, 10, 9, 8, 7, 6]])
    source, worker, lives, wanted = (
        GivenGenes(point_of(setup).values[0]),
        Worker(setup, lanes),
        [],
        [],
    )
    for norm in (NORM, None, other):
        plan = replace(PLAN, norm=norm, adds_up=norm is not other)
        own = list(plan.lives(setup, 0, source, len(lives)))
        wanted += sorted(Worker(setup, 2).live(iter(own)), key=lambda r: r.unit)
        lives += own
    mixed = [lives[k] for k in np.random.default_rng(0).permutation(len(lives))]
    assert sorted(worker.live(iter(mixed)), key=lambda r: r.unit) == wanted
    raw = list(Worker(setup, 2).live(replace(PLAN, norm=None).lives(setup, 0, source, 4)))
    assert sorted(raw, key=lambda r: r.unit) == wanted[4:8]
    assert [r.episode_return for r in wanted[:4]] != [r.episode_return for r in wanted[8:]]
    assert [bool(r.observed) for r in wanted] == [True] * 8 + [False] * 4


def test_the_set_up_says_it_where_the_plan_does_not() -> None:
    setup = setup_of()
    told = noted(replace(setup, norm=NORM), replace(PLAN, norm=None))[0]
    assert told.tobytes() == noted(setup)[0].tobytes()
    raw = noted(setup, replace(PLAN, norm=None))[0]
    assert (raw["episode_return"] != told["episode_return"]).all()


def test_without_statistics_nothing_is_allocated_or_carried() -> None:
    setup = setup_of()
    worker = Worker(setup, 2)
    plan = replace(PLAN, norm=None, adds_up=False)
    outcomes = worker.evaluate(plan, point_of(setup), range(6))
    assert worker._lanes._senses is None
    added_up = replace(plan, adds_up=True)
    assert plain(Worker(setup, 2).evaluate(added_up, point_of(setup), range(6))).tobytes() == (
        outcomes.tobytes()
    )


def test_lives_that_end_non_finite_are_not_counted() -> None:
    setup = setup_of()
    point = point_of(setup)
    point.values[1:] = np.nan
    outcomes = Worker(setup, 2).evaluate(PLAN, point, range(6))
    assert observed(outcomes).tobytes() == observed(outcomes[:4]).tobytes()
    assert observed(outcomes)[0] == outcomes["steps"][:4].sum()
    assert observed(outcomes[4:]).tolist() == [0] * 11
    outcomes["observed"][1] = np.inf
    assert observed(outcomes)[0] == outcomes["steps"][[0, 2, 3]].sum()
