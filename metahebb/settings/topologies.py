"""``--topology``: which synapses there are and which are plastic, told by one word."""

from __future__ import annotations

import dataclasses

from metahebb.errors import InputError
from metahebb.networks import TOPOLOGIES
from metahebb.runs.base_config import C
from metahebb.settings.parsing import values_of


def swap_topology(config: C, words: list[str]) -> C:
    """Return ``config`` with the topology that is named among the flags, if any is.

    It is looked up before the flags are parsed, because it decides which flags there are. One that
    the config has already keeps its options.

    Raises:
        InputError: there is no such topology (the nearest name is suggested), or the network has
            no layers that could have one.
    """
    for name in values_of("--topology", words):
        kind = TOPOLOGIES.find(name)
        network = config.network
        if network.rule is None:
            raise InputError(
                f"expected a feed-forward network for --topology {name}, got {network.label}; "
                "leave it out, or use --network feedforward"
            )
        if type(network.topology) is not kind:
            changed = dataclasses.replace(network, topology=kind())
            config = dataclasses.replace(config, network=changed)
    return config
