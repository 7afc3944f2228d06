"""The updates of living weights, one by one, each with the signals that the rule read in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from metahebb.networks.base import Learning
from metahebb.plasticity import Rule
from metahebb.probes import Moment

Array = npt.NDArray[np.float32]
Signals: TypeAlias = dict[str, Array]
"""What a layer's rule reads, by name; each array spreads over ``(n_out, n_in)``."""


class Update(NamedTuple):
    """A change of the weights of one life.

    Attributes:
        unit: the number of the life.
        gain: the factor with which Δw was applied.
        signals: signals that the rule read, for each layer.
    """

    unit: int
    gain: float
    signals: list[Signals]


Reader: TypeAlias = Callable[[Update], None]


@dataclass
class _Before:
    """What a life had when its last step began: its gain, and what the rule reads of synapses."""

    gain: float
    weights: list[Array]
    traces: list[Array]


@dataclass(frozen=True)
class Updates:
    """An observer that hands every update to its readers.

    An update is applied one step after the activity that called for it, with the gain that the
    lane had then. Left out are the update of a life's last step, which changes no weight any more,
    and all updates of a frozen lane.

    Attributes:
        rule: the rule that every synapse follows.
        readers: functions that get each update. Threads share them; one thread lives a life.
    """

    rule: Rule
    readers: Sequence[Reader]
    _before: dict[int, _Before] = field(default_factory=dict)

    def observe(self, moment: Moment) -> None:
        """Hand on the updates that the step before called for."""
        network = moment.network
        assert isinstance(network, Learning)
        for lane, unit, step in zip(moment.lanes, moment.units, moment.steps, strict=True):
            lane, unit = int(lane), int(unit)
            if step > 0 and self._before[unit].gain != 0 and network.is_update_due(lane):
                update = Update(unit, self._before[unit].gain, self._signals(moment, lane, unit))
                for reader in self.readers:
                    reader(update)
            self._before[unit] = _Before(
                float(moment.network.gains[lane]),
                moment.network.weights(lane) if "weight" in self.rule.signals else [],
                network.traces(lane) if self.rule.has_trace else [],
            )

    def _signals(self, moment: Moment, lane: int, unit: int) -> list[Signals]:
        assert isinstance(moment.network, Learning)
        before, sensed = self._before[unit], moment.network.sensed(lane)
        ends = np.cumsum([each.post.size for each in sensed])[:-1]
        modulators = np.split(moment.network.modulators[lane].copy(), ends)
        signals: list[Signals] = []
        for layer, ((pre, post), modulator) in enumerate(zip(sensed, modulators, strict=True)):
            every = {"pre": pre[None, :], "post": post[:, None], "modulator": modulator[:, None]}
            if before.weights:
                every["weight"] = before.weights[layer]
            if before.traces:
                every["trace"] = before.traces[layer]
            signals.append({name: every[name] for name in self.rule.signals})
        return signals
