"""The live display of a run: one line that moves on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections import deque
from typing import Any, Self

from rich.console import Console
from rich.live import Live
from rich.table import Table

from metahebb.runs.config import RunConfig
from metahebb.runs.cost import possible_steps

PLAIN_SECONDS = 10.0
"""Least time between two plain lines."""
RECENT = 20
"""Generations from which time left is judged: lives get longer while a run learns."""
_CERTAIN = 1.1
"""Ratio of the two times left below which one of them is enough."""


class Line:
    """One line about generations, or trials, that pass; use it as a context manager.

    Subclasses say what stands on the line.
    """

    def __init__(self, generations: int, quiet: bool) -> None:
        self._generations = generations
        self._quiet = quiet
        self._console = Console(stderr=True)
        self._live: Live | None = None
        self._shown = -PLAIN_SECONDS

    def __enter__(self) -> Self:
        """Take the line."""
        if self._console.is_terminal and not self._quiet:
            self._live = Live(console=self._console, auto_refresh=False)
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Give the line back."""
        if self._live is not None:
            self._live.stop()

    def __call__(self, record: dict[str, Any]) -> None:
        """Show a generation's metrics."""
        if self._quiet:
            return
        now, done = time.monotonic(), self._done(record)
        cells = self._cells(record, now, done)
        if self._live is not None:
            table = Table(box=None, padding=(0, 2, 0, 0))
            for name in cells:
                table.add_column(name, justify="right")
            table.add_row(*cells.values())
            self._live.update(table, refresh=True)
        elif self._is_due(now, done):
            self._shown = now
            print("  ".join(f"{k} {v}" for k, v in cells.items()), file=sys.stderr, flush=True)

    def _done(self, record: dict[str, Any]) -> int:
        """Return how many generations were done when ``record`` was written."""
        return int(record["generation"]) + 1

    def _is_due(self, now: float, done: int) -> bool:
        return now - self._shown >= PLAIN_SECONDS or done == self._generations

    def _cells(self, record: dict[str, Any], now: float, done: int) -> dict[str, str]:
        """Return what stands on the line, by its name."""
        raise NotImplementedError


class Progress(Line):
    """Shows generation, fitness, env steps per second and time left; use as a context manager.

    Time left is a range where lives end early: the first time holds if later lives use up as much
    of their horizon as those of the last `RECENT` generations, the second one if every life reaches
    its horizon. Both know the schedule: later stages may have longer lives, and more of them.
    """

    def __init__(self, config: RunConfig, quiet: bool = False) -> None:
        """Prepare to show a run of ``config``, from wherever it stands."""
        super().__init__(config.generations, quiet)
        self._config = config
        # Of each generation: when it was done, evaluations until then, its env steps. The first one
        # compiles, and so only tells when the second one began.
        self._recent: deque[tuple[float, int, int]] = deque(maxlen=RECENT + 1)

    def _cells(self, record: dict[str, Any], now: float, done: int) -> dict[str, str]:
        self._recent.append((now, record["evaluations"], record["env_steps"]))
        speed = "…"
        if len(self._recent) > 1:
            before = self._recent[-2][0]
            speed = f"{record['env_steps'] / max(now - before, 1e-9):,.0f}"
        center = record["center_return"]
        return {
            "generation": f"{done}/{self._generations}",
            "fitness mean": f"{record['fitness_mean']:.2f}",
            "best": f"{record['fitness_best']:.2f}",
            "center": "–" if center is None else f"{center:.2f}",
            "env steps/s": speed,
            "time left": self._left(done),
        }

    def _left(self, done: int) -> str:
        """Return the time that the rest of the run will take."""
        if len(self._recent) < 2:
            return "…"
        (began, first, _), (now, last, _) = self._recent[0], self._recent[-1]
        lived = sum(env_steps for _, _, env_steps in list(self._recent)[1:])
        could = possible_steps(self._config, first, last)
        each = last - self._recent[-2][1]  # evaluations of a generation
        to_come = possible_steps(self._config, last, last + each * (self._generations - done))
        low = (now - began) / could * to_come
        high = (now - began) / max(lived, 1) * to_come
        return clock(low) if high <= _CERTAIN * low else f"{clock(low)} to {clock(high)}"


class Replaying(Line):
    """The same for a replay, which lives nothing: how far it is, where it takes long."""

    def __init__(self, generations: int, quiet: bool = False) -> None:
        """Prepare to show a replay of ``generations``; a short one shows nothing on plain lines."""
        super().__init__(generations, quiet)
        self._shown = time.monotonic()
        self._began: tuple[float, int] | None = None

    def _is_due(self, now: float, done: int) -> bool:
        return now - self._shown >= PLAIN_SECONDS

    def _cells(self, record: dict[str, Any], now: float, done: int) -> dict[str, str]:
        began, first = self._began = self._began or (now, done)
        left = "…"
        if done > first:
            left = clock((now - began) / (done - first) * (self._generations - done))
        return {"replayed": f"{done}/{self._generations}", "time left": left}


def clock(seconds: float) -> str:
    """Return a time as minutes and seconds, with hours if there are any."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
