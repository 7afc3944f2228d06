"""``--network``: who lives, told by one word."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from metahebb.commands.parsing import values_of
from metahebb.errors import unknown_name
from metahebb.networks import Convolutional, FeedForward, Gated, Recurrent
from metahebb.plasticity.rules import RULES
from metahebb.runs.config import RunConfig

Network = FeedForward | Recurrent | Convolutional | Gated


def _plastic(kind: type[FeedForward], old: Network) -> FeedForward:
    if type(old) is kind:
        return old
    if isinstance(old, FeedForward):  # of the other kind: they have these in common
        return kind(**{name: getattr(old, name) for name in COMMON})
    return kind(old.hidden, output=old.output, observation_scale=old.observation_scale)


def _feedforward(old: Network) -> FeedForward:
    return _plastic(FeedForward, old)


def _convolutional(old: Network) -> FeedForward:
    return _plastic(Convolutional, dataclasses.replace(old, observation_scale=()))


def _recurrent(old: Network) -> FeedForward:
    return _plastic(Recurrent, old)


def _static(old: Network) -> FeedForward:
    kept = old if isinstance(old, Convolutional) else _feedforward(old)
    return dataclasses.replace(kept, rule=RULES["static"])


def _lstm(old: Network) -> Gated:
    return Gated("lstm", old.hidden, old.output, old.observation_scale)


def _gru(old: Network) -> Gated:
    return Gated("gru", old.hidden, old.output, old.observation_scale)


COMMON = tuple(each.name for each in dataclasses.fields(FeedForward))
NETWORKS: dict[str, Callable[[Network], Network]] = {
    "feedforward": _feedforward,
    "recurrent": _recurrent,
    "convolutional": _convolutional,
    "static": _static,
    "lstm": _lstm,
    "gru": _gru,
}
"""Makes a network of the sizes, output and observation scale of another."""


def swap_network(config: RunConfig, words: list[str]) -> RunConfig:
    """Return ``config`` with the network that ``--network`` among the flags names, if any does.

    It is looked up before the flags are parsed, because the network decides which flags there are.

    Raises:
        InputError: there is no such network; the nearest name is suggested.
    """
    for name in values_of("--network", words):
        if name not in NETWORKS:
            raise unknown_name("network", name, NETWORKS)
        config = dataclasses.replace(config, network=NETWORKS[name](config.network))
    return config
