"""``metahebb learn``: a network learns a task within its life."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from metahebb.api.evolving import default_path
from metahebb.api.learning import LearnShown, learned, learned_on, learned_seeds
from metahebb.api.seeds import default_seeds_path
from metahebb.commands.print_run import print_run
from metahebb.errors import InputError
from metahebb.paths import absolute
from metahebb.runs.learn_folder import LearnFolder
from metahebb.runs.seeds import seeds_in
from metahebb.runs.stopping import Interrupted
from metahebb.runs.storage import slug
from metahebb.settings.learn_asked import LearnAsked, learn_asked
from metahebb.settings.parsing import parse, values_of


@dataclass(frozen=True)
class Learn:
    """Let a network learn a task within its life, into a new run folder."""

    asked: Annotated[LearnAsked, tyro.conf.arg(name="")] = field(default_factory=LearnAsked)
    shown: Annotated[LearnShown, tyro.conf.arg(name="")] = field(default_factory=LearnShown)
    seeds: tuple[int, ...] = ()
    """Seeds of several networks, which learn one after the other into one folder with one report,
    in place of the single one of --seed."""
    out: Path | None = None
    """Run folder; by default runs/PRESET-seedN-TIME, or runs/PRESET-seeds-TIME with --seeds."""
    resume: bool = False
    """Whether to go on with the run in --out if it is there, and to begin it if it is not."""


@dataclass(frozen=True)
class ResumeLearning:
    """Go on with a run of learning."""

    shown: Annotated[LearnShown, tyro.conf.arg(name="")] = field(default_factory=LearnShown)
    trials: int | None = None
    """New total number of trials; by default the number in the run's config."""
    fallback: bool = False
    """Whether to go on from the checkpoint before the newest one if the newest one is damaged; the
    bits are the same."""


def learn(name: str, rest: list[str]) -> int:
    """Let a network learn the preset ``name``, or the task that the flags name.

    The last line that is printed is the run folder.
    """
    words, config = learn_asked(name, rest)
    default = Learn() if config is None else Learn(LearnAsked(config))
    options = parse(Learn, default, rest, f"metahebb learn {words or 'PRESET'}")
    if options.resume and options.out is None:
        raise InputError("expected --out FOLDER with --resume, got none; name the run folder")
    called = slug([words.rpartition(" ")[2] or "run"])
    if values_of("--seeds", rest):
        return _seeds(words, called, rest, options)
    run = options.asked.run
    path = absolute(options.out or default_path(called, run.seed))
    return print_run(path, lambda: learned(run, path, options.shown, options.resume))


def _seeds(words: str, name: str, rest: list[str], options: Learn) -> int:
    """Let networks of several seeds learn, and print their folder."""
    if values_of("--seed", rest):
        raise InputError("expected --seed or --seeds, got both; leave out one")
    path = absolute(options.out or default_seeds_path(name))
    again = ["metahebb", "learn", *([] if words.startswith("--") else [words]), *rest]
    again += [] if options.out else ["--out", str(path)]
    line = shlex.join(again + ([] if options.resume else ["--resume"]))
    try:
        learned_seeds(options.asked.run, options.seeds, path, options.shown, options.resume)
    except Interrupted as stopped:
        if not seeds_in(path):
            raise  # before there was a run
        print(f"metahebb: stopped by {stopped}; go on with: {line}", file=sys.stderr)
        return stopped.exit_status
    print(path)
    return 0


def resume(path: str, rest: list[str]) -> int:
    """Go on with the run of learning at ``path``, and print the run folder on the last line."""
    options = parse(ResumeLearning, ResumeLearning(), rest, f"metahebb resume {path}")
    run = LearnFolder.open(path)
    return print_run(
        run.path, lambda: learned_on(run, options.shown, options.trials, options.fallback)
    )
