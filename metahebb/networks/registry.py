"""Networks by name."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from metahebb.networks.base import Network
from metahebb.networks.convolutional import Convolutional
from metahebb.networks.feedforward import FeedForward
from metahebb.networks.gated import Gated
from metahebb.networks.recurrent import Recurrent
from metahebb.plasticity.rules import RULES

AnyNetwork: TypeAlias = FeedForward | Recurrent | Convolutional | Gated
"""Every network that a run's config may hold."""


def _static(old: Network) -> AnyNetwork:
    """Return a network whose weights are inherited: that of images, or a feed-forward one."""
    kept = old if isinstance(old, Convolutional) else FeedForward.like(old)
    return replace(kept, rule=RULES["static"])


NETWORKS: dict[str, Callable[[Network], AnyNetwork]] = {
    "feedforward": FeedForward.like,
    "recurrent": Recurrent.like,
    "convolutional": Convolutional.like,
    "static": _static,
    "lstm": functools.partial(Gated.like, cell="lstm"),
    "gru": functools.partial(Gated.like, cell="gru"),
}
"""Makes a network of the sizes, output and observation scale of another one; to add a network,
write a file, and list it here and in `AnyNetwork`."""
