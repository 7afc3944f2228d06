"""The front door of learning: ``learn``, and ``open`` for runs of both kinds."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, overload

from metahebb.api.evolve import open_run, stopped_in
from metahebb.api.evolving import default_path
from metahebb.api.front import check_whole, front
from metahebb.api.learned import LearnedRun
from metahebb.api.learning import LearnShown, learned, learned_seeds
from metahebb.api.run import Run
from metahebb.api.seeds import default_seeds_path
from metahebb.errors import InputError
from metahebb.paths import absolute, shown
from metahebb.runs.learn_config import LearnConfig
from metahebb.runs.learn_folder import LearnFolder
from metahebb.runs.seeds import seeds_in
from metahebb.runs.stopping import Interrupted
from metahebb.runs.storage import slug
from metahebb.settings.learn_asked import learn_config_from


@overload
def learn(
    what: str | LearnConfig | None = None, *, seeds: Sequence[int], **settings: Any
) -> list[LearnedRun]: ...


@overload
def learn(
    what: str | LearnConfig | None = None, *, seeds: None = None, **settings: Any
) -> LearnedRun: ...


@front
def learn(
    what: str | LearnConfig | None = None,
    *,
    seeds: Sequence[int] | None = None,
    out: Path | str | None = None,
    resume: bool = False,
    quiet: bool = False,
    finish: bool = True,
    **settings: object,
) -> LearnedRun | list[LearnedRun]:
    """Let a network learn a task within its life, and return the run when its trials are done.

    Every flag of ``metahebb learn`` is an argument: its dashes are underscores and its dots are two
    of them, so that ``--task.dt 5`` is ``task__dt=5``. The parts ``rule``, ``neuron``, ``network``,
    ``topology``, ``modulator``, ``task`` and ``learner`` may be names or objects. What you have
    defined yourself travels as text, if its source can be read: from a cell, a script or a file.

    Args:
        what: a preset's name (see `presets`) or a config; None with ``task``.
        seeds: of several networks, which learn one after the other, in one folder with one report;
            None: the network of ``seed`` alone.
        out: the run folder; None: ``runs/PRESET-seedN-TIME``, or with ``seeds``
            ``runs/PRESET-seeds-TIME``.
        resume: go on with ``out`` where it holds a run of this config already.
        quiet: show no progress.
        finish: end with fresh trials, a film of them and the report.
        settings: all that decides the numbers, such as ``seed=1, trials=500``.

    Returns:
        The run; with ``seeds`` a list of runs.

    Raises:
        InputError: a setting is wrong, or the folder is not free; nothing is written then.
        KeyboardInterrupt: the run was stopped; all is saved, and the message says how to go on.
        ProgressError, StorageError, CheckpointError: see `metahebb.errors`.

    Example:
        >>> run = learn("dnms", seed=1, trials=2000)  # doctest: +SKIP
    """
    if resume and out is None:
        raise InputError("expected out=FOLDER with resume=True, got none; name the run folder")
    seed = settings.get("seed")
    if seeds is not None and seed is not None:
        raise InputError("expected seed or seeds, got both; leave out one")
    if isinstance(seed, (list, tuple)):
        raise InputError(
            f"expected one number as seed, got {seed!r}; seeds={tuple(seed)} lets several networks "
            "learn"
        )
    folder = Path("runs") if out is None else Path(out).parent
    name, config = learn_config_from(what, settings, folder)
    kept = LearnShown(quiet, finish)
    if seeds is None:
        path = absolute(out or default_path(slug([name]), config.seed))
        with stopped_in(path):
            return LearnedRun(learned(config, path, kept, resume))
    if isinstance(seeds, (str, int)):
        raise InputError(f"expected a list of seeds, got {seeds!r}; write for example (0, 1, 2)")
    for each in seeds:
        check_whole(seeds=each)
    path = absolute(out or default_seeds_path(slug([name])))
    try:
        return [LearnedRun(run) for run in learned_seeds(config, list(seeds), path, kept, resume)]
    except Interrupted as stopped:
        if not seeds_in(path):
            raise  # before there was a run
        raise KeyboardInterrupt(
            f"stopped by {stopped}, all is saved; go on with the same call, with "
            f"out={str(shown(path))!r} and resume=True"
        ) from None


@front
def open_any(path: Path | str, *, trust: bool = False) -> Run | LearnedRun:
    """Open the run in the folder ``path``, of evolution or of learning.

    Args:
        path: the run folder.
        trust: let code run that the folder brings along from elsewhere; read it in
            ``config.json`` first.

    Raises:
        InputError: there is no run, or its config is not one of ours.
        CheckpointError: its config is not the one that it was made with.
    """
    if LearnFolder.kind_at(absolute(path)) != "LearnConfig":
        return open_run(path, trust=trust)
    with importlib.import_module("metahebb.own_parts").trusting(trust):
        return LearnedRun(LearnFolder.open(path))
