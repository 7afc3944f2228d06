"""The search over a formula: decays, fitness, state, replay."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import psutil
import pytest
from small_search import N_GENES, SETUP, Formula, hill, search_of

from metahebb.errors import CheckpointError, InputError, ProgressError
from metahebb.evolution.backends.base import Job
from metahebb.evolution.config import ALGORITHMS, SEEDED, SearchConfig
from metahebb.evolution.problem import LifeProblem
from metahebb.evolution.search import Search
from metahebb.noise import Key, Stream, normals
from metahebb.worker import Fresh, GivenPoint, Outcomes, Plan, SearchPoint

DECAYS = {
    "stdev_decay": 0.5,
    "stdev_floor": 0.03,
    "learning_rate_decay": 0.5,
    "learning_rate_floor": 0.004,
}
STATEFUL = [
    *[("openai_es", {"optimizer": o, **DECAYS}) for o in ("adam", "sgd", "clipup")],
    *[("pgpe", {"optimizer": o}) for o in ("adam", "sgd", "clipup")],
    ("snes", {}), ("cem", {}),
]  # fmt: skip


def steps(search: Search, count: int) -> list[bytes]:
    """Take steps; return the center's bytes after each."""
    return [(search.step(), search.center().tobytes())[1] for _ in range(count)]


def learning_rate(search: Search) -> float:
    return float(search.searcher.optimizer.param_groups[0]["lr"])


@pytest.mark.parametrize("algorithm", ["openai_es", "pgpe"])
def test_the_first_center_is_noise_of_the_seed(algorithm: str) -> None:
    search = search_of(hill, algorithm, initial_stdev=0.3)
    noise = normals(Key(SETUP.seed, Stream.INITIAL), N_GENES)
    assert search.center().tolist() == (noise * np.float32(0.3)).tolist()
    assert search.generation == 0


def test_candidates_are_center_plus_and_minus_the_same_noise() -> None:
    backend = Formula(hill)
    search = search_of(backend, stdev=0.25)
    center = search.center()
    search.step()
    assert backend.genes.shape == (8, N_GENES)
    for pair in range(4):
        noise = normals(Key(SETUP.seed, Stream.SEARCH, 0, pair), N_GENES) * np.float32(0.25)
        assert backend.genes[2 * pair] == pytest.approx(center + noise, abs=1e-6)
        assert backend.genes[2 * pair + 1] == pytest.approx(center - noise, abs=1e-6)


@pytest.mark.parametrize("optimizer", ["adam", "sgd", "clipup"])
def test_decays_stop_at_their_floors(optimizer: str) -> None:
    told = {"stdev": 0.1, "learning_rate": 0.02, "optimizer": optimizer, **DECAYS}
    search = search_of(hill, **told)
    stdevs, rates = [], []
    for _ in range(4):
        search.step()
        stdevs.append(search.stdev())
        rates.append(learning_rate(search))
    assert stdevs == pytest.approx([0.05, 0.03, 0.03, 0.03])
    assert rates == pytest.approx([0.01, 0.005, 0.004, 0.004])


def test_a_floor_above_the_start_lifts_nothing() -> None:
    floors = {**DECAYS, "stdev_floor": 9.0, "learning_rate_floor": 9.0}
    search = search_of(hill, stdev=0.1, learning_rate=0.02, **floors)
    search.step()
    assert search.stdev() == pytest.approx(0.1)
    assert learning_rate(search) == pytest.approx(0.02)


@pytest.mark.parametrize("optimizer", ["adam", "sgd", "clipup"])
def test_the_decayed_learning_rate_is_the_one_in_use(optimizer: str) -> None:
    told = {"optimizer": optimizer, "learning_rate": 0.1}
    moved = []
    for decay in (1.0, 1e-6):
        search = search_of(hill, **told, learning_rate_decay=decay)
        search.step()
        before = search.center()
        search.step()
        moved.append(float(np.abs(search.center() - before).max()))
    # What ClipUp still moves by is its momentum.
    assert moved[1] < (0.95 if optimizer == "clipup" else 1e-3) * moved[0]


def test_fitness_is_the_mean_return_less_the_penalty() -> None:
    backend = Formula(lambda genes: 3.0)
    weighted = backend.evaluate

    def evaluate(jobs: Any) -> Any:
        found = weighted(jobs)
        found[0]["mean_square"] = np.repeat(np.arange(8), 3)
        found[0]["episode_return"] = np.tile([1.0, 2.0, 6.0], 8)
        return found

    backend.evaluate = evaluate  # type: ignore[method-assign]
    config = SearchConfig(popsize=8, penalty=0.5)
    search = Search(config, SETUP, backend, lambda g: Plan(g, 10, episodes=3), 0)
    (evaluation,) = search.step()
    assert evaluation.fitness == pytest.approx(3.0 - 0.5 * np.arange(8))


