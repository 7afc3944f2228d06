"""The functions of the front door: begin a run, open one, list the presets."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, overload

from metahebb.api.evolving import Shown, default_path, evolved
from metahebb.api.front import check_whole, front, texts
from metahebb.api.results import Result, Table
from metahebb.api.run import Run
from metahebb.api.runs import Runs
from metahebb.api.seeds import default_seeds_path, evolved_seeds
from metahebb.errors import InputError
from metahebb.evolution.backends.where import Where
from metahebb.paths import absolute, shown
from metahebb.report.table import text_table
from metahebb.runs.config import RunConfig
from metahebb.runs.folder import RunFolder
from metahebb.runs.presets import PRESETS
from metahebb.runs.seeds import seeds_in
from metahebb.runs.stopping import Interrupted
from metahebb.runs.storage import slug
from metahebb.settings.keywords import config_from
from metahebb.tasks.gym.envs import short


@overload
def evolve(
    what: str | RunConfig | None = None, *, seeds: Sequence[int], **settings: Any
) -> Runs: ...


@overload
def evolve(what: str | RunConfig | None = None, *, seeds: None = None, **settings: Any) -> Run: ...


@front
def evolve(
    what: str | RunConfig | None = None,
    *,
    seeds: Sequence[int] | None = None,
    out: Path | str | None = None,
    resume: bool = False,
    quiet: bool = False,
    finish: bool = True,
    tensorboard: bool = True,
    log: Sequence[str] = (),
    workers: int = 0,
    threads: int = 0,
    lanes: int = 16,
    address: str | None = None,
    allow_heterogeneous: bool = False,
    **settings: object,
) -> Run | Runs:
    """Evolve a run, and return it when its generations are done; with ``seeds`` several of them.

    Every flag of ``metahebb evolve`` is an argument: its dashes are underscores and its dots are
    two of them, so that ``--search.learning-rate 0.1`` is ``search__learning_rate=0.1``. The parts
    ``rule``, ``neuron``, ``network``, ``genome``, ``topology``, ``modulator``, ``task`` and
    ``probes`` may be names or objects, and ``env`` an id, or a class or function that makes an
    environment. What you have defined yourself travels as text, if its source can be read: from a
    cell, a script or a file.

    Args:
        what: a preset's name (see `presets`) or a config; None with ``env`` or ``task``.
        seeds: of several runs, one after the other, in one folder with one report; None: the run of
            ``seed`` alone.
        out: the run folder; None: ``runs/PRESET-seedN-TIME``, or with ``seeds``
            ``runs/PRESET-seeds-TIME``.
        resume: go on with ``out`` where it holds a run of this config already.
        quiet: show no progress.
        finish: end with an evaluation, a film and the report.
        tensorboard: write TensorBoard events into the folder, where TensorBoard is installed.
        log: further loggers: ``"wandb"``, ``"mlflow"``.
        workers: Ray workers; 0: threads of this process.
        threads: 0: one per core.
        lanes: lives at a time per thread or worker.
        address: address of a Ray cluster to join.
        allow_heterogeneous: work with Ray workers of another processor class or versions, too.
        settings: all that decides the numbers, such as ``seed=1, popsize=64, rule="abcd"``.

    Returns:
        The run; with ``seeds`` the runs.

    Raises:
        InputError: a setting is wrong, or the folder is not free; nothing is written then.
        KeyboardInterrupt: the run was stopped; all is saved, and the message says how to go on.
        ProgressError, StorageError, CheckpointError: see `metahebb.errors`.

    Example:
        >>> run = evolve("cartpole", seed=1, generations=20)  # doctest: +SKIP
    """
    check_whole(workers=workers, threads=threads, lanes=lanes)
    if resume and out is None:
        raise InputError("expected out=FOLDER with resume=True, got none; name the run folder")
    folder = Path("runs") if out is None else Path(out).parent
    if seeds is not None and "seed" in settings:
        raise InputError("expected seed or seeds, got both; leave out one")
    seed = settings.get("seed")
    if isinstance(seed, (list, tuple, range)):
        raise InputError(
            f"expected one number as seed, got {seed!r}; seeds={tuple(seed)} evolves several runs"
        )
    name, config = config_from(what, settings, folder)
    where = Where(workers, threads, lanes, address, allow_heterogeneous)
    kept = Shown(quiet, finish, tensorboard, texts("log", log))
    if seeds is not None:
        path = absolute(out or default_seeds_path(slug([short(name)])))
        return _seeds(config, seeds, path, where, kept, resume)
    path = absolute(out or default_path(slug([short(name)]), config.seed))
    with stopped_in(path):
        return Run(evolved(config, path, where, kept, resume))


def _seeds(
    config: RunConfig, seeds: Sequence[int], path: Path, where: Where, kept: Shown, resume: bool
) -> Runs:
    """Evolve a run of each seed in the folder ``path``; see `evolved_seeds`."""
    if isinstance(seeds, (str, int)):
        raise InputError(f"expected a list of seeds, got {seeds!r}; write for example (0, 1, 2)")
    several = list(seeds)
    for seed in several:
        check_whole(seeds=seed)
    try:
        return Runs(list(map(Run, evolved_seeds(config, several, path, where, kept, resume))), path)
    except Interrupted as stopped:
        if not seeds_in(path):
            raise  # before there was a run
        raise KeyboardInterrupt(
            f"stopped by {stopped}, all is saved; go on with the same call, with "
            f"out={str(shown(path))!r} and resume=True"
        ) from None


@front
def estimate(
    what: str | RunConfig | None = None,
    *,
    seconds: float = 10.0,
    workers: int = 0,
    threads: int = 0,
    lanes: int = 16,
    **settings: object,
) -> Result:
    """Measure for some seconds, and say what a run would cost; nothing is written.

    Args:
        what: a preset's name, a config or None, see `evolve`.
        seconds: about how long to measure.
        workers: Ray workers that the table shall have, too; none is started.
        threads: 0: one per core.
        lanes: lives at a time per thread or worker.
        settings: settings by name, see `evolve`.

    Returns:
        Env steps, hours and memory, for this machine and for several numbers of workers; shows
        itself as a table.

    Raises:
        InputError: a setting is wrong.
    """
    check_whole(workers=workers, threads=threads, lanes=lanes)
    _, config = config_from(what, settings, Path("runs"))
    where = Where(workers, threads, lanes)
    where.prepare()
    from metahebb.runs.estimate import estimate

    cost = estimate(config, where, seconds)
    return Result(dataclasses.asdict(cost), cost.text())


@contextlib.contextmanager
def stopped_in(path: Path) -> Iterator[None]:
    """Say how to go on with the run at ``path`` where a signal stops it inside the block."""
    try:
        yield
    except Interrupted as stopped:
        if not RunFolder.is_there(path):
            raise  # before there was a run
        raise KeyboardInterrupt(
            f"stopped by {stopped}, all is saved; go on with: "
            f"metahebb.open({str(shown(path))!r}).resume()"
        ) from None


@front
def open_run(path: Path | str, *, trust: bool = False) -> Run:
    """Open the run of evolution in the folder ``path``.

    Args:
        path: the run folder.
        trust: let code run that the folder brings along from elsewhere; read it in
            ``config.json`` first.

    Raises:
        InputError: there is no run, or its config is not one of ours.
        CheckpointError: its config is not the one that it was made with.
    """
    trusting = importlib.import_module("metahebb.own_parts").trusting
    with trusting(trust):
        return Run(RunFolder.open(path))


def presets() -> Result:
    """Return the presets: for each name a line that says what it is."""
    lines = {name: description for name, (_, description) in PRESETS.items()}
    return Result(lines, text_table([["preset", "what it is"], *map(list, lines.items())]))


__all__ = ["Table", "estimate", "evolve", "open_run", "presets"]
