"""The speed of a whole generation of the ant against EvoTorch, and against bare environments."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from metahebb.bench.base import Row, Work, compare, interleaved
from metahebb.evolution.backends.in_process import InProcess
from metahebb.evolution.config import SearchConfig
from metahebb.evolution.search import Search
from metahebb.networks import FeedForward
from metahebb.tasks import Locomotion
from metahebb.worker import Plan, Setup

Integrator = Literal["gymnasium", "implicitfast"]

GOALS: dict[Integrator, str] = {"gymnasium": ">= 3", "implicitfast": ">= 6"}
LABELS = {"gymnasium": "RK4", "implicitfast": "implicitfast"}
SIZES = (27, 128, 64, 8)
ACTORS = 2


def rows(threads: int, lanes: int, quick: bool = False) -> Iterator[Row]:
    """Yield a row per integrator and peer."""
    from metahebb.bench.local_ray import local_ray

    popsize, steps, repeats = (16, 50, 1) if quick else (32, 250, 3)
    with local_ray(ACTORS):
        for integrator, goal in GOALS.items():
            search = Ours(integrator, threads, lanes, popsize, steps)
            gymne = _GymNE(integrator, popsize, steps)
            bare = _AsyncVectorEnv(integrator, steps)
            works: dict[str, Work] = {"ours": search, "gymne": gymne, "bare": bare}
            rates = interleaved(works, repeats)
            for each in (search, gymne, bare):
                each.close()
            name = f"generation, ant, {LABELS[integrator]}, against"
            yield compare(
                f"{name} GymNE",
                rates["ours"],
                rates["gymne"],
                goal,
                "env steps/s",
                f"EvoTorch's PGPE on GymNE, the same policy as a PyTorch module, {ACTORS} actors, "
                f"popsize {popsize} × {steps} steps; ours in {threads} threads × {lanes} lanes",
            )
            yield compare(
                f"{name} AsyncVectorEnv",
                rates["ours"],
                rates["bare"],
                ">= 1",
                "env steps/s",
                f"Gymnasium's AsyncVectorEnv, {ACTORS} processes under random actions, without any "
                "policy or search",
            )


class Ours:
    """A work that is a whole generation in metahebb, including the search."""

    def __init__(
        self, integrator: Integrator, threads: int, lanes: int, popsize: int, steps: int
    ) -> None:
        """Set up a search by PGPE."""
        task = Locomotion("ant", integrator=integrator, ending="none")
        setup = Setup.build(task, FeedForward(SIZES[1:-1]), seed=0)
        self._backend = InProcess(setup, threads, lanes)
        config = SearchConfig("pgpe", popsize=popsize)
        self._search = Search(config, setup, self._backend, lambda g: Plan(g, steps), 0)
        self._env_steps = float(popsize * steps)

    def __call__(self) -> float:
        """Live one generation; return its env steps."""
        self._search.step()
        return self._env_steps

    def close(self) -> None:
        """End the threads."""
        self._backend.close()


class _GymNE:
    """A work that is a whole generation in EvoTorch; Ray must run."""

    def __init__(self, integrator: Integrator, popsize: int, steps: int) -> None:
        import torch
        from evotorch.algorithms import PGPE
        from evotorch.neuroevolution import GymNE

        from metahebb.bench.peers import TorchPlastic

        config = SearchConfig("pgpe", popsize=popsize)
        self._problem = GymNE(
            functools.partial(make_ant, integrator),
            functools.partial(TorchPlastic, SIZES),
            episode_length=steps,
            num_actors=ACTORS,
        )
        self._searcher = PGPE(
            self._problem,
            popsize=popsize,
            center_learning_rate=config.learning_rate,
            stdev_learning_rate=config.stdev_learning_rate,
            stdev_init=config.stdev,
            # The same as in metahebb, because the cost of physics depends on how the ant moves.
            center_init=config.initial_stdev * torch.randn(self._problem.solution_length),
            optimizer="adam",
        )
        self._env_steps = float(popsize * steps)

    def __call__(self) -> float:
        self._searcher.step()
        return self._env_steps

    def close(self) -> None:
        self._problem.kill_actors()


class _AsyncVectorEnv:
    """A work that is env steps of Gymnasium's environments in processes, under random actions."""

    def __init__(self, integrator: Integrator, steps: int) -> None:
        from gymnasium.vector import AsyncVectorEnv

        self._envs = AsyncVectorEnv([functools.partial(make_ant, integrator)] * ACTORS)
        self._envs.reset(seed=0)
        self._actions = random_actions((2 * steps, ACTORS, SIZES[-1]))

    def __call__(self) -> float:
        for actions in self._actions:
            self._envs.step(actions)
        return float(len(self._actions) * ACTORS)

    def close(self) -> None:
        self._envs.close()


def make_ant(integrator: Integrator) -> Any:
    """Return Gymnasium's ant with its usual settings, except that lives do not end early."""
    import gymnasium
    import mujoco

    env = gymnasium.make(
        "Ant-v5", include_cfrc_ext_in_observation=False, terminate_when_unhealthy=False
    )
    if integrator == "implicitfast":
        world: Any = env.unwrapped
        world.model.opt.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    return env


def random_actions(shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
    """Return actions from U(-1, 1)."""
    return np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)
