"""``--env``: a Gymnasium environment in the place of a preset, with a network that fits it."""

from __future__ import annotations

from typing import Literal

from metahebb.commands.parsing import values_of
from metahebb.evolution.config import SearchConfig
from metahebb.networks import Convolutional, FeedForward
from metahebb.runs.config import RunConfig
from metahebb.tasks import GymTask

SEEN = 32
"""Rows and columns from which an image is seen through convolutions."""


def config_of(env_id: str) -> RunConfig:
    """Return a run in the environment ``env_id``, to be changed by flags.

    Images of at least `SEEN` rows and columns meet convolutions, all else goes into the plastic
    layers. Outputs are linear where the largest decides, and otherwise tanh, scaled to the bounds.

    Raises:
        InputError: Gymnasium cannot make it, or its spaces have no numbers.
    """
    task = GymTask(env_id, scale_actions=True)
    output: Literal["linear", "tanh"] = "linear" if task.is_discrete else "tanh"
    network = FeedForward((32, 16), output=output)
    if task.image is not None and min(task.image[:2]) >= SEEN:
        network = Convolutional((64, 32), output=output, image=task.image)
    search = SearchConfig(popsize=128, stdev=0.1, learning_rate=0.06, initial_stdev=0.3)
    return RunConfig(task, network, search, generations=100)


def env_of(words: list[str]) -> str | None:
    """Return the environment that ``--env`` among the flags names; None: there is no such flag."""
    named = values_of("--env", words)
    return named[-1] if named else None
