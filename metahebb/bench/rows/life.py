"""The speed of whole lives of the ant against the speed of their physics alone."""

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
from metahebb.tasks.base import EmbodiedLanes
from metahebb.tasks.locomotion.bodies import BODIES
from metahebb.tasks.locomotion.damage import compiled
from metahebb.worker import Plan, SearchPoint, Setup, Worker, all_lives

ROUNDS = 4
STEPS = 250
REPEATS = 11
FRAME_SKIP = BODIES["ant"].frame_skip
GOALS = {"gymnasium": ">= 0.9", "implicitfast": ">= 0.8"}


def rows(threads: int, lanes: int, quick: bool) -> Iterator[Row]:
    """Yield a row per integrator.

    The limit is ``mujoco.batch`` with the same threads and simulations per thread, which runs the
    same lives again from their recorded controls. The lives have to be the same, because the cost
    of physics depends on how the body moves.
    """
    for integrator in GOALS:
        yield _row(integrator, threads, lanes, 2 if quick else REPEATS)  # type: ignore[arg-type]


def _row(
    integrator: Literal["gymnasium", "implicitfast"], threads: int, lanes: int, repeats: int
) -> Row:
    task = Locomotion("ant", integrator=integrator, ending="none")
    setup = Setup.build(task, FeedForward(), seed=0)
    n, n_lives = setup.genome.n_genes, ROUNDS * threads * lanes
    point = SearchPoint(np.zeros(n, np.float32), np.full(n, 0.1, np.float32), mirrored=True)
    plan = Plan(0, STEPS)
    backend = InProcess(setup, threads, lanes)
    recorder = _Recorder(n_lives)
    lives = iter(all_lives(setup, plan, point, range(n_lives)))
    for _ in Worker(setup, 8).live(lives, observers=[recorder]):
        pass

    def live() -> float:
        (outcomes,) = backend.evaluate([Job(plan, point, n_lives)])
        return float(outcomes["steps"].sum())

    physics = [
        _Physics(integrator, recorder, np.arange(n_lives)[k::threads], lanes)
        for k in range(threads)
    ]

    def physics_alone() -> float:
        running = [threading.Thread(target=p.run) for p in physics]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
        return float(n_lives * STEPS)

    rates = interleaved({"ours": live, "peer": physics_alone}, repeats)
    backend.close()
    label = "RK4" if integrator == "gymnasium" else integrator
    return compare(
        f"life, ant, {label}",
        rates["ours"],
        rates["peer"],
        GOALS[integrator],
        "env steps/s",
        f"mujoco.batch alone, {threads} threads × {lanes} simulations: the same bodies from the "
        "same states under the same controls",
    )


class _Recorder:
    """An observer that notes the first state of each life and the outputs of its network."""

    def __init__(self, n_lives: int) -> None:
        self.controls = np.zeros((n_lives, STEPS, 8))
        self.states: list[dict[str, npt.NDArray[np.float64]]] = [{} for _ in range(n_lives)]

    def observe(self, moment: Moment) -> None:
        """Note the states of newborn lives, and for all other lives the outputs of a step ago."""
        for lane, step, unit in zip(moment.lanes, moment.steps, moment.units, strict=True):
            if step == 0:
                assert isinstance(moment.task, EmbodiedLanes)
                self.states[unit] = moment.task.state(lane)
            else:
                self.controls[unit, step - 1] = moment.network.activity(int(lane))[-1]


class _Physics:
    """The simulations of one thread, which repeat the physics of recorded lives."""

    def __init__(
        self, integrator: str, recorder: _Recorder, lives: npt.NDArray[np.intp], lanes: int
    ) -> None:
        from mujoco.batch import Batch

        self._batch = Batch(compiled("ant", "intact", integrator), lanes, nthread=1)
        self._bound = {name: self._batch.bind(name) for name in ("qpos", "qvel", "ctrl")}
        self._rounds = [
            (
                [recorder.states[life] for life in group],
                np.ascontiguousarray(recorder.controls[group].swapaxes(0, 1)),
            )
            for group in np.split(lives, len(lives) // lanes)
        ]

    def run(self) -> None:
        bound = self._bound
        for states, controls in self._rounds:
            self._batch.reset()
            for lane, state in enumerate(states):
                bound["qpos"][lane], bound["qvel"][lane] = state["qpos"], state["qvel"]
            self._batch.forward()
            for control in controls:
                bound["ctrl"][:] = control
                self._batch.step(None, FRAME_SKIP)