def test_one_non_finite_life_makes_a_candidate_non_finite() -> None:
    backend = Formula(lambda genes: 1.0)
    plain = backend.evaluate

    def evaluate(jobs: Any) -> Any:
        found = plain(jobs)
        found[0]["ending"][5] = 3
        return found

    backend.evaluate = evaluate  # type: ignore[method-assign]
    config = SearchConfig(popsize=8, penalty=0.0)
    search = Search(config, SETUP, backend, lambda g: Plan(g, 10, episodes=2), 0)
    (evaluation,) = search.step()
    assert np.flatnonzero(np.isnan(evaluation.fitness)).tolist() == [2]


def test_the_center_is_watched_on_fresh_lives_of_the_first_body() -> None:
    backend = Formula(hill)
    plan_of = lambda g: Plan(g, 17, (1, 0), episodes=2)  # noqa: E731
    search = Search(SearchConfig(popsize=4), SETUP, backend, plan_of, 5)
    center = search.center()
    (evaluation,) = search.step()
    lived, watched = backend.jobs
    assert isinstance(lived.point, SearchPoint)
    assert watched.plan == Plan(0, 17, (1,), episodes=5, fresh=Fresh.WATCHED)
    assert isinstance(watched.point, GivenPoint)
    assert watched.point.values.tobytes() == center.tobytes()
    assert evaluation.center is not None
    assert evaluation.center.size == 5
    assert evaluation.outcomes is not None
    assert evaluation.outcomes.size == 4 * 4


@pytest.mark.parametrize(("algorithm", "told"), STATEFUL)
def test_state_is_all_there_is(algorithm: str, told: dict[str, Any]) -> None:
    whole = search_of(hill, algorithm, **told)
    steps(whole, 3)
    state = {name: value.copy() for name, value in whole.state().items()}
    expected = steps(whole, 3)
    assert len(set(expected)) == 3
    other = search_of(hill, algorithm, **told)
    other.restore(state, 3)
    assert other.generation == 3
    assert steps(other, 3) == expected
    assert other.stdev() == whole.stdev()
    assert {n: v.tobytes() for n, v in other.state().items()} == {
        n: v.tobytes() for n, v in whole.state().items()
    }


@pytest.mark.parametrize(("algorithm", "told"), STATEFUL)
def test_state_is_a_copy(algorithm: str, told: dict[str, Any]) -> None:
    search = search_of(hill, algorithm, **told)
    search.step()
    state = search.state()
    before = {name: value.tobytes() for name, value in state.items()}
    search.step()
    assert {name: value.tobytes() for name, value in state.items()} == before
    other = search_of(hill, algorithm, **told)
    other.restore(state, 1)
    other.step()
    assert {name: value.tobytes() for name, value in state.items()} == before


def test_state_before_the_first_step_restores_too() -> None:
    search = search_of(hill)
    state = search.state()
    other = search_of(hill)
    other.restore(state, 0)
    assert steps(other, 2) == steps(search, 2)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_replay_asks_nobody(algorithm: str) -> None:
    noted: list[np.ndarray] = []
    whole = search_of(hill, algorithm)
    whole.problem.on_fitness = lambda number, fitness: noted.append(fitness.copy())
    expected = steps(whole, 5)
    used = whole.problem.generation
    assert len(noted) == used
    backend = Formula(hill)
    other = search_of(backend, algorithm)
    written: list[int] = []
    other.problem.on_fitness = lambda number, fitness: written.append(number)
    per_step = 2 if algorithm == "ga" else 1
    first = 2 if algorithm == "cosyne" else per_step  # cosyne's first generation has two
    other.problem.replayed = noted[: first + 2 * per_step]
    assert steps(other, 5) == expected
    asked = list(range(first + 2 * per_step, used))
    assert written == asked
    assert [job.plan.generation for job in backend.jobs] == asked


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_replay_of_another_popsize_is_refused(algorithm: str) -> None:
    search = search_of(hill, algorithm)
    search.problem.replayed = [np.zeros(6)]
    with pytest.raises(CheckpointError, match=r"a journal of popsize 8.*got 6"):
        search.step()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_nothing_finite_stops_the_search_where_it_was(algorithm: str) -> None:
    alive = [True]
    backend = Formula(lambda genes: hill(genes) if alive[0] else float("nan"))
    search = search_of(backend, algorithm)
    search.step()
    center = search.center().tobytes()
    alive[0] = False
    with pytest.raises(ProgressError, match="some finite fitness"):
        search.step()
    assert search.generation == 1
    assert search.center().tobytes() == center


