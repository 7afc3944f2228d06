"""``metahebb tune``: which stdev, learning rate and initial stdev suit a search."""

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

    Four of the eight settings of two stdevs, two learning rates and two initial stdevs are tried
    (each pair of values once), and the preset's own setting. All runs have the seed 1000. The
    default of --generations is a fourth of the preset's. The same line goes on where it stopped.
    """

    asked: Annotated[Asked, tyro.conf.arg(name="")] = field(default_factory=Asked)
    where: Annotated[Where, tyro.conf.arg(name="")] = field(default_factory=Where)
    lives: int = LIVES
    """Fresh lives per body that score the last center of a run."""
    stdevs: Pair = STDEVS
    """The two values of --search.stdev to try."""
    learning_rates: Pair = LEARNING_RATES
    """The two values of --search.learning-rate to try."""
    initial_stdevs: Pair = INITIAL_STDEVS
    """The two values of --search.initial-stdev to try."""
    out: Path | None = None
    """The folder of the runs; none: runs/tune-PRESET."""
    quiet: bool = False
    """Show no budget and no progress."""


def tune(name: str, rest: list[str]) -> int:
    """Tune the preset ``name``, or the environment that the flags name; print a table and flags."""
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
