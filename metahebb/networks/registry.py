"""The registry of networks by name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from metahebb.networks.base import Network
from metahebb.networks.convolutional import Convolutional
from metahebb.networks.feedforward import FeedForward
from metahebb.networks.gated import Gated
from metahebb.networks.rate import Rate
from metahebb.networks.recurrent import Recurrent
from metahebb.plasticity.rules import RULES
from metahebb.registry import Registry

NETWORKS: Registry[type[Network]] = Registry(
    "network",
    {
        "feedforward": FeedForward,
        "recurrent": Recurrent,
        "convolutional": Convolutional,
        "rate": Rate,
        "static": FeedForward,
        "lstm": Gated,
        "gru": Gated,
    },
    needs=("slots", "lanes", "like", "label", "rule", "is_static"),
)
"""All networks by name; to add one, write a file and list it here."""

if TYPE_CHECKING:
    AnyNetwork: TypeAlias = Network
else:
    AnyNetwork = Annotated[Any, NETWORKS]
"""The type of a config's field that may hold any network."""


def network_like(old: Network, name: str) -> Network:
    """Return the network called ``name``, or ``FILE.py:CLASS``, with the settings of ``old``.

    The new network has the settings of ``old`` that its kind can have. The name ``static`` stands
    for a network with inherited weights that never change: a convolutional one if ``old`` is
    convolutional, else a feed-forward one.

    Raises:
        InputError: there is no such network.
    """
    kind = NETWORKS.find(name)
    if name != "static":
        return kind.like(old, name)
    kept = old if isinstance(old, Convolutional) else FeedForward.like(old, name)
    return replace(kept, rule=RULES["static"])
