"""``metahebb evolve`` and ``metahebb resume``."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from metahebb.api.evolving import Shown, default_path, evolved, resumed
from metahebb.errors import InputError
from metahebb.evolution.backends.where import Where
from metahebb.paths import absolute
from metahebb.runs.folder import RunFolder
from metahebb.runs.stopping import Interrupted
from metahebb.runs.storage import slug
from metahebb.settings.asked import Asked, config_asked
from metahebb.settings.parsing import parse
from metahebb.tasks.gym.envs import short


@dataclass(frozen=True)
class Evolve:
    """Evolve a preset into a new run folder."""

    asked: Annotated[Asked, tyro.conf.arg(name="")] = field(default_factory=Asked)
    where: Annotated[Where, tyro.conf.arg(name="")] = field(default_factory=Where)
    shown: Annotated[Shown, tyro.conf.arg(name="")] = field(default_factory=Shown)
    out: Path | None = None
    """The run folder; none: runs/PRESET-seedN-TIME."""
    resume: bool = False
    """Go on with --out where it holds a run of this config already, begin it where it does not: the
    same line can be given again and again (see docs/howto/cluster.md)."""


@dataclass(frozen=True)
class Resume:
    """Go on with a run."""

    where: Annotated[Where, tyro.conf.arg(name="")] = field(default_factory=Where)
    shown: Annotated[Shown, tyro.conf.arg(name="")] = field(default_factory=Shown)
    generations: int | None = None
    """The new total; none: what the run was told."""
    fallback: bool = False
    """Where the newest checkpoint is damaged, go on from the one before it, to the same bits."""


def evolve(name: str, rest: list[str]) -> int:
    """Evolve the preset ``name``, or in the environment that the flags name.

    The run folder is printed on the last line. With ``--resume`` this is `resume` where the folder
    is there.
    """
    words, config = config_asked(name, rest)
    default = Evolve() if config is None else Evolve(Asked(config))
    options = parse(Evolve, default, rest, f"metahebb evolve {words or 'PRESET'}")
    config = options.asked.run
    name = name or slug([short(words.rpartition(" ")[2])])
    if options.resume and options.out is None:
        raise InputError("expected --out DIR with --resume, got none; name the run folder")
    path = absolute(options.out or default_path(name, config.seed))
    return _run(path, lambda: evolved(config, path, options.where, options.shown, options.resume))


def resume(path: str, rest: list[str]) -> int:
    """Go on with the run at ``path``; print the run folder on the last line."""
    options = parse(Resume, Resume(), rest, f"metahebb resume {path or 'DIR'}")
    run = RunFolder.open(path)
    return _run(
        run.path,
        lambda: resumed(run, options.where, options.shown, options.generations, options.fallback),
    )


def _run(path: Path, evolve: Callable[[], RunFolder]) -> int:
    """Print the folder of the run that ``evolve`` returns; say how to go on with a stopped one."""
    try:
        print(evolve().path)
    except Interrupted as stopped:
        if not RunFolder.is_there(path):
            raise  # before there was a run
        command = f"metahebb resume {shlex.quote(str(path))}"
        print(f"metahebb: stopped by {stopped}; go on with: {command}", file=sys.stderr)
        return stopped.exit_status
    return 0
