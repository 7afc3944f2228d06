"""A profile of the time of an env step: physics, kernel, births, Python, search."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, Literal

import numpy as np

from metahebb.bench.findings import Profile
from metahebb.bench.rows.plastic_step import HEADS
from metahebb.bench.rows.search_cost import SearchOnly
from metahebb.networks import FeedForward
from metahebb.tasks import Locomotion
from metahebb.worker import Plan, SearchPoint, Setup, Worker

POPSIZE = 64


def rows(threads: int, lanes: int, quick: bool = False) -> Iterator[Profile]:
    """Yield a profile per integrator, of a generation with popsize 64 on one core."""
    steps = 50 if quick else 250
    integrators: tuple[Literal["gymnasium", "implicitfast"], ...] = ("gymnasium", "implicitfast")
    for integrator in integrators:
        yield _profile(integrator, lanes, steps)


def _profile(integrator: Literal["gymnasium", "implicitfast"], lanes: int, steps: int) -> Profile:
    task = Locomotion("ant", integrator=integrator, ending="none")
    setup = Setup.build(task, FeedForward(), seed=0)
    worker, n = Worker(setup, lanes), setup.genome.n_genes
    point = SearchPoint(np.zeros(n, np.float32), np.full(n, 0.05, np.float32), mirrored=True)
    plan = Plan(0, steps)
    worker.evaluate(plan, point, range(lanes))
    clock = _Clock()
    clock.watch(worker)
    began = time.perf_counter()
    worker.evaluate(plan, point, range(POPSIZE))
    lived = time.perf_counter() - began
    search = SearchOnly(HEADS["ant"], POPSIZE, 1)
    search.step()
    began = time.perf_counter()
    search.step()
    searched = time.perf_counter() - began
    spent, per_step = clock.spent, 1e6 / (POPSIZE * steps)
    parts = {
        "physics": spent["physics"],
        "plastic step": spent["kernel"],
        "births": spent["born"],
        "task": spent["task"] - spent["physics"],
        "network": spent["act"] - spent["kernel"],
        "life": lived - spent["act"] - spent["task"] - spent["born"],
        "search": searched,
    }
    label = "RK4" if integrator == "gymnasium" else integrator
    return Profile(f"ant, {label}", {part: s * per_step for part, s in parts.items()})


class _Clock:
    """Adds up the seconds that are spent in some functions of a worker."""

    def __init__(self) -> None:
        self.spent = dict.fromkeys(("physics", "kernel", "born", "task", "act"), 0.0)

    def watch(self, worker: Worker) -> None:
        lanes: Any = worker._lanes
        network, task, batch = lanes._network, lanes._task, lanes._task._batch
        network._step = self._timed("kernel", network._step)
        network.act = self._timed("act", network.act)
        network.born = self._timed("born", network.born)
        task.step = self._timed("task", task.step)
        task.reset = self._timed("task", task.reset)
        names = ("step", "reset", "forward")
        task._batch = SimpleNamespace(
            **{name: self._timed("physics", getattr(batch, name)) for name in names}
        )

    def _timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any, **named: Any) -> Any:
            began = time.perf_counter()
            try:
                return function(*arguments, **named)
            finally:
                self.spent[name] += time.perf_counter() - began

        return timed
