"""Folders that hold the runs of several seeds, and what a user may write for several runs.

``evolve --seeds 0 1 2 --out runs/h`` makes the folder of seeds ``runs/h``: the run folders
``runs/h/seed0``, ``runs/h/seed1`` and ``runs/h/seed2``, and a report over all of them. Commands
that take several runs take such a folder in the place of its runs.
"""

from __future__ import annotations

import glob
import re
from collections.abc import Sequence
from pathlib import Path

from metahebb.errors import InputError
from metahebb.paths import absolute
from metahebb.runs.folder import RunFolder

_SEED = re.compile(r"seed(\d+)")
_WILD = re.compile(r"[*?\[]")


def seed_path(folder: Path, seed: int) -> Path:
    """Return where the run of ``seed`` lies in a folder of seeds."""
    return folder / f"seed{seed}"


def seeds_in(folder: Path) -> list[int]:
    """Return the seeds that have a run in ``folder``, in rising order; none if it is no folder."""
    if not folder.is_dir():
        return []
    matches = {path: _SEED.fullmatch(path.name) for path in folder.iterdir()}
    return sorted(
        int(match[1]) for path, match in matches.items() if match and RunFolder.is_there(path)
    )


def is_seeds_folder(path: Path) -> bool:
    """Return whether ``path`` is a folder of seeds, and no run itself."""
    return not RunFolder.is_there(path) and bool(seeds_in(path))


def check_seeds(seeds: Sequence[int]) -> None:
    """Raise InputError unless there are seeds, each of them once."""
    if not seeds:
        raise InputError("expected at least one seed, got none; write for example --seeds 0 1 2")
    for seed in seeds:
        if seeds.count(seed) > 1:
            raise InputError(f"expected each seed once, got {seed} twice (seeds); leave one out")


def check_free_for_seeds(folder: Path) -> None:
    """Raise InputError if ``folder`` cannot become a new folder of seeds."""
    there = seeds_in(folder)
    if there:
        raise InputError(
            f"expected a new folder, got {folder}, which holds runs of the seeds "
            f"{', '.join(map(str, there))}; add --resume to go on with them, or choose another "
            "--out"
        )
    RunFolder.check_free(folder)


def runs_in(path: Path | str) -> list[RunFolder]:
    """Return the run at ``path``, or the runs of the folder of seeds that it is.

    Raises:
        InputError: it is neither.
        CheckpointError: see `RunFolder.open`.
    """
    path = absolute(path)
    if is_seeds_folder(path):
        return [RunFolder.open(seed_path(path, seed)) for seed in seeds_in(path)]
    return [RunFolder.open(path)]


def runs_at(places: Sequence[Path | str]) -> list[RunFolder]:
    """Return the runs at all ``places``: run folders, folders of seeds, and patterns of both.

    A pattern (``runs/h-*``) stands for the folders that match it, in the order in which people
    count: ``h-2`` comes before ``h-10``.

    Raises:
        InputError: a place is no run and no folder of seeds, a pattern matches no folder, or a run
            is there twice.
    """
    runs = [run for place in places for path in _expanded(place) for run in runs_in(path)]
    paths = [run.path.resolve() for run in runs]
    for path in paths:
        if paths.count(path) > 1:
            raise InputError(f"expected each run once, got {path} twice; leave one out")
    return runs


def _expanded(place: Path | str) -> list[Path]:
    """Return the folders that ``place`` stands for; one that exists stands for itself."""
    path = absolute(place)
    if path.exists() or not _WILD.search(str(place)):
        return [path]
    matches = map(absolute, glob.glob(str(place), root_dir=absolute(".")))
    folders = sorted((match for match in matches if match.is_dir()), key=_as_counted)
    if not folders:
        raise InputError(f"expected folders that match {place}, got none; check the pattern")
    return folders


def _as_counted(path: Path) -> list[tuple[bool, int, str]]:
    """Return a key that sorts numbers within names by their value."""
    parts = re.split(r"(\d+)", str(path))
    return [(part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts]
