"""What ``report``, ``film`` and ``probe`` do with a run of learning."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from metahebb.api.learned import LearnedRun
from metahebb.paths import absolute
from metahebb.report.learned_run import report_learned, report_learned_seeds
from metahebb.runs.learn_folder import LearnFolder
from metahebb.runs.seeds import seed_path, seeds_in
from metahebb.settings.parsing import parse


@dataclass(frozen=True)
class LearnedFilm:
    """Film fresh trials of a network that has learned, one of each kind."""

    trials: int = 40
    """Number of fresh trials from which the film takes one of each kind."""
    seed: int = 0
    """Seed of the fresh trials."""
    out: Path | None = None
    """Path of the GIF; by default film.gif in the run folder."""


@dataclass(frozen=True)
class LearnedProbe:
    """Live the same fresh trials of a network that has learned, with and without probes."""

    probe: Annotated[tuple[str, ...], tyro.conf.UseAppendAction] = ()
    """Probe, such as zero_weights:at=0,fraction=0.2 (see docs/howto/probes.md). Several probes act
    in the same trials, in the order in which they are given."""
    trials: int = 200
    """Number of trials with the probes, and of trials without them."""
    seed: int = 0
    """Seed of the fresh trials."""


def is_learning(path: str) -> bool:
    """Return whether the folder at ``path`` holds a run of learning, or several seeds of one."""
    if not path:
        return False
    place = absolute(path)
    seeds = [] if LearnFolder.is_there(place) else seeds_in(place)
    return LearnFolder.kind_at(seed_path(place, seeds[0]) if seeds else place) == "LearnConfig"


def learning_report(path: str, *, pdf: bool) -> Path:
    """Write the report of the run, or of the folder of seeds, at ``path``; return its path."""
    place = absolute(path)
    if LearnFolder.is_there(place):
        return report_learned(LearnFolder.open(place), pdf=pdf)
    runs = [LearnFolder.open(seed_path(place, seed)) for seed in seeds_in(place)]
    return report_learned_seeds(place, runs, pdf=pdf)


def film_of_learning(path: str, rest: list[str]) -> int:
    """Film fresh trials of the run at ``path``, and print the film's path."""
    options = parse(LearnedFilm, LearnedFilm(), rest, f"metahebb film {path}")
    run = LearnedRun(LearnFolder.open(path))
    print(run.film(options.out, trials=options.trials, seed=options.seed))
    return 0


def probe_of_learning(path: str, rest: list[str]) -> int:
    """Probe the run at ``path``, and print a table."""
    options = parse(LearnedProbe, LearnedProbe(), rest, f"metahebb probe {path}")
    run = LearnedRun(LearnFolder.open(path))
    print(run.probe(*options.probe, trials=options.trials, seed=options.seed))
    return 0
