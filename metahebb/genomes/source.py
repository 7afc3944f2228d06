"""The sources of a candidate's genes: noise around the center, or values that lie in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from metahebb.noise import Key, perturb

Genes = npt.NDArray[np.float32]


class GeneSource(Protocol):
    """A gene source writes any stretch of a candidate's genome into memory."""

    def write(self, start: int, out: Genes) -> None:
        """Write genes ``start`` to ``start + out.size`` into ``out``."""


@dataclass(frozen=True)
class GivenGenes:
    """A genome that lies in memory: the center, or a candidate of a dense search."""

    values: Genes

    def write(self, start: int, out: Genes) -> None:
        """Copy genes ``start`` to ``start + out.size`` into ``out``."""
        out[:] = self.values[start : start + out.size]


@dataclass(frozen=True)
class SeededGenes:
    """A candidate that is rebuilt from the search distribution: ``center + sign·stdev·noise``.

    Attributes:
        center: the mean of the distribution, ``(n_genes,)``.
        stdev: the standard deviation of each gene, ``(n_genes,)``.
        key: the key of the candidate's noise.
        sign: +1 or -1; two mirrored candidates share their noise, with opposite signs.
    """

    center: Genes
    stdev: Genes
    key: Key
    sign: int

    def write(self, start: int, out: Genes) -> None:
        """Generate genes ``start`` to ``start + out.size`` in place, in ``out``."""
        stop = start + out.size
        perturb(self.center[start:stop], self.stdev[start:stop], self.key, self.sign, out, start)
