"""Where in a life a rule's numbers stopped being finite, and which coefficient made them so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from metahebb.networks import Learning
from metahebb.plasticity import Rule
from metahebb.probes import Moment

Array = npt.NDArray[np.float32]
Signals = list[dict[str, Array]]
"""Per layer, what the rule reads: see `Learning`."""

HUGE = 1e15
"""Weights and traces that get larger are called grown: such a life ends as non-finite soon."""
CALM = 1e6
"""With another coefficient in its place, a number of at most this shows that it was to blame."""
_TRIED = 64  # synapses that are looked at for a coefficient to blame


@dataclass(frozen=True)
class Cause:
    """Which values made a number of a synapse leave the finite numbers.

    Attributes:
        values: a coefficient, or a signal, with its value; or all signals, where none of them alone
            is to blame. Empty: the cause is unknown.
        is_coefficient: whether it is a coefficient.
    """

    values: tuple[tuple[str, float], ...] = ()
    is_coefficient: bool = False

    def __str__(self) -> str:
        words = " and ".join(f"{name} is {value:.3g}" for name, value in self.values)
        return f", where {words}" if words else ""


@dataclass(frozen=True)
class Divergence:
    """A number of a rule that left the finite numbers in a life.

    Attributes:
        text: what it was, from which step on, and where.
        cause: the coefficient or signal to blame.
    """

    text: str
    cause: Cause


@dataclass
class Watch:
    """An observer of one lane that keeps what its rule read, until something is not finite.

    Attributes:
        rule: of every synapse.
        coefficients: per layer ``(k, n_out, n_in)``, as expressed.
        part: what the network calls a layer.
    """

    rule: Rule
    coefficients: Sequence[Array]
    part: str = "layer"
    _step: int = field(default=0, init=False)
    _gain: float = field(default=1.0, init=False)
    _read: Signals = field(default_factory=list, init=False)
    _before: Signals = field(default_factory=list, init=False)
    _after: Signals = field(default_factory=list, init=False)
    _is_over: bool = field(default=False, init=False)

    def observe(self, moment: Moment) -> None:
        """Let the last step's update happen, and keep what it read and what it left."""
        network, lane = moment.network, moment.lanes[:1]
        assert isinstance(network, Learning)
        if moment.steps[0] == 0:
            self._is_over = False
            self._before = self._after = network.signals(int(lane[0]))
            return
        if self._is_over:
            return
        now = network.signals(int(lane[0]))
        for old, new in zip(self._read, now, strict=True):
            old["modulator"] = new["modulator"]
            if new["pre"].any() or new["post"].any():  # else a new trial has begun
                old.update(pre=new["pre"], post=new["post"])
        self._gain = float(network.gains[lane[0]])
        network.flush(lane)
        self._keep(int(moment.steps[0]), self._read, network.signals(int(lane[0])))

    def observe_outputs(self, moment: Moment, outputs: Array) -> None:
        """Keep what the step's update will read, unless the task has more to say of it.

        A kernel computes Δw also where nothing is to change, and multiplies it by 0. So what has no
        finite value may spoil a synapse already here, even at birth.
        """
        network = moment.network
        assert isinstance(network, Learning)
        if not self._is_over:
            self._read = network.signals(int(moment.lanes[0]))
            if not self._is_finite(self._read):
                self._gain = 0.0
                self._keep(int(moment.steps[0]) + 1, self._after, self._read)

    def _keep(self, step: int, before: Signals, after: Signals) -> None:
        self._step, self._before, self._after = step, before, after
        self._is_over = not self._is_finite(after)

    def _is_finite(self, layers: Signals) -> bool:
        return all(np.isfinite(layer[name]).all() for layer in layers for name in self._kept)

    @property
    def _kept(self) -> tuple[str, ...]:
        """What a synapse keeps: its trace comes first, because it spoils the weight."""
        return ("trace", "weight") if self.rule.has_trace else ("weight",)

    def divergence(self) -> Divergence | None:
        """Return what left the finite numbers, or became huge, in the life so far; None: nothing.

        A trace that is huge is to blame for weights that it has spoiled.
        """
        kept = [(name, layer) for name in self._kept for layer in range(len(self._after))]
        for limit in (np.inf, HUGE):
            for name, layer in kept:
                values = np.abs(self._after[layer][name])
                places = np.argwhere(~(values < limit))
                if places.size:
                    sizes = values[tuple(places.T)]
                    worst = places[np.argsort(-sizes, kind="stable")]
                    return self._described(name, layer, worst[:_TRIED])
        return None

    def _described(self, name: str, layer: int, places: npt.NDArray[np.intp]) -> Divergence:
        """Return what happened to the first of ``places`` ``(n, 2)``, if any, that has a cause."""
        causes = [self._cause(name, layer, int(j), int(i)) for j, i in places]
        best = next((n for n, cause in enumerate(causes) if cause.is_coefficient), 0)
        (j, i), cause = places[best], causes[best]
        value = float(self._after[layer][name][j, i])
        what = f"the {name} that the rule {self.rule.name} changes"
        if name == "trace":
            what = f"the trace of the rule {self.rule.name}"
        how = f"grew to {value:.1g} by step {self._step}"
        if not np.isfinite(value):
            how = f"is not finite from step {self._step} on"
            change = self._change(layer, int(j), int(i))[-1 if name == "trace" else 0]
            if not np.isfinite(change):
                what = what if name == "trace" else f"Δw of the rule {self.rule.name}"
                cause = cause if cause.values else self._all_signals(layer, int(j), int(i))
        where = f"{self.part} {layer + 1}, synapse {i}→{j} counted from 0{cause}"
        return Divergence(f"{what} {how} ({where})", cause)

    def _cause(self, name: str, layer: int, j: int, i: int) -> Cause:
        """Return which coefficient, or else which signal, makes a number of a synapse diverge."""
        names = self.rule.coefficients
        values = [float(v) for v in self.coefficients[layer][:, j, i]]
        for k, value in enumerate(values):
            if not np.isfinite(value):
                return Cause(((names[k], value),), is_coefficient=True)
        # The one that is farthest from 1 comes first: 0 is infinitely far.
        with np.errstate(divide="ignore"):
            order = np.argsort(-np.abs(np.log(np.abs(values))), kind="stable")
        for k in order.tolist():
            for other in (1.0, float(np.copysign(1.0, values[k]))):
                if self._is_calm(name, layer, j, i, {names[k]: other}):
                    return Cause(((names[k], values[k]),), is_coefficient=True)
        for signal, number in self._all_signals(layer, j, i).values:
            if self._is_calm(name, layer, j, i, {signal: 0.5}):
                return Cause(((signal, number),))
        return Cause()

    def _all_signals(self, layer: int, j: int, i: int) -> Cause:
        """Return all signals that the rule reads as the cause."""
        read = self._signals(layer, j, i)
        return Cause(tuple((name, read[name]) for name in self.rule.signals))

    def _is_calm(self, name: str, layer: int, j: int, i: int, other: dict[str, float]) -> bool:
        """Return whether a number stays small with ``other`` values of what makes it."""
        old = self._signals(layer, j, i)[name] if name in self._before[layer] else 0.0
        change = self._change(layer, j, i, other)[-1 if name == "trace" else 0]
        new = old + self._gain * change
        return bool(np.isfinite(new) and abs(new) <= max(abs(old), CALM))

    def _signals(self, layer: int, j: int, i: int) -> dict[str, float]:
        """Return what the synapse from input ``i`` to unit ``j`` read, by signal."""
        shape = self.coefficients[layer].shape[1:]
        return {
            name: float(np.broadcast_to(values, shape)[j, i])
            for name, values in self._before[layer].items()
            if name in self.rule.signals or name == "weight"
        }

    def _change(
        self, layer: int, j: int, i: int, other: dict[str, float] | None = None
    ) -> tuple[float, ...]:
        """Return Δw of a synapse, and Δtrace if there is one, with ``other`` values of some names.

        They are computed in float32, as in a life: what is too large for it is infinite.
        """
        values = self._signals(layer, j, i)
        values |= dict(
            zip(self.rule.coefficients, map(float, self.coefficients[layer][:, j, i]), strict=True)
        )
        values |= other or {}
        names = (*self.rule.signals, *self.rule.coefficients)
        with np.errstate(all="ignore"):
            change = self.rule(*(np.float32(values[name]) for name in names))
        return tuple(float(c) for c in (change if self.rule.has_trace else (change,)))
