"""``metahebb tune``: finds a stdev, a learning rate and an initial stdev for a search."""

from __future__ import annotations

import dataclasses
import shlex
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from metahebb.analysis.tuning import (
    INITIAL_STDEVS,
    LEARNING_RATES,
    STDEVS,
    Pair,
    fourth_of,
    half_fraction,
)
from metahebb.api.tuning import LIVES, default_tuning_path, tuned_search
from metahebb.errors import InputError
from metahebb.evolution.backends.where import Where
from metahebb.paths import absolute
from metahebb.runs.stopping import Interrupted
from metahebb.runs.storage import slug
from metahebb.settings.asked import Asked, config_asked
from metahebb.settings.parsing import parse, values_of
from metahebb.tasks.gym.envs import short


@dataclass(frozen=True)
class Tune:
    """Try settings of a preset's search in short runs, and print the flags of the best one.

    Two stdevs, two learning rates and two initial stdevs have eight combinations. Four of them are
    tried, chosen so that each pair of values occurs once, and also the preset's own setting. All
    runs have the seed 1000. The default of --generations is a fourth of the preset's number. If the
    command is stopped, the same line goes on with it.
    """

    asked: Annotated[Asked, tyro.conf.arg(name="")] = field(default_factory=Asked)
    where: Annotated[Where, tyro.conf.arg(name="")] = field(default_factory=Where)
    lives: int = LIVES
    """Number of fresh lives per body that give a run's last center its score."""
    stdevs: Pair = STDEVS
    """Two values of --search.stdev to try."""
    learning_rates: Pair = LEARNING_RATES
    """Two values of --search.learning-rate to try."""
    initial_stdevs: Pair = INITIAL_STDEVS
    """Two values of --search.initial-stdev to try."""
    out: Path | None = None
    """Folder of the runs; by default runs/tune-PRESET."""
    quiet: bool = False
    """Whether to print no budget and no progress."""


def tune(name: str, rest: list[str]) -> int:
    """Tune the preset ``name``, or the environment of the flags, and print a table and flags."""
    words, config = config_asked(name, rest)
    if values_of("--seed", rest):
        raise InputError("expected no --seed, got one; all runs that tune have the seed 1000")
    default = Tune()
    if config is not None:
        default = Tune(Asked(dataclasses.replace(config, generations=fourth_of(config))))
    options = parse(Tune, default, rest, f"metahebb tune {words or 'PRESET'}")
    path = default_tuning_path(name or slug([short(words.rpartition(" ")[2])]))
    path = absolute(options.out or path)
    grid = half_fraction(options.stdevs, options.learning_rates, options.initial_stdevs)
    config = options.asked.run
    try:
        tuning = tuned_search(
            config,
            config.generations,
            path,
            options.where,
            lives=options.lives,
            grid=grid,
            quiet=options.quiet,
        )
    except Interrupted as stopped:
        if not path.exists():
            raise  # before there was anything to go on with
        line = shlex.join(["metahebb", "tune", *filter(None, [name]), *rest])
        print(f"metahebb: stopped by {stopped}; go on with: {line}", file=sys.stderr)
        return stopped.exit_status
    print(f"{tuning}\n\n{tuning['flags']}\n{tuning.path}")
    return 0
