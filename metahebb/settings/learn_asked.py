"""The run of learning that flags or arguments ask for: a preset or a task, with its parts."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import tyro

from metahebb.errors import InputError
from metahebb.learning.registry import LEARNERS
from metahebb.modulators import MODULATORS
from metahebb.networks import NETWORKS, TOPOLOGIES
from metahebb.runs.learn_config import LearnConfig
from metahebb.runs.learn_presets import DNMS, learn_preset
from metahebb.settings.in_python import in_python
from metahebb.settings.keywords import replaced, sorted_settings
from metahebb.settings.networks import swap_network
from metahebb.settings.parsing import parse, values_of
from metahebb.settings.parts import Part, swap_parts
from metahebb.settings.topologies import swap_topology
from metahebb.tasks import TASKS

PARTS = {
    "--modulator": Part("modulator", MODULATORS),
    "--task": Part("task", TASKS),
    "--learner": Part("learner", LEARNERS),
}
"""The parts by their flag."""


@dataclass(frozen=True)
class LearnAsked:
    """The config of a run, and the flags that replace one of its parts by a part with a name."""

    run: Annotated[LearnConfig, tyro.conf.arg(name="")] = field(default_factory=lambda: DNMS)
    network: Annotated[str | None, tyro.conf.arg(metavar=NETWORKS.metavar)] = None
    """Kind of network that replaces the preset's network. It has flags of its own."""
    modulator: Annotated[str | None, tyro.conf.arg(metavar=MODULATORS.metavar)] = None
    """Modulator that replaces the preset's: what a life tells its synapses. It has flags of its
    own."""
    topology: Annotated[str | None, tyro.conf.arg(metavar=TOPOLOGIES.metavar)] = None
    """Topology that replaces the preset's: the choice of existing and of plastic synapses. It has
    flags of its own."""
    task: Annotated[str | None, tyro.conf.arg(metavar=TASKS.metavar)] = None
    """Task that replaces the preset's, or, without a preset, the task of the run. It has flags of
    its own."""
    learner: Annotated[str | None, tyro.conf.arg(metavar=LEARNERS.metavar)] = None
    """Learner that replaces the preset's: rules alone (lifetime), or a gradient. It has flags of
    its own."""


def learn_asked(name: str, rest: list[str]) -> tuple[str, LearnConfig | None]:
    """Return the words that say what to learn, and the config that further flags change.

    Args:
        name: a preset's name; empty where ``--task`` stands in its place.
        rest: the flags.

    Returns:
        The words, and the config; None if neither the preset nor a flag says what to learn.

    Raises:
        InputError: there is no such preset, or no such part.
    """
    tasks = values_of("--task", rest)
    if not name and not tasks:
        return "", None
    words = name or f"--task {tasks[-1]}"
    return words, _with_parts(learn_preset(name) if name else DNMS, rest)


def _with_parts(config: LearnConfig, rest: list[str]) -> LearnConfig:
    """Return ``config`` with the network, topology and other parts that flags name."""
    return swap_parts(swap_topology(swap_network(config, rest), rest), rest, PARTS)


def learn_config_from(
    what: str | LearnConfig | None, given: Mapping[str, object], folder: Path
) -> tuple[str, LearnConfig]:
    """Return a name for a run of learning, and its config.

    Args:
        what: a preset's name, a config that is changed by what is ``given``, or None, where a
            ``task`` is given.
        given: settings by name.
        folder: the folder for files of parts that are given as classes.

    Raises:
        InputError: nothing says what to learn, or a setting is wrong.
    """
    coefficients = given.get("coefficients", {})
    if not isinstance(coefficients, Mapping):
        raise InputError(
            f"expected coefficients by name, got {coefficients!r}; write for example "
            'coefficients={"eta": 0.001}'
        )
    objects, words = sorted_settings(given, folder)
    config: Any = what
    name = "run"
    if isinstance(what, str):
        name, config = learn_asked(what, words)
    elif what is None:
        said, config = learn_asked("", words)
        name = said.rpartition(" ")[2] or "run"
        if config is None and "task" in objects:
            config = dataclasses.replace(DNMS, task=objects["task"])
    elif isinstance(what, LearnConfig):
        config = _with_parts(what, words)
    else:
        raise InputError(f"expected a preset's name or a LearnConfig, got {what!r}; give one")
    if not isinstance(config, LearnConfig):
        raise InputError(
            'expected something to learn, got nothing; give a preset ("dnms"), task=... or a '
            "LearnConfig"
        )
    for path, value in sorted(objects.items()):  # a network comes before its rule
        config = replaced(config, path, value)
    try:
        return name, parse(LearnAsked, LearnAsked(config), words, "metahebb.learn").run
    except InputError as error:
        raise InputError(in_python(str(error))) from None
