"""The live display of a run: one line that moves on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table

PLAIN_SECONDS = 10.0
"""Least time between two plain lines."""


class Progress:
    """Shows generation, fitness, env steps per second and time left; use as a context manager."""

    def __init__(self, generations: int, quiet: bool = False) -> None:
        """Prepare to show a run of ``generations`` in total."""
        self._generations = generations
        self._quiet = quiet
        self._console = Console(stderr=True)
        self._live: Live | None = None
        self._began: tuple[float, int] | None = None
        self._shown = -PLAIN_SECONDS
        self._last = 0.0

    def __enter__(self) -> Progress:
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
        now, done = time.monotonic(), record["generation"] + 1
        if self._began is None:
            # The first generation compiles; time left is judged from what follows it.
            self._began = (now, done)
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

    def _is_due(self, now: float, done: int) -> bool:
        return now - self._shown >= PLAIN_SECONDS or done == self._generations

    def _left(self, now: float, done: int) -> str:
        """Return the time that the rest will take, as the generations so far took it."""
        assert self._began is not None
        began, first = self._began
        if done == first:
            return "…"
        return _clock((now - began) / (done - first) * (self._generations - done))

    def _cells(self, record: dict[str, Any], now: float, done: int) -> dict[str, str]:
        assert self._began is not None
        speed = "…"
        if done > self._began[1]:
            speed = f"{record['env_steps'] / max(now - self._last, 1e-9):,.0f}"
        self._last = now
        center = record["center_return"]
        return {
            "generation": f"{done}/{self._generations}",
            "fitness mean": f"{record['fitness_mean']:.2f}",
            "best": f"{record['fitness_best']:.2f}",
            "center": "–" if center is None else f"{center:.2f}",
            "env steps/s": speed,
            "time left": self._left(now, done),
        }


class Replaying(Progress):
    """The same for a replay, which lives nothing: how far it is, where it takes long."""

    def __init__(self, generations: int, quiet: bool = False) -> None:
        """Prepare to show a replay of ``generations``; a short one shows nothing on plain lines."""
        super().__init__(generations, quiet)
        self._shown = time.monotonic()

    def _is_due(self, now: float, done: int) -> bool:
        return now - self._shown >= PLAIN_SECONDS

    def _cells(self, record: dict[str, Any], now: float, done: int) -> dict[str, str]:
        return {"replayed": f"{done}/{self._generations}", "time left": self._left(now, done)}


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
