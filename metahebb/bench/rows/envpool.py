"""The speed of a whole generation of the ant against EnvPool's bare ant, if it is installed."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

from metahebb.bench.base import Row, compare, interleaved
from metahebb.bench.rows.generation import SIZES, Ours, random_actions


def rows(threads: int, lanes: int, quick: bool = False) -> Iterator[Row]:
    """Yield one row, or none without EnvPool; EnvPool's ant has the integrator RK4 only."""
    try:
        envpool = importlib.import_module("envpool")
    except ModuleNotFoundError:
        return
    popsize, steps, repeats = (16, 50, 1) if quick else (32, 250, 3)
    n = threads * lanes
    envs = envpool.make_gymnasium("Ant-v5", num_envs=n, num_threads=threads)
    envs.reset()
    actions = random_actions((steps, n, SIZES[-1])).astype(float)

    def bare() -> float:
        for each in actions:
            envs.step(each)
        return float(steps * n)

    ours = Ours("gymnasium", threads, lanes, popsize, steps)
    rates = interleaved({"ours": ours, "peer": bare}, repeats)
    ours.close()
    yield compare(
        "generation, ant, RK4, against EnvPool",
        rates["ours"],
        rates["peer"],
        ">= 1",
        "env steps/s",
        f"EnvPool's Ant-v5, {n} environments in {threads} threads under random actions, without "
        f"any policy or search; ours lives popsize {popsize} × {steps} steps",
    )
