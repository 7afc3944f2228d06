"""The table of what a run will cost, and the sentences below it."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

LIVES_PER_WORKER = 8
"""Lives per generation that a worker should have at least, so that it does not wait for others."""
WORKER_BYTES = 240 * 2**20
"""Memory of a Ray worker before it opens lanes, with its share of common libraries (measured)."""
_BUSY = 0.1
"""Share of the cores from which on it is said that other programs use them."""
_SLOWED = 1.2
"""How many times longer threads may take together before this is said."""
_WIDTH = 96
"""Characters of a line of text."""

Range = tuple[float, float]
"""A number if lives stay as long as those that were measured, and if every life reaches its
horizon."""


@dataclass(frozen=True)
class Row:
    """Time and memory of the run in one place.

    Attributes:
        threads: number of threads of this process; 0 where the row is one of Ray workers.
        workers: number of Ray workers; 0 where the row is one of threads.
        seconds: time that all generations take.
        memory: bytes that all processes take at most.
    """

    threads: int
    workers: int
    seconds: Range
    memory: int

    @property
    def label(self) -> str:
        """Name of the place."""
        if self.workers:
            return f"{self.workers} Ray workers"
        return f"this machine, {self.threads} thread{'s' if self.threads > 1 else ''}"


@dataclass(frozen=True)
class Estimate:
    """What a run will cost.

    Attributes:
        env_steps: env steps of the whole run.
        rows: what the run takes with threads of this machine, then with Ray workers.
        most_workers: largest number of workers that have `LIVES_PER_WORKER` lives per generation in
            every stage.
        lives: number of lives that were measured.
        watched: env steps after which these lives were ended.
        steps_mean: mean length of these lives.
        at_horizon: share of these lives that were still alive at that time.
        core_s: seconds that one core needs for an env step, births included.
        slowed: how many times longer a thread needs beside the others than alone.
        search_s: seconds per generation in which nobody lives: ranking, gradient, update.
        compile_s: seconds until the first life was over, most of them for compiling.
        driver_bytes: largest memory that this process has had.
        worker_bytes: memory of a Ray worker.
        busy: share of this machine's cores that others used before anything was measured.
        took_s: seconds that the estimate took.
    """

    env_steps: Range
    rows: tuple[Row, ...]
    most_workers: int
    lives: int
    watched: int
    steps_mean: float
    at_horizon: float
    core_s: float
    slowed: float
    search_s: float
    compile_s: float
    driver_bytes: int
    worker_bytes: int
    busy: float
    took_s: float

    def text(self) -> str:
        """Return a table, and what of it was measured and what was not."""
        low, high = self.env_steps
        heads = ["", "lives as long as now", "all lives to the end", "memory"]
        table = [heads, ["env steps", _count(low), _count(high), ""]]
        table += [[row.label, *map(_clock, row.seconds), _memory(row.memory)] for row in self.rows]
        if self._is_certain:
            table = [[line[0], *line[2:]] for line in table]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = [
            "   ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]).rstrip()
            for line in table
        ]
        notes = [textwrap.fill(note, _WIDTH, subsequent_indent="  ") for note in self._notes()]
        return "\n".join([*lines, "", *notes])

    @property
    def _is_certain(self) -> bool:
        """Whether lives last to the end already."""
        return self.env_steps[1] < 1.02 * self.env_steps[0]

    def _notes(self) -> list[str]:
        """Return sentences on what was measured, extrapolated and left out."""
        measured = (
            f"Measured in {self.took_s:.0f} s: {self.lives} lives of the first generation, each "
            f"watched for at most {self.watched} env steps, last {self.steps_mean:.0f} on average; "
            f"{100 * self.at_horizon:.0f} % of them last to the end. One core needs "
            f"{_short(self.core_s)} for an env step. The search itself needs "
            f"{_short(self.search_s)} per generation. This process took up to "
            f"{_memory(self.driver_bytes)} of memory."
        )
        if self.slowed > _SLOWED:
            measured += (
                f" Threads that run together need {self.slowed:.1f} times as long as one that has "
                "the machine to itself."
            )
        later = "Extrapolated: all later generations, by the run's schedule and the speed above."
        if not self._is_certain:
            later += (
                " Lives get longer while most runs learn, so that the truth lies between the two "
                "columns."
            )
        left_out = (
            f"Left out: compiling ({self.compile_s:.0f} s here), writing the run folder, and the "
            "evaluation, the film and the report at the end."
        )
        notes = [measured, later, *self._notes_on_workers(), left_out]
        if self.busy > _BUSY:
            notes.append(
                f"Other programs used {100 * self.busy:.0f} % of this machine just before: without "
                "them the run is faster."
            )
        return notes

    def _notes_on_workers(self) -> list[str]:
        if self.most_workers < 2:
            few = ["There are too few lives in a generation for Ray workers: use threads."]
        else:
            few = [
                f"More than {self.most_workers} workers would have fewer than {LIVES_PER_WORKER} "
                "lives each in a generation, and would mostly wait for the longest life."
            ]
        if len(self.rows) == 1:
            return few
        return [
            "Extrapolated, too: the workers, none of which was started. Each counts as one core of "
            f"this machine's kind. Its memory is the {_memory(WORKER_BYTES)} that we measured of "
            "an idle worker, and what one thread's lanes add here. Workers on one machine share "
            "some of that.",
            *few,
        ]


def _count(number: float) -> str:
    for size, name in ((1e9, "billion"), (1e6, "million"), (1e3, "thousand")):
        if number >= size:
            return f"{number / size:.3g} {name}"
    return f"{number:.0f}"


def _clock(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.1f} min"
    return f"{seconds / 3600:.1f} h"


def _short(seconds: float) -> str:
    if seconds < 1e-3:
        return f"{1e6 * seconds:.0f} µs"
    return f"{1e3 * seconds:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _memory(size: int) -> str:
    return f"{size / 2**20:.0f} MB" if size < 2**30 else f"{size / 2**30:.1f} GB"
