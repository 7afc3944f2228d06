"""How many candidates make a call: enough to be worth it, few enough to lose and to wait for."""

from __future__ import annotations

import math
from dataclasses import dataclass

_CALL_S = 2.0
"""What a call takes at most: it is lost with its worker, and is what others wait for at the end."""
_OVERHEAD_S = 0.05
"""What a call takes at least, so that sending it costs a twentieth of that."""
_SENDING_S = 0.0005
"""What the dispatcher needs per call. Each worker waits for all others', so calls last longer the
more workers there are."""
_NEW = 0.2
"""Weight of the newest measurement."""


@dataclass
class Pace:
    """Measures lives; what it says changes which candidates share a call, and no number.

    Attributes:
        life_s: what a life takes a worker, a moving average; 0 before the first is measured.
    """

    life_s: float = 0.0

    def note(self, lives: int, seconds: float) -> None:
        """Take in that a call of so many lives took ``seconds``."""
        measured = seconds / lives
        self.life_s += (measured - self.life_s) * (_NEW if self.life_s else 1.0)

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
        least = math.ceil(max(_OVERHEAD_S, 3 * workers * _SENDING_S) / candidate_s)
        most = math.ceil(max(_CALL_S, 3 * workers * _SENDING_S) / candidate_s)
        return max(filling, least), filling * math.ceil(most / filling)
