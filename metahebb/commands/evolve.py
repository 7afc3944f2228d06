"""``metahebb evolve`` and ``metahebb resume``."""

from __future__ import annotations

import re
import shlex
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from metahebb.api.evolving import Shown, default_path, evolved, resumed
from metahebb.api.seeds import default_seeds_path, evolved_seeds
from metahebb.commands import learn as learning
from metahebb.commands.print_run import print_run
from metahebb.errors import InputError, StorageError
from metahebb.evolution.backends.where import Where
from metahebb.paths import absolute, leave_removed_folder
from metahebb.runs.folder import RunFolder
from metahebb.runs.notes import tell_of_config
from metahebb.runs.seeds import seeds_in
from metahebb.runs.stopping import Interrupted
from metahebb.runs.storage import slug
from metahebb.settings.asked import Asked, config_asked
from metahebb.settings.parsing import parse, values_of
from metahebb.tasks.gym.envs import short


@dataclass(frozen=True)
class Evolve:
    """Evolve a preset into a new run folder."""

    asked: Annotated[Asked, tyro.conf.arg(name="")] = field(default_factory=Asked)
    where: Annotated[Where, tyro.conf.arg(name="")] = field(default_factory=Where)
    shown: Annotated[Shown, tyro.conf.arg(name="")] = field(default_factory=Shown)
    seeds: tuple[int, ...] = ()
    """Seeds of several runs, which are evolved one after the other into one folder with one report
    (see docs/howto/compare.md), in place of the single run of --seed."""
    out: Path | None = None
    """Run folder; by default runs/PRESET-seedN-TIME, or runs/PRESET-seeds-TIME with --seeds."""
    resume: bool = False
    """Whether to go on with the run in --out if it is there, and to begin it if it is not, so that
    the same line can be given again and again (see docs/howto/cluster.md)."""
    estimate: bool = False
    """Whether to evolve nothing, and to print after some ten seconds what the run will cost: env
    steps, hours and memory, on this machine and on workers (see docs/howto/cluster.md)."""


@dataclass(frozen=True)
class Resume:
    """Go on with a run."""

    where: Annotated[Where, tyro.conf.arg(name="")] = field(default_factory=Where)
    shown: Annotated[Shown, tyro.conf.arg(name="")] = field(default_factory=Shown)
    generations: int | None = None
    """New total number of generations; by default the number in the run's config."""
    fallback: bool = False
    """Whether to go on from the checkpoint before the newest one if the newest one is damaged; the
    bits are the same."""


def evolve(name: str, rest: list[str]) -> int:
    """Evolve the preset ``name``, or in the environment that the flags name.

    The last line that is printed is the run folder. With ``--resume``, and if the folder exists,
    the command goes on with the run, as `resume` does.
    """
    words, config = config_asked(name, rest)
    default = Evolve() if config is None else Evolve(Asked(config))
    options = parse(Evolve, default, rest, f"metahebb evolve {words or 'PRESET'}")
    config = options.asked.run
    name = name or slug([short(words.rpartition(" ")[2])])
    if options.resume and options.out is None:
        raise InputError("expected --out DIR with --resume, got none; name the run folder")
    if options.estimate:
        return _estimate(options)
    if values_of("--seeds", rest):
        return _seeds(words, name, rest, options)
    path = absolute(options.out or default_path(name, config.seed))
    return print_run(
        path, lambda: evolved(config, path, options.where, options.shown, options.resume)
    )


def _seeds(words: str, name: str, rest: list[str], options: Evolve) -> int:
    """Evolve runs of several seeds, and print their folder, or the line that goes on with them.

    Args:
        words: the words of the command line that say what to evolve.
        name: the name of the preset or task, for the name of the folder.
        rest: all flags, as they were given.
        options: the values of the flags.
    """
    if values_of("--seed", rest):
        raise InputError("expected --seed or --seeds, got both; leave out one")
    path = absolute(options.out or default_seeds_path(name))
    again = ["metahebb", "evolve", *([] if words.startswith("--") else [words]), *rest]
    again += [] if options.out else ["--out", str(path)]
    line = shlex.join(again + ([] if options.resume else ["--resume"]))
    try:
        evolved_seeds(
            options.asked.run, options.seeds, path, options.where, options.shown, options.resume
        )
    except StorageError as error:
        alone = r"metahebb resume .*"  # goes on with one of the seeds
        raise StorageError(re.sub(alone, lambda _: line, str(error))) from error
    except Interrupted as stopped:
        if not seeds_in(path):
            raise  # before there was a run
        print(f"metahebb: stopped by {stopped}; go on with: {line}", file=sys.stderr)
        return stopped.exit_status
    print(path)
    return 0


def _estimate(options: Evolve) -> int:
    """Print what the run of ``options`` will cost."""
    config = options.asked.run
    tell_of_config(config)
    options.where.prepare()
    from metahebb.runs.estimate import estimate

    if sys.stderr.isatty() and not options.shown.quiet:
        print("metahebb: measuring for some ten seconds", file=sys.stderr)
    text = estimate(config, options.where).text()
    leave_removed_folder()  # an environment that was made may have removed it
    print(text)
    if len(options.seeds) > 1:
        print(f"Each of the {len(options.seeds)} seeds costs this; they are evolved in turn.")
    return 0


def resume(path: str, rest: list[str]) -> int:
    """Go on with the run at ``path``, and print the run folder on the last line."""
    if path and RunFolder.kind_at(absolute(path)) == "LearnConfig":
        return learning.resume(path, rest)
    options = parse(Resume, Resume(), rest, f"metahebb resume {path or 'DIR'}")
    run = RunFolder.open(path)
    return print_run(
        run.path,
        lambda: resumed(run, options.where, options.shown, options.generations, options.fallback),
    )
