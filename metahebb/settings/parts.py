"""``--genome``, ``--modulator``, ``--task`` and others: parts of a run, each told by one word."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, NamedTuple

from metahebb.genomes import GENOME_MAPS
from metahebb.modulators import MODULATORS
from metahebb.registry import NONE, Registry
from metahebb.runs.base_config import C
from metahebb.settings.parsing import values_of
from metahebb.tasks import TASKS


class Part(NamedTuple):
    """A field of a run's config that a flag fills with another kind of thing."""

    field: str
    registry: Registry[type[Any]]


PARTS = {
    "--genome": Part("genome", GENOME_MAPS),
    "--birth-genome": Part("birth_genome", GENOME_MAPS),
    "--modulator": Part("modulator", MODULATORS),
    "--task": Part("task", TASKS),
}
"""The parts by their flag."""


def swap_parts(config: C, words: list[str], parts: Mapping[str, Part] = PARTS) -> C:
    """Return ``config`` with the parts that are named among the flags, if any is.

    They are looked up before the flags are parsed, because a part decides which flags there are.
    One that the config has already keeps its options.

    The word ``none`` leaves out a part that a run may do without.

    Raises:
        InputError: there is no such part; the nearest name is suggested.
    """
    for flag, part in parts.items():
        for name in values_of(flag, words):
            if part.registry.optional and name.lower() == NONE:
                nothing: dict[str, Any] = {part.field: None}
                config = dataclasses.replace(config, **nothing)
                continue
            kind = part.registry.find(name)
            if type(getattr(config, part.field)) is not kind:
                changed: dict[str, Any] = {part.field: part.registry.default(name)}
                config = dataclasses.replace(config, **changed)
    return config