@pytest.mark.filterwarnings("ignore:__array_wrap__ must accept:DeprecationWarning")  # EvoTorch's
@pytest.mark.parametrize(
    ("algorithm", "told", "matrices"), [("cmaes", {"separable": False}, 18), ("xnes", {}, 3)]
)
def test_a_covariance_beyond_memory_is_refused(
    algorithm: str, told: dict[str, Any], matrices: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = dataclasses.make_dataclass("memory", ["available"])
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory(4 * matrices * N_GENES**2 - 1))
    with pytest.raises(InputError, match=rf"fits in memory, got {N_GENES} genes"):
        search_of(hill, algorithm, **told)
    search_of(hill, "cmaes")  # a diagonal is small
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory(4 * matrices * N_GENES**2))
    search_of(hill, algorithm, **told)


@pytest.mark.parametrize("algorithm", sorted(set(ALGORITHMS) - SEEDED))
def test_a_population_beyond_memory_is_refused(algorithm: str) -> None:
    with pytest.raises(InputError, match=r"generations that fit in memory.*a smaller --popsize"):
        search_of(hill, algorithm, popsize=10**12)


class Waiting(Formula):
    """Notes when each generation is begun, and when its outcomes are asked for."""

    def __init__(self) -> None:
        super().__init__(hill)
        self.events: list[tuple[str, int]] = []

    def begin(self, jobs: Sequence[Job]) -> Callable[[], list[Outcomes]]:
        generation = jobs[0].plan.generation
        self.events.append(("begin", generation))

        def finish() -> list[Outcomes]:
            self.events.append(("finish", generation))
            return self.evaluate(jobs)

        return finish


@pytest.mark.parametrize("algorithm", ["openai_es", "pgpe", "snes"])
def test_with_a_delay_a_generation_is_sampled_before_the_last_update(algorithm: str) -> None:
    backend = Waiting()
    search = search_of(backend, algorithm, delay=1)
    search.problem.until = 4
    centers = [search.center()]
    for _ in range(4):
        search.step()
        centers.append(search.center())
    sampled = [job.point.center.tobytes() for job in backend.jobs]
    assert sampled == [centers[n].tobytes() for n in (0, 0, 1, 2)]
    assert len({center.tobytes() for center in centers}) == 5  # the very first generation counts
    order = [("begin", 0)]
    for generation in range(3):
        order += [("begin", generation + 1), ("finish", generation)]
    assert backend.events == [*order, ("finish", 3)]


def test_a_delayed_gradient_is_that_of_where_it_was_sampled() -> None:
    """Plain gradient ascent in a few lines of NumPy, one generation behind."""
    rate, stdev = 0.1, 0.2
    told = {"optimizer": "sgd", "learning_rate": rate, "stdev": stdev, "ranking": "raw"}
    search = search_of(hill, delay=1, **told)
    center = before = search.center().astype(np.float64)
    for generation in range(4):
        gradient = np.zeros(N_GENES)
        for pair in range(4):
            noise = normals(Key(SETUP.seed, Stream.SEARCH, generation, pair), N_GENES)
            step = (stdev * noise).astype(np.float64)
            gradient += (hill(before + step) - hill(before - step)) / 2 * noise / stdev / 4
        before, center = center, center + rate * gradient
        search.step()
        assert search.center() == pytest.approx(center, rel=2e-4, abs=2e-4)


@pytest.mark.parametrize("algorithm", ["openai_es", "pgpe", "snes"])
def test_a_delayed_search_goes_on_from_its_state(algorithm: str) -> None:
    whole = steps(search_of(hill, algorithm, delay=1), 6)
    first = search_of(hill, algorithm, delay=1)
    steps(first, 3)
    second = search_of(hill, algorithm, delay=1)
    second.restore(first.state(), 3)
    assert steps(second, 3) == whole[3:]


def test_a_delay_is_of_one_generation_and_for_searches_that_follow_a_gradient() -> None:
    with pytest.raises(InputError, match="delay of 0 or 1 generations, got 2"):
        SearchConfig(delay=2)
    with pytest.raises(InputError, match="openai_es, pgpe or snes for a delay, got cem"):
        SearchConfig("cem", delay=1)


def test_a_budget_of_interactions_is_not_offered() -> None:
    search = search_of(hill)
    assert isinstance(search.problem, LifeProblem)
    with pytest.raises(NotImplementedError, match="fixed popsize"):
        search.problem.sample_and_compute_gradients(
            search.searcher._distribution, 8, num_interactions=100
        )


def test_seeded_searches_are_those_that_rebuild_candidates() -> None:
    for algorithm in ALGORITHMS:
        backend = Formula(hill)
        search_of(backend, algorithm).step()
        rebuilt = isinstance(backend.jobs[0].point, SearchPoint)
        assert rebuilt == (algorithm in SEEDED)
