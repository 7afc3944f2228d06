"""How many candidates make a call: enough to be worth it, few enough to lose and to wait for."""

from __future__ import annotations

import math
from dataclasses import dataclass

from metahebb.evolution.backends.dispatch import Unit, cut

_CALL_S = 2.0
"""What a call takes at most: it is lost with its worker, and is what others wait for at the end."""
_OVERHEAD_S = 0.05
"""What a call takes at least, so that sending it costs a twentieth of that."""
SENDING_S = 0.0005
"""What the dispatcher needs per call. Each worker waits for all others', so calls last longer the
more workers there are: at least `_LEAST` and at most `_MOST` times what a call to each of them
needs. Few large calls in the beginning leave it the time for many small ones at the end."""
_LEAST, _MOST = 1.5, 6.0
_KEPT = 0.5
"""Weight of what earlier rounds have measured."""


@dataclass
class Pace:
    """Measures lives; what it says changes which candidates share a call, and no number.

    A round counts as a whole: those that end last are its longest, and a mean of the latest ones
    would be of these.
    """

    _lives: float = 0.0
    _seconds: float = 0.0

    @property
    def life_s(self) -> float:
        """What a life takes a worker, a mean over rounds; 0 before the first is measured."""
        return self._seconds / self._lives if self._lives else 0.0

    def note(self, lives: int, seconds: float) -> None:
        """Take in that a call of so many lives took ``seconds``."""
        self._lives += lives
        self._seconds += seconds

    def bounds(self, filling: int, lives: int, workers: int) -> tuple[int, int | None]:
        """Return the least and the most candidates of a call; None: as many as there are.

        Args:
            filling: candidates that fill a worker's lanes; the most is a multiple of it.
            lives: of a candidate.
            workers: that share the work.
        """
        candidate_s = self.life_s * lives
        if candidate_s == 0:
            return filling, None
        everyone_s = workers * SENDING_S
        least = math.ceil(max(_OVERHEAD_S, _LEAST * everyone_s) / candidate_s)
        most = math.ceil(max(_CALL_S, _MOST * everyone_s) / candidate_s)
        return max(filling, least), filling * math.ceil(most / filling)

    def units(
        self, job: int, n_candidates: int, lanes: int, workers: int, lives: int = 1
    ) -> list[Unit]:
        """Return the units of a job of the next round; what was measured so far fades.

        Args:
            job: its number.
            n_candidates: of the job.
            lanes: lives at a time per worker.
            workers: that share the work.
            lives: of a candidate.
        """
        least, most = self.bounds(-(-lanes // lives), lives, workers)
        self._lives *= _KEPT
        self._seconds *= _KEPT
        return cut(job, n_candidates, least, workers, most)
