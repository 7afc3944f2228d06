"""``--network``: who lives, told by one word."""

from __future__ import annotations

import dataclasses

from metahebb.networks import network_like
from metahebb.runs.base_config import C
from metahebb.settings.parsing import values_of


def swap_network(config: C, words: list[str]) -> C:
    """Return ``config`` with the network that ``--network`` among the flags names, if any does.

    It is looked up before the flags are parsed, because the network decides which flags there are.

    Raises:
        InputError: there is no such network; the nearest name is suggested.
    """
    for name in values_of("--network", words):
        config = dataclasses.replace(config, network=network_like(config.network, name))
    return config
