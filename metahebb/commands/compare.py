"""``metahebb compare``: arms of several runs side by side."""

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
    """Compare arms of runs: learning curves, what the last centers do, and the differences.

    An arm is NAME=FOLDER, with further folders of the same arm behind it. A folder is a run, a
    folder of seeds (evolve --seeds), or a pattern of both, such as hebbian=runs/h-*.
    """

    where: Annotated[Where, tyro.conf.arg(name="")] = field(default_factory=Where)
    out: Path | None = None
    """The folder to write to, or a file for the figure that ends in .png, .pdf or .svg; none, or a
    figure: the folder is runs/compare-NAME-NAME."""
    lives: int | None = None
    """Lives per body; none: as many as each run's evaluation has, or else 32. A run whose newest
    center has no evaluation, or one of fewer lives, is evaluated now."""
    damage: tuple[str, ...] = ()
    """Bodies to live in (see docs/howto/damage.md); none: those of the runs."""
    max_steps: int | None = None
    """Env steps after which a life ends; none: as in the runs' last stage."""
    quiet: bool = False
    """Say nothing of runs that are evaluated."""


def compare(first: str, rest: list[str]) -> int:
    """Compare the arms that the words name; print the tables, and the page on the last line."""
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
