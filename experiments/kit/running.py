"""The command line of every study, and functions that make each run of a study once.

When the same command is given again, a finished run is taken as it is, and a stopped run goes on.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import tyro

from metahebb.api.evolving import Shown
from metahebb.api.evolving import evolved as evolved_run
from metahebb.api.learning import LearnShown, learned
from metahebb.errors import InputError, MetahebbError
from metahebb.evolution.backends.where import Where
from metahebb.notes import printed
from metahebb.paths import absolute, from_here
from metahebb.runs.config import RunConfig
from metahebb.runs.folder import RunFolder
from metahebb.runs.learn_config import LearnConfig
from metahebb.runs.learn_folder import LearnFolder
from metahebb.runs.serial import to_json
from metahebb.runs.stopping import Interrupted, heard, leave

RUNS = "runs"

Size = Literal["smoke", "quick", "paper"]


@dataclass(frozen=True)
class Order:
    """The arguments of a study's command line."""

    size: Annotated[Size, tyro.conf.Positional]
    """Size of the study; smoke: to see that it runs; quick: an evening on two cores; paper: a
    cluster."""
    finished: bool = False
    """Whether to evolve nothing, and to write results from finished runs only."""
    where: Annotated[Where, tyro.conf.arg(name="")] = field(default_factory=Where)


def runs_folder(name: str) -> Path:
    """Return the absolute path of the folder ``name`` among the runs; it need not exist."""
    return absolute(Path(RUNS, name))


def command(study: str, main: Callable[[Order], None], words: list[str] | None = None) -> None:
    """Run ``main`` as ``python -m experiments.<study>``, and print errors as one line."""
    status = 0
    try:
        with heard():
            order = tyro.cli(Order, args=words, prog=f"python -m experiments.{study}")
            with printed(), from_here():
                order.where.prepare()  # before anything imports EvoTorch, and with it Ray
                main(order)
    except Interrupted as stopped:
        print(f"{study}: stopped by {stopped}; the same command goes on", file=sys.stderr)
        status = stopped.exit_status
    except MetahebbError as error:
        print(f"{study}: {error}", file=sys.stderr)
        status = error.exit_status
    if words is None:  # this process serves only this command
        leave(status)
    if status:
        sys.exit(status)


def evolved(path: Path, config: RunConfig, where: Where) -> RunFolder:
    """Return the finished run of ``config`` at ``path``.

    If there is no run at ``path``, it is evolved now. A run that was stopped goes on.

    Raises:
        InputError: ``path`` holds a run of another config.
        Stopped: a signal came; the next call goes on with the run.
    """
    if (path / "config.json").exists():
        run = RunFolder.open(path)
        if to_json(run.config) != to_json(config):
            raise InputError(
                f"expected {path} to be a run of this study as it stands, got one of another "
                "config; move it away"
            )
        if is_finished(path):
            return run
    print(path, file=sys.stderr)
    return evolved_run(config, path, where, Shown(finish=False, tensorboard=False), resume=True)


def taught(path: Path, config: LearnConfig) -> LearnFolder:
    """Return the finished run of ``config`` at ``path``, in which one network learns.

    If there is no run at ``path``, the network learns now. A run that was stopped goes on.

    Raises:
        InputError: ``path`` holds a run of another config.
        ProgressError: the network's weights exploded.
        Stopped: a signal came; the next call goes on with the run.
    """
    if LearnFolder.is_there(path):
        run = LearnFolder.open(path)
        run.check_same(config)
        if run.is_finished(config.trials):
            return run
    print(path, file=sys.stderr)
    return learned(config, path, LearnShown(quiet=True, finish=False), resume=True, notes=False)


def expect_finished(path: Path, what: str) -> None:
    """Check that a run is finished, so that results can be written from it.

    Args:
        path: the folder of the run.
        what: words for the run in the error, such as ``a finished run of the arm static``.

    Raises:
        InputError: the run is not finished.
    """
    if not is_finished(path):
        raise InputError(f"expected {what}, got none in {path}; leave out --finished")


def is_finished(path: Path) -> bool:
    """Return whether ``path`` holds a run that has done all its generations."""
    if not (path / "config.json").exists():
        return False
    run = RunFolder.open(path)
    newest = run.read_newest()
    return newest is not None and newest.generation >= run.config.generations
