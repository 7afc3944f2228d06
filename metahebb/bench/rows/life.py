"""Life throughput of the ant against its physics alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Literal

import numpy as np
import numpy.typing as npt

from metahebb.bench.base import Row, compare, interleaved
from metahebb.evolution.backends.base import Job
from metahebb.evolution.backends.in_process import InProcess
from metahebb.networks import FeedForward
from metahebb.probes import Moment
from metahebb.tasks import Locomotion
from metahebb.tasks.damage import compiled
from metahebb.worker import Plan, SearchPoint, Setup, Worker, all_lives

ROUNDS = 4
STEPS = 250
REPEATS = 7
GOALS = {"gymnasium": ">= 0.9", "implicitfast": ">= 0.8"}


def rows(threads: int, lanes: int, quick: bool) -> Iterator[Row]:
    """Yield a row per integrator.

    The limit is ``mujoco.batch`` with the same model, threads and simulations per thread, under the
    controls that these very lives gave: physics costs what the body does.
    """
    for integrator in GOALS:
        yield _row(integrator, threads, lanes, 2 if quick else REPEATS)  # type: ignore[arg-type]


def _row(
    integrator: Literal["gymnasium", "implicitfast"], threads: int, lanes: int, repeats: int
) -> Row:
    task = Locomotion("ant", integrator=integrator, ending="none")
    setup = Setup.build(task, FeedForward(), seed=0)
    n = setup.genome.n_genes
    point = SearchPoint(np.zeros(n, np.float32), np.full(n, 0.1, np.float32), mirrored=True)
    plan = Plan(0, STEPS)
    backend = InProcess(setup, threads, lanes)
    controls = _controls(setup, plan, point, threads * lanes)

    def live() -> float:
        (outcomes,) = backend.evaluate([Job(plan, point, ROUNDS * threads * lanes)])
        return float(outcomes["steps"].sum())

    physics = [_Physics(integrator, controls[k::threads]) for k in range(threads)]

    def physics_alone() -> float:
        running = [threading.Thread(target=p.run, args=(ROUNDS,)) for p in physics]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
        return float(ROUNDS * threads * lanes * STEPS)

    rates = interleaved({"ours": live, "peer": physics_alone}, repeats)
    backend.close()
    label = "RK4" if integrator == "gymnasium" else integrator
    return compare(
        f"life, ant, {label}",
        rates["ours"],
        rates["peer"],
        GOALS[integrator],
        "env steps/s",
        f"mujoco.batch alone, {threads} threads × {lanes} simulations, the same controls",
    )


def _controls(setup: Setup, plan: Plan, point: SearchPoint, lives: int) -> npt.NDArray[np.float64]:
    """Return the controls ``(lives, STEPS, 8)`` that the first lives give."""
    recorded = np.zeros((lives, STEPS, setup.task.n_outputs))

    def record(moment: Moment) -> None:
        for lane, step, unit in zip(moment.lanes, moment.steps, moment.units, strict=True):
            if step > 0:
                recorded[unit, step - 1] = moment.network.activity(int(lane))[-1]

    worker = Worker(setup, 8)
    for _ in worker.live(iter(all_lives(setup, plan, point, range(lives))), [record]):
        pass
    return recorded


class _Physics:
    """One thread's simulations, stepped under recorded controls and nothing else."""

    def __init__(self, integrator: str, controls: npt.NDArray[np.float64]) -> None:
        from mujoco.batch import Batch

        self._batch = Batch(compiled("ant", "intact", integrator), len(controls), nthread=1)
        self._ctrl = self._batch.bind("ctrl")
        self._controls = np.ascontiguousarray(controls.swapaxes(0, 1))

    def run(self, rounds: int) -> None:
        for _ in range(rounds):
            self._batch.reset()
            for ctrl in self._controls:
                self._ctrl[:] = ctrl
                self._batch.step(None, 5)
