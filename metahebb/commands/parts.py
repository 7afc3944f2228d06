"""``--genome``, ``--birth-genome`` and ``--modulator``: parts of a run, each told by one word."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, NamedTuple

from metahebb.commands.parsing import values_of
from metahebb.errors import unknown_name
from metahebb.genomes import GENOME_MAPS
from metahebb.modulators import MODULATORS
from metahebb.runs.config import RunConfig


class Part(NamedTuple):
    """A field of a run's config that a flag fills with another kind of thing."""

    field: str
    what: str
    known: Mapping[str, type[Any]]


PARTS = {
    "--genome": Part("genome", "genome map", GENOME_MAPS),
    "--birth-genome": Part("birth_genome", "genome map", GENOME_MAPS),
    "--modulator": Part("modulator", "modulator", MODULATORS),
}
"""The parts by their flag."""


def swap_parts(config: RunConfig, words: list[str]) -> RunConfig:
    """Return ``config`` with the parts that are named among the flags, if any is.

    They are looked up before the flags are parsed, because a part decides which flags there are.
    One that the config has already keeps its options.

    Raises:
        InputError: there is no such part; the nearest name is suggested.
    """
    for flag, part in PARTS.items():
        for name in values_of(flag, words):
            if name not in part.known:
                raise unknown_name(part.what, name, part.known)
            if type(getattr(config, part.field)) is not part.known[name]:
                changed: dict[str, Any] = {part.field: part.known[name]()}
                config = dataclasses.replace(config, **changed)
    return config
