"""``--genome`` and ``--birth-genome``: how genes become what is inherited, told by one word."""

from __future__ import annotations

import dataclasses
from typing import Any

from metahebb.commands.parsing import values_of
from metahebb.errors import unknown_name
from metahebb.genomes import GENOME_MAPS
from metahebb.runs.config import RunConfig

FLAGS = {"--genome": "genome", "--birth-genome": "birth_genome"}
"""The fields of a run's config that they swap."""


def swap_genomes(config: RunConfig, words: list[str]) -> RunConfig:
    """Return ``config`` with the genome maps that are named among the flags, if any is.

    They are looked up before the flags are parsed, because a map decides which flags there are. One
    that the config has already keeps its options.

    Raises:
        InputError: there is no such map; the nearest name is suggested.
    """
    for flag, field in FLAGS.items():
        for name in values_of(flag, words):
            if name not in GENOME_MAPS:
                raise unknown_name("genome map", name, GENOME_MAPS)
            if type(getattr(config, field)) is not GENOME_MAPS[name]:
                changed: dict[str, Any] = {field: GENOME_MAPS[name]()}
                config = dataclasses.replace(config, **changed)
    return config
