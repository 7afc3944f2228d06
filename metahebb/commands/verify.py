"""``metahebb replay`` and ``metahebb verify``: check whether a run is what its folder says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

import tyro

from metahebb.api.evolve import open_run
from metahebb.evolution.backends.where import Where
from metahebb.paths import leave_removed_folder
from metahebb.runs.folder import RunFolder
from metahebb.runs.notes import tell_of_world
from metahebb.runs.progress import Replaying
from metahebb.settings.parsing import parse


@dataclass(frozen=True)
class Replay:
    """Repeat a run's search from its journal, without lives, and compare every hash."""

    quiet: bool = False
    """Whether to print no progress."""


@dataclass(frozen=True)
class Verify:
    """Live some of a run's candidates again, and compare their fitness bit for bit."""

    where: Annotated[Where, tyro.conf.arg(name="")] = field(default_factory=Where)
    candidates: int = 128
    """Number of candidates, over all generations; if the run has fewer, all of them."""
    seed: int = 0
    """Seed of the choice of candidates."""
    generations: tuple[int, ...] = ()
    """Generations of the candidates, counted from 0; by default 16 generations drawn at random."""
    quiet: bool = False
    """Whether to print no progress."""


def replay(path: str, rest: list[str]) -> int:
    """Replay the run at ``path``, and print the number of generations and the center's hash."""
    options = parse(Replay, Replay(), rest, f"metahebb replay {path or 'DIR'}")
    print(open_run(path).replay(quiet=options.quiet))
    return 0


def verify(path: str, rest: list[str]) -> int:
    """Verify the run at ``path``, and print the number of candidates, or the differences."""
    options = parse(Verify, Verify(), rest, f"metahebb verify {path or 'DIR'}")
    run = RunFolder.open(path)
    options.where.prepare()
    leave_removed_folder()
    from metahebb.runs.verify import choose, first_difference
    from metahebb.runs.verify import verify as verify_run

    tell_of_world(run)
    sample = choose(run, options.candidates, options.seed, options.generations)
    with Replaying(sample.generations, options.quiet) as progress:
        compared = verify_run(run, sample, options.where.backend, progress)
    error = first_difference(run, compared)
    if error is not None:
        from metahebb.report.verify_table import differences_table, fingerprint_table

        generation = next(each.generation for each in compared if not each.is_equal)
        print(differences_table(compared), fingerprint_table(run, generation), sep="\n\n")
        raise error
    generations = len({each.generation for each in compared})
    print(
        f"verified {len(compared)} candidates of {generations} generations: fitness as in the "
        "journal, bit for bit"
    )
    return 0
