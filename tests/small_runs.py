"""Helpers that give small commands in this process, and read the run folders that they leave."""

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
"""Type of the check that the fixture ``said`` returns."""

QUIET = ("--no-finish", "--quiet", "--no-tensorboard")
TINY = ("--hidden", "3", "--popsize", "6", "--threads", "1", "--center-lives", "1", *QUIET)
ANT_QUICK = ("ant-quick", "--generations", "6", "--popsize", "32", "--no-finish")
"""Arguments of a command that gives the same centers on any number of threads or workers."""
CAR = ("--schedule", "0:25")
"""Flags that give lives of ``car-racing`` a length of half a second."""


def evolve(path: Path, *flags: str, generations: int = 3, preset: str = "cartpole") -> int:
    """Evolve a tiny population of ``preset`` into ``path``; return the exit status."""
    own = ("--generations", str(generations), "--out", str(path))
    return main(["evolve", preset, *TINY, *own, *flags])


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
    """Remove the hash of the config from the manifest, which earlier versions did not write."""
    file = path / "manifest.json"
    data = json.loads(file.read_text())
    del data["config_sha256"]
    file.write_text(json.dumps(data))


def rewrite_fitness(path: Path, evaluation: int, candidate: int, value: float) -> float:
    """Change a fitness in the journal of the run at ``path``, with a new checksum.

    Return the old fitness.
    """
    journal = Journal(path / "journal")
    records = journal.read()
    journal.path.unlink()
    old = float(records[evaluation][candidate])
    records[evaluation][candidate] = value
    for number, fitness in enumerate(records):
        journal.append(number, fitness)
    return old


def files(path: Path) -> dict[str, bytes]:
    """Return the content of every file under ``path``, by relative path."""
    return {str(p.relative_to(path)): p.read_bytes() for p in path.rglob("*") if p.is_file()}


@functools.cache
def ant_quick_centers(threads: int = 2, flags: Sequence[str] = ()) -> Sequence[str]:
    """Return the centers of the command `ANT_QUICK` on ``threads`` threads, with more ``flags``."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "run")
        own = ("--threads", str(threads), "--out", str(path))
        assert main(["evolve", *ANT_QUICK, *QUIET, *own, *flags]) == 0
        return tuple(centers(path))
