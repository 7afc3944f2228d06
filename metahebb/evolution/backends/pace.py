"""The pace of lives decides how many candidates a worker gets in one call.

A call with few candidates is hardly worth the time of sending it. A call with many candidates is
lost with its worker, and all other workers wait for it at the end of a round.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from metahebb.evolution.backends.dispatch import Unit, cut

_CALL_S = 2.0
"""Seconds that a call takes at most, unless there are so many workers that it must last longer."""
_OVERHEAD_S = 0.05
"""Seconds that a call takes at least, so that sending it costs at most about a twentieth of it."""
SENDING_S = 0.0005
"""Seconds that the dispatcher needs to send a call and take its result.

In a round of calls to all workers, each worker waits while the dispatcher serves the others. So a
call lasts at least `_LEAST` and at most `_MOST` times the seconds of sending one call to each
worker. The large calls at the beginning of a round give the dispatcher time for the many small
calls at its end.
"""
_LEAST, _MOST = 1.5, 6.0
_KEPT = 0.5
"""Factor by which the measurements of earlier rounds are weighted down in each new round."""


@dataclass
class Pace:
    """A pace measures how long lives take, and sizes calls by it; it changes no result.

    The mean is over whole rounds. A mean over the latest lives would be too long, because the
    longest lives of a round end last.
    """

    _lives: float = 0.0
    _seconds: float = 0.0

    @property
    def life_s(self) -> float:
        """Mean seconds that a life takes a worker; 0 before the first measurement."""
        return self._seconds / self._lives if self._lives else 0.0

    def note(self, lives: int, seconds: float) -> None:
        """Note that a call of ``lives`` lives took ``seconds``."""
        self._lives += lives
        self._seconds += seconds

    def bounds(self, filling: int, lives: int, workers: int) -> tuple[int, int | None]:
        """Return the smallest and the largest number of candidates of a call.

        The largest number is None, for no limit, as long as no life was measured.

        Args:
            filling: the number of candidates that fill a worker's lanes. The largest number of
                candidates is a multiple of it.
            lives: the number of lives of a candidate.
            workers: the number of workers that share the work.
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
        """Return the units of a job of the next round; from now on, older measurements weigh less.

        Args:
            job: the number of the job.
            n_candidates: the number of candidates of the job.
            lanes: the number of lives that a worker advances together.
            workers: the number of workers that share the work.
            lives: the number of lives of a candidate.
        """
        least, most = self.bounds(-(-lanes // lives), lives, workers)
        self._lives *= _KEPT
        self._seconds *= _KEPT
        return cut(job, n_candidates, least, workers, most)
