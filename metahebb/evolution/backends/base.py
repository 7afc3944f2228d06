"""What a backend does: live lives somewhere, and give back their outcomes in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from metahebb.fingerprint import Fingerprint
from metahebb.worker import GivenPoint, Outcomes, Plan, SearchPoint


@dataclass(frozen=True)
class Job:
    """Candidates to evaluate under one plan.

    Attributes:
        plan: how their lives are lived.
        point: where their genes come from.
        n_candidates: how many.
        first: number of the first one; the others follow.
    """

    plan: Plan
    point: SearchPoint | GivenPoint
    n_candidates: int
    first: int = 0

    @property
    def candidates(self) -> range:
        """Their numbers."""
        return range(self.first, self.first + self.n_candidates)


class Backend(Protocol):
    """Where lives are lived. Outcomes depend on jobs only: not on the backend or its size."""

    @property
    def num_workers(self) -> int:
        """Workers, for the record."""

    @property
    def others(self) -> Sequence[Fingerprint]:
        """Fingerprints of workers that do arithmetic otherwise than this process; most often none.

        They are admitted only where the user allows it.
        """

    def evaluate(self, jobs: Sequence[Job]) -> list[Outcomes]:
        """Return the outcomes of each job, ``(n_candidates · lives_per_candidate,)``."""

    def close(self) -> None:
        """Let go of threads or processes."""
