"""The live display of learning: trials, accuracy, error and reward."""

from __future__ import annotations

from typing import Any

from metahebb.runs.learn_config import LearnConfig
from metahebb.runs.progress import PLAIN_SECONDS, Line, clock


class LearnProgress(Line):
    """Shows trials, accuracy, error, reward and time left; use as a context manager."""

    def __init__(self, config: LearnConfig, quiet: bool = False) -> None:
        """Prepare to show a run of ``config``, from wherever it stands."""
        super().__init__(config.trials, quiet)
        self._began: tuple[float, int] | None = None
        self._reached = False

    def __call__(self, record: dict[str, Any]) -> None:
        """Show a block's metrics; a plain line is due when the criterion is reached, too."""
        if record["learned_after"] is not None and not self._reached:
            self._reached, self._shown = True, -PLAIN_SECONDS
        super().__call__(record)

    def _done(self, record: dict[str, Any]) -> int:
        return int(record["trials"])

    def _cells(self, record: dict[str, Any], now: float, done: int) -> dict[str, str]:
        # The first block compiles, so that time is counted from its end.
        began, first = self._began = self._began or (now, done)
        cells = {"trial": f"{done}/{self._generations}"}
        if record["recent_accuracy"] is not None:
            cells["accuracy"] = f"{100 * record['recent_accuracy']:.0f} %"
        if record["error"] is not None:
            cells["error"] = f"{record['error']:.3f}"
        if record["reward"] is not None:
            cells["reward"] = f"{record['reward']:.3f}"
        learned = record["learned_after"]
        cells["criterion"] = "–" if learned is None else f"trial {learned}"
        left = "…"
        if done > first:
            left = clock((now - began) / (done - first) * max(self._generations - done, 0))
        return {**cells, "time left": left}
