"""Where a candidate's genes come from: a row of noise around the center, or given values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from metahebb.noise import Key, perturb

Genes = npt.NDArray[np.float32]


class GeneSource(Protocol):
    """Writes any stretch of a candidate's genome into given memory."""

    def write(self, start: int, out: Genes) -> None:
        """Write genes ``start`` to ``start + out.size`` into ``out``."""


@dataclass(frozen=True)
class GivenGenes:
    """A genome that lies in memory: the center, or a candidate of a dense search."""

    values: Genes

    def write(self, start: int, out: Genes) -> None:
        """Copy the stretch."""
        out[:] = self.values[start : start + out.size]


@dataclass(frozen=True)
class SeededGenes:
    """A candidate rebuilt from the search distribution and its key: ``center ± stdev·noise``.

    Attributes:
        center: ``(n_genes,)``.
        stdev: ``(n_genes,)``.
        key: of the noise row.
        sign: +1 or -1; mirrored candidates share a row.
    """

    center: Genes
    stdev: Genes
    key: Key
    sign: int

    def write(self, start: int, out: Genes) -> None:
        """Generate the stretch in place."""
        stop = start + out.size
        perturb(self.center[start:stop], self.stdev[start:stop], self.key, self.sign, out, start)
