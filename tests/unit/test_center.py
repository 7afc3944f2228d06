"""A center lives the same fresh lives, whoever asks for them and whatever watches."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from report_runs import ant

from metahebb.analysis.evaluate import evaluate
from metahebb.evolution.backends.in_process import InProcess
from metahebb.genomes import GivenGenes
from metahebb.noise import Key, Stream
from metahebb.probes import Moment, parse_probes
from metahebb.runs.center import Center
from metahebb.worker import Fresh, Outcomes, Plan, Worker, collect

BODIES = ("intact", "short_left_ankle")


@pytest.fixture
def center(tmp_path: Path) -> Center:
    return ant(tmp_path / "run", max_steps=20, damages=BODIES).load()


@dataclass
class Notes:
    """An observer that notes which lives it sees at which step."""

    seen: list[tuple[int, int]] = field(default_factory=list)

    def observe(self, moment: Moment) -> None:
        self.seen += zip(moment.units.tolist(), moment.steps.tolist(), strict=True)


def lived(center: Center, lives: int) -> list[Outcomes]:
    backend = InProcess(center.setup, threads=1)
    try:
        return center.live(backend, lives)
    finally:
        backend.close()


def test_fresh_lives_are_those_of_the_plan_that_they_always_had(center: Center) -> None:
    for body, outcomes in enumerate(lived(center, 3)):
        plan = Plan(4, 20, (body,), 3, fresh=Fresh(2))
        lives = list(plan.lives(center.setup, 0, GivenGenes(center.genes), 0))
        assert [life.birth for life in lives] == [
            Key(center.setup.seed, Stream.EVALUATION_BIRTH, 4, 1, life) for life in range(3)
        ]
        with Worker(center.setup, 2) as worker:
            wanted = collect(worker.live(iter(lives)), plan.outcome(center.setup))
        assert outcomes.tobytes() == wanted.tobytes()


def test_a_watched_life_is_the_one_that_is_lived_with_others(center: Center) -> None:
    every = lived(center, 4)[1]
    notes = Notes()
    results = center.watch(range(1, 3), [notes], body=1, lanes=2)
    assert [result.unit for result in results] == [1, 2]
    assert collect(results, every.dtype).tobytes() == every[1:3].tobytes()
    assert sorted(notes.seen) == [(life, step) for life in (1, 2) for step in range(20)]


def test_threads_show_all_lives_to_their_observers(center: Center) -> None:
    notes = Notes()
    backend = InProcess(center.setup, threads=2, lanes=2, observers=[notes])
    (outcomes,) = center.live(backend, 5, bodies=[0], max_steps=7)
    backend.close()
    assert outcomes["steps"].tolist() == [7] * 5
    assert sorted(notes.seen) == [(life, step) for life in range(5) for step in range(7)]


def test_another_set_up_lives_the_same_births(center: Center) -> None:
    probes = parse_probes(["zero_weights:at=10"])
    zeroed = center.within(replace(center.setup, probes=probes))
    assert zeroed.genes is center.genes
    plain, after = (lived(each, 2)[0]["episode_return"] for each in (center, zeroed))
    assert (plain != after).all()
    cut, again = (
        each.watch(range(2), [], max_steps=10)[1].episode_return for each in (center, zeroed)
    )
    assert cut == again


def test_an_evaluation_is_of_the_center_that_was_loaded(center: Center) -> None:
    other = replace(center, genes=np.zeros_like(center.genes))
    returns = []
    for each in (center, other, center):
        backend = InProcess(each.setup, threads=1)
        returns.append(evaluate(each, backend, 2)["bodies"]["intact"]["returns"])
        backend.close()
    assert returns[0] == returns[2] != returns[1]
