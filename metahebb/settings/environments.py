"""``--env``: a Gymnasium environment in the place of a preset, with a network that fits it."""

from __future__ import annotations

import itertools
from typing import Literal

from metahebb.errors import InputError
from metahebb.evolution.config import SearchConfig
from metahebb.networks import AnyNetwork, Convolutional, FeedForward
from metahebb.runs.config import RunConfig
from metahebb.settings.parsing import values_of
from metahebb.tasks import GymTask
from metahebb.tasks.gym.kwargs import read_pairs

SEEN = 32
"""Rows and columns from which an image is seen through convolutions."""


def config_of(env_id: str, words: list[str]) -> RunConfig:
    """Return a run in the environment ``env_id``, to be changed by the flags ``words``.

    Those that say how the environment is made are read now, because the network is made to fit.

    Images of at least `SEEN` rows and columns meet convolutions, all else goes into the plastic
    layers. Outputs are linear where the largest decides, and otherwise tanh, scaled to the bounds.

    Raises:
        InputError: Gymnasium cannot make it, or its spaces have no numbers.
    """
    if values_of("--task.env-id", words):
        raise InputError("expected --env or --task.env-id, got both; leave out the second")
    kwargs = read_pairs(_behind("--task.env-kwargs", words))
    variants = tuple(_behind("--task.variants", words))
    task = GymTask(env_id, kwargs, variants, scale_actions=True)
    output: Literal["linear", "tanh"] = "linear" if task.is_discrete else "tanh"
    network: AnyNetwork = FeedForward((32, 16), output=output)
    if task.image is not None and min(task.image[:2]) >= SEEN:
        network = Convolutional((64, 32), output=output, image=task.image)
    search = SearchConfig(popsize=128, stdev=0.1, learning_rate=0.06, initial_stdev=0.3)
    return RunConfig(task, network, search, generations=100)


def _behind(flag: str, words: list[str]) -> list[str]:
    """Return the words from ``flag`` to the next flag."""
    names = [word.replace("_", "-") for word in words]
    if flag not in names:
        return []
    return list(
        itertools.takewhile(lambda w: not w.startswith("--"), words[names.index(flag) + 1 :])
    )


def env_of(words: list[str]) -> str | None:
    """Return the environment that ``--env`` among the flags names; None: there is no such flag."""
    named = values_of("--env", words)
    if named and (not named[-1] or named[-1].startswith("-")):
        raise InputError(
            f"expected an environment after --env, got {named[-1] or 'nothing'}; write for example "
            "--env Pendulum-v1"
        )
    return named[-1] if named else None
