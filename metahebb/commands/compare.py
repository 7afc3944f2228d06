"""``metahebb compare``: compares arms of runs."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from metahebb.api.comparing import compared
from metahebb.commands.places import read_arms, split
from metahebb.evolution.backends.where import Where
from metahebb.settings.parsing import parse


@dataclass(frozen=True)
class Compare:
    """Compare arms of runs: learning curves, measures of the last centers, and differences.

    An arm is written NAME=FOLDER, and further folders of the same arm may follow. A folder is a
    run, a folder of seeds (evolve --seeds), or a pattern for both, as in hebbian=runs/h-*.
    """

    where: Annotated[Where, tyro.conf.arg(name="")] = field(default_factory=Where)
    out: Path | None = None
    """Folder for the results (by default runs/compare-NAME-NAME), or a file for the figure, which
    ends in .png, .pdf or .svg."""
    lives: int | None = None
    """Number of lives per body; by default the number of each run's evaluation, or 32 if it has
    none. A run is evaluated now if its newest center has no evaluation, or one of fewer lives."""
    damage: tuple[str, ...] = ()
    """Bodies in which to live (see docs/howto/damage.md); by default the bodies of the runs."""
    max_steps: int | None = None
    """Number of env steps after which a life ends; by default that of the runs' last stage."""
    quiet: bool = False
    """Whether to print nothing about evaluations."""


def compare(first: str, rest: list[str]) -> int:
    """Compare the arms that the words name, and print the tables, then the path of the page."""
    words, flags = split(first, rest)
    options = parse(Compare, Compare(), flags, f"metahebb compare {first or 'NAME=DIR ...'}")
    comparison = compared(
        {name: tuple(folders) for name, folders in read_arms(words).items()},
        options.out,
        where=options.where,
        lives=options.lives,
        damage=options.damage,
        max_steps=options.max_steps,
        quiet=options.quiet,
        command=shlex.join(["metahebb", "compare", *words, *flags]),
    )
    print(comparison, end="\n\n")
    print(comparison.figure)
    print(comparison.page)
    return 0
