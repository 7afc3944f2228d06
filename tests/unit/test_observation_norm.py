"""The statistics of observations over a search: whose they are, and when they change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from toys import Toy

from metahebb.evolution.backends.base import Job
from metahebb.evolution.backends.in_process import InProcess
from metahebb.evolution.config import ALGORITHMS, SEEDED, SearchConfig
from metahebb.evolution.search import Search
from metahebb.genomes import Merge
from metahebb.networks import OBSERVED, FeedForward
from metahebb.plasticity.rules import RULES
from metahebb.worker import Outcomes, Plan, Setup, observed, outcome_of

NETWORK = FeedForward(hidden=(2,), rule=RULES["a"])
SETUP = Setup.build(Toy(), NETWORK, seed=5, observation_norm=True)


class Spy(InProcess):
    """Notes the jobs of each evaluation, and what came of the lives that add up."""

    def __init__(self, setup: Setup, threads: int = 1) -> None:
        super().__init__(setup, threads, lanes=3)
        self.jobs: list[Sequence[Job]] = []
        self.totals: list[np.ndarray] = []

    def evaluate(self, jobs: Sequence[Job]) -> list[Outcomes]:
        found = super().evaluate(jobs)
        self.jobs.append(jobs)
        if jobs[0].plan.adds_up:
            self.totals.append(observed(found[0]))
        return found


def search_of(
    algorithm: str = "openai_es",
    setup: Setup = SETUP,
    popsize: int = 8,
    episodes: int = 1,
    threads: int = 1,
) -> tuple[Search, Spy]:
    backend = Spy(setup, threads)
    config = SearchConfig(algorithm, popsize=popsize)  # type: ignore[arg-type]
    plan_of = lambda g: Plan(g, 10, (0, 1), episodes)  # noqa: E731
    return Search(config, setup, backend, plan_of, center_lives=2), backend


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_generation_senses_by_what_those_before_it_observed(algorithm: str) -> None:
    search, backend = search_of(algorithm)
    before, evaluations = np.zeros(11), 0
    for _ in range(3):
        search.step()
        own = backend.jobs[evaluations:]
        norms = {id(job.plan.norm) for jobs in own for job in jobs}
        assert len(norms) == 1  # of all jobs, the center's too, and of all evaluations
        norm = own[0][0].plan.norm
        assert norm is not None
        assert norm.totals.tobytes() == before.tobytes()
        for totals in backend.totals[evaluations:]:
            before = before + totals
        evaluations = len(backend.jobs)
        assert search.observed()[OBSERVED].tobytes() == before.tobytes()
    assert before[0] > 3 * 2 * 3  # a candidate lives twice, for three steps or more


@pytest.mark.parametrize(
    ("popsize", "adding"), [(4, 1), (8, 2), (80, 22)]
)  # 25 bytes per candidate, 88 of totals
def test_the_first_candidates_add_up_what_about_doubles_the_traffic(
    popsize: int, adding: int
) -> None:
    search, backend = search_of(popsize=popsize, episodes=2)
    (evaluation,) = search.step()
    first, rest, center = backend.jobs[0]
    assert [job.plan.adds_up for job in (first, rest, center)] == [True, False, False]
    assert (first.candidates, rest.candidates) == (range(adding), range(adding, popsize))
    assert first.point is rest.point
    assert evaluation.outcomes is not None
    assert evaluation.outcomes.dtype == outcome_of(SETUP.task)
    assert evaluation.outcomes.size == 4 * popsize
    assert evaluation.center is not None
    assert evaluation.center.size == 2
    assert evaluation.record.size == popsize + 11


def test_candidates_that_add_up_live_as_they_do_without() -> None:
    raw, _ = search_of(setup=Setup.build(Toy(), NETWORK, seed=5))
    normalized, _ = search_of()
    assert raw.observed() == {}
    # As nothing was observed yet, and no sensor is beyond 5 here.
    (one,), (other,) = raw.step(), normalized.step()
    assert one.record.size == 8
    assert one.outcomes is not None
    assert other.outcomes is not None
    assert one.outcomes.tobytes() == other.outcomes.tobytes()
    (one,), (other,) = raw.step(), normalized.step()
    assert (one.fitness != other.fitness).all()


@pytest.mark.parametrize("algorithm", sorted(SEEDED))
@pytest.mark.parametrize("threads", [1, 2])
def test_the_state_goes_on_with_the_same_statistics(algorithm: str, threads: int) -> None:
    whole, _ = search_of(algorithm)
    for _ in range(2):
        whole.step()
    other, backend = search_of(algorithm, threads=threads)
    other.restore(whole.state(), 2)
    for _ in range(2):
        whole.step()
        other.step()
    states = [search.state() for search in (whole, other)]
    assert {n: v.tobytes() for n, v in states[0].items()} == {
        n: v.tobytes() for n, v in states[1].items()
    }
    norm = backend.jobs[0][0].plan.norm
    assert norm is not None
    assert norm.totals[0] > 0


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_replay_brings_the_same_statistics(algorithm: str) -> None:
    whole, _ = search_of(algorithm)
    noted: list[np.ndarray] = []
    whole.problem.on_fitness = lambda number, record: noted.append(record.copy())
    for _ in range(4):
        whole.step()
    other, backend = search_of(algorithm)
    other.problem.replayed = noted[:-1]
    for _ in range(4):
        other.step()
    assert len(backend.jobs) == 1
    assert other.center().tobytes() == whole.center().tobytes()
    assert other.observed()[OBSERVED].tobytes() == whole.observed()[OBSERVED].tobytes()


@pytest.mark.parametrize("algorithm", ["openai_es", "ga"])
def test_a_step_that_is_broken_off_leaves_nothing_behind(algorithm: str) -> None:
    search, backend = search_of(algorithm)
    search.step()
    before = search.observed()[OBSERVED].tobytes()
    evaluate, calls = backend.evaluate, []

    def broken(jobs: Any) -> Any:
        calls.append(jobs)
        if algorithm == "ga" and len(calls) == 1:
            return evaluate(jobs)  # of two
        raise KeyboardInterrupt

    backend.evaluate = broken  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        search.step()
    assert search.observed()[OBSERVED].tobytes() == before


def test_a_merge_of_rules_keeps_them() -> None:
    maps = {"coefficients": Merge(at=(2,), to=(1,))}
    told = (Toy(), NETWORK, 5, (), maps)
    search, backend = search_of(setup=Setup.build(*told, observation_norm=True))  # type: ignore[arg-type]
    for _ in range(3):
        search.step()
    assert search.n_genes < SETUP.genome.n_genes
    norm = backend.jobs[2][0].plan.norm
    assert norm is not None
    assert norm.totals.tobytes() == (backend.totals[0] + backend.totals[1]).tobytes()
