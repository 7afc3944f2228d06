"""Small runs of the command line, in this process, for whoever tests what they leave behind."""

from __future__ import annotations

import functools
import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from metahebb.cli import main
from metahebb.runs.journal import Journal

Said = Callable[..., None]
"""The check that the fixture ``said`` is."""

QUIET = ("--no-finish", "--quiet", "--no-tensorboard")
TINY = ("--hidden", "3", "--popsize", "6", "--threads", "1", "--center-lives", "1", *QUIET)
ANT_QUICK = ("ant-quick", "--generations", "6", "--popsize", "32", "--no-finish")
"""The command whose centers are the same however it is run."""
CAR = ("--schedule", "0:25")
"""Flags of ``car-racing`` for lives of half a second."""


def evolve(path: Path, *flags: str, generations: int = 3, preset: str = "cartpole") -> int:
    """Evolve a tiny population of ``preset`` into ``path``; return the exit status."""
    told = ("--generations", str(generations), "--out", str(path))
    return main(["evolve", preset, *TINY, *told, *flags])


def resume(path: Path, *flags: str) -> int:
    """Go on with the run at ``path``; return the exit status."""
    return main(["resume", str(path), *QUIET, *flags])


def metrics(path: Path) -> list[dict[str, Any]]:
    """Return the lines of the metrics."""
    return [json.loads(line) for line in (path / "metrics.jsonl").read_text().splitlines()]


def centers(path: Path) -> list[str]:
    """Return the hash of the center after each generation."""
    return [record["center_sha256"] for record in metrics(path)]


def forget_config(path: Path) -> None:
    """Make the run at ``path`` one of a version that did not note the hash of its config."""
    file = path / "manifest.json"
    data = json.loads(file.read_text())
    del data["config_sha256"]
    file.write_text(json.dumps(data))


def rewrite_fitness(path: Path, evaluation: int, candidate: int, value: float) -> float:
    """Change a fitness in the journal of the run at ``path``, checksum and all; return the old."""
    journal = Journal(path / "journal")
    records = journal.read()
    journal.path.unlink()
    old = float(records[evaluation][candidate])
    records[evaluation][candidate] = value
    for number, fitness in enumerate(records):
        journal.append(number, fitness)
    return old


def files(path: Path) -> dict[str, bytes]:
    """Return what every file under ``path`` holds."""
    return {str(p.relative_to(path)): p.read_bytes() for p in path.rglob("*") if p.is_file()}


@functools.cache
def ant_quick_centers(threads: int = 2, flags: Sequence[str] = ()) -> Sequence[str]:
    """Return the centers of `ANT_QUICK` on that many threads, with further ``flags``."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "run")
        told = ("--threads", str(threads), "--out", str(path))
        assert main(["evolve", *ANT_QUICK, *QUIET, *told, *flags]) == 0
        return tuple(centers(path))
