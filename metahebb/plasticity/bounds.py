"""What keeps weights bounded: applied to a layer after each update."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt

from metahebb.errors import InputError, unknown_name

KINDS = ("none", "max_abs", "clip")

SMALLEST = float(np.finfo(np.float32).tiny)
"""Layers whose largest magnitude is below count as zero: its reciprocal would be infinite."""


@dataclass(frozen=True)
class Bounds:
    """A layer's normalisation after each update.

    ``none`` leaves weights alone. ``max_abs`` divides a layer by its largest magnitude, upward too
    (Najarro & Risi 2020, in their pixel tasks); a layer of zeros is left as it is. ``clip`` bounds
    each weight to ±limit. None of them touches the weights of a newborn.
    """

    saved_as: ClassVar[str] = "Normalization"

    kind: Literal["none", "max_abs", "clip"] = "max_abs"
    """none | max_abs | clip"""
    limit: float = 1.0
    """Bound of ``clip``; the others ignore it."""

    def __post_init__(self) -> None:
        """Check the values."""
        if self.kind not in KINDS:
            raise unknown_name("normalization", self.kind, KINDS)
        if not (np.isfinite(self.limit) and self.limit > 0):
            raise InputError(f"expected a positive clip limit, got {self.limit}; use for example 1")

    def apply(self, weights: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return the normalised layer ``(n_out, n_in)``: the reference of the kernel's."""
        if self.kind == "clip":
            return np.clip(weights, -np.float32(self.limit), np.float32(self.limit))
        if self.kind == "max_abs":
            largest = np.abs(weights).max()
            return weights / largest if largest >= SMALLEST else weights
        return weights
