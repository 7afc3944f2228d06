"""The run that flags or arguments ask for: a preset, an environment or a task, with its parts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, cast

import tyro

from metahebb.errors import InputError
from metahebb.genomes import GENOME_MAPS
from metahebb.modulators import MODULATORS
from metahebb.networks import NETWORKS, TOPOLOGIES, FeedForward
from metahebb.runs.config import RunConfig
from metahebb.runs.presets import ANT_QUICK, preset
from metahebb.settings.environments import config_of, env_of
from metahebb.settings.networks import swap_network
from metahebb.settings.parsing import values_of
from metahebb.settings.parts import swap_parts
from metahebb.settings.topologies import swap_topology
from metahebb.tasks import TASKS, Task


@dataclass(frozen=True)
class Asked:
    """The config of a run, and the flags that replace one of its parts by a part with a name."""

    run: Annotated[RunConfig, tyro.conf.arg(name="")] = field(default_factory=lambda: ANT_QUICK)
    network: Annotated[str | None, tyro.conf.arg(metavar=NETWORKS.metavar)] = None
    """Kind of network that replaces the preset's network, with the same sizes. It has flags of its
    own."""
    genome: Annotated[str | None, tyro.conf.arg(metavar=GENOME_MAPS.metavar)] = None
    """Genome map that replaces the preset's (see docs/howto/genome-maps.md). It has flags of its
    own."""
    birth_genome: Annotated[str | None, tyro.conf.arg(metavar=GENOME_MAPS.metavar)] = None
    """Genome map of the weights at birth, with --birth coevolved. It has flags of its own."""
    modulator: Annotated[str | None, tyro.conf.arg(metavar=MODULATORS.metavar)] = None
    """Modulator that replaces the preset's: the signal that a life sends to its synapses (see
    docs/howto/your-parts.md#reward-and-other-things-that-a-life-tells). It has flags of its own."""
    topology: Annotated[str | None, tyro.conf.arg(metavar=TOPOLOGIES.metavar)] = None
    """Topology that replaces the preset's: the choice of existing and of plastic synapses (see
    docs/howto/genome-maps.md). It has flags of its own."""
    task: Annotated[str | None, tyro.conf.arg(metavar=TASKS.metavar)] = None
    """Task that replaces the preset's, or, without a preset, the task of the run (see
    docs/howto/your-parts.md). It has flags of its own."""
    env: str | None = None
    """Id of a Gymnasium environment, in the place of a preset (see
    docs/howto/your-environment.md)."""


def config_asked(name: str, rest: list[str]) -> tuple[str, RunConfig | None]:
    """Return the words that say what to evolve, and the config that further flags change.

    Args:
        name: a preset's name; empty where ``--env`` or ``--task`` stands in its place.
        rest: the flags.

    Returns:
        The words, and the config. The config is None if neither the preset nor a flag says what to
        evolve.

    Raises:
        InputError: two of preset, ``--env`` and ``--task`` are given, or one does not exist.
    """
    env_id, tasks = env_of(rest), values_of("--task", rest)
    if name and env_id is not None:
        raise InputError(f"expected a preset or --env, got both ({name}, {env_id}); leave out one")
    if tasks and env_id is not None:
        raise InputError(
            f"expected --task or --env, got both ({tasks[-1]}, {env_id}); leave out one"
        )
    if name:
        words, config = name, preset(name)
    elif env_id is not None:
        words, config = f"--env {env_id}", config_of(env_id, rest)
    elif tasks:
        words = f"--task {tasks[-1]}"
        config = config_of_task(cast(Task, TASKS.default(tasks[-1])))
    else:
        return "", None
    return words, with_parts(config, rest)


def config_of_task(task: Task) -> RunConfig:
    """Return the config of a run in ``task``, which flags may change."""
    return RunConfig(task, FeedForward((32, 16)))


def with_parts(config: RunConfig, rest: list[str]) -> RunConfig:
    """Return ``config`` with the network, topology and other parts that flags name."""
    return swap_parts(swap_topology(swap_network(config, rest), rest), rest)
