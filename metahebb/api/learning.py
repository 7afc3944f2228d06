"""Begin a run of learning and go on with one: what ``learn`` and ``resume`` do, wherever called."""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Sequence
from pathlib import Path

from metahebb.api.evolving import fall_back
from metahebb.errors import InputError, ProgressError, StorageError
from metahebb.notes import show
from metahebb.paths import absolute
from metahebb.runs.learn import run_learning
from metahebb.runs.learn_config import LearnConfig
from metahebb.runs.learn_folder import LearnFolder
from metahebb.runs.learn_notes import tell_of_learning
from metahebb.runs.learn_progress import LearnProgress
from metahebb.runs.seeds import check_free_for_seeds, check_seeds, seed_path
from metahebb.runs.storage import REPEAT


@dataclasses.dataclass(frozen=True)
class LearnShown:
    """What is shown and kept beside the numbers."""

    quiet: bool = False
    """Show no progress."""
    finish: bool = True
    """End with fresh trials, a film of them and the report."""


def learned(
    config: LearnConfig,
    path: Path,
    shown: LearnShown,
    resume: bool = False,
    *,
    notes: bool = True,
) -> LearnFolder:
    """Let a network learn in a new run folder ``path``, and return the run when it is done.

    Args:
        config: the whole run.
        path: of a folder that is new or empty.
        shown: what is shown and kept beside the numbers.
        resume: go on with ``path`` where it holds a run of this config already.
        notes: tell what in the config of a new run has no effect; False: the caller has told it.

    Raises:
        InputError: ``path`` is not free, or nothing can be learned so; nothing is written.
        Stopped: a signal came; everything is saved.
        ProgressError, StorageError, CheckpointError: see `metahebb.errors`.
    """
    path = absolute(path)
    if resume and LearnFolder.is_there(path):
        run = LearnFolder.open(path)
        run.check_same(config)
        return learned_on(run, shown, max(config.trials, run.config.trials))
    LearnFolder.check_free(path)
    config.learner.pupil(config.lesson())  # raises what is wrong before anything is written
    if notes:
        tell_of_learning(config)
    run = LearnFolder.create(path, config)
    with run.lock():
        try:
            _go(run, shown)
        except Exception as error:
            if getattr(error, "exit_status", 1) in (1, InputError.exit_status):
                run.discard()
            raise
    return run


def learned_on(
    run: LearnFolder, shown: LearnShown, trials: int | None = None, fallback: bool = False
) -> LearnFolder:
    """Go on with ``run`` until its trials are done, and return it.

    Args:
        run: the folder.
        shown: what is shown and kept beside the numbers.
        trials: the new total; None: that of the run's config.
        fallback: whether a damaged newest checkpoint is set aside.

    Raises:
        InputError: somebody else writes to the folder, or it has done more trials.
        Stopped: a signal came; everything is saved.
        ProgressError, StorageError, CheckpointError: see `metahebb.errors`.
    """
    with run.lock():
        done = int(run.read_manifest()["trials"])
        if fallback:
            fall_back(run)
        newest = run.read_newest()  # what is damaged is known before anything is written
        if newest is not None:
            done = max(done, newest.generation)  # a killed run has not told its manifest
        if trials is not None and trials != run.config.trials:
            if trials < done:
                raise InputError(
                    f"expected a total of at least {done} trials, which {run.path} has done, got "
                    f"{trials}; --trials is the new total"
                )
            run.extend(trials)
        _go(run, shown)
    return run


def _go(run: LearnFolder, shown: LearnShown) -> None:
    try:
        with LearnProgress(run.config, shown.quiet) as progress:
            run_learning(run, progress)
        if shown.finish:
            from metahebb.report.learned_run import report_learned

            report_learned(run)
    except StorageError as error:
        command = f"metahebb resume {shlex.quote(str(run.path))}"
        raise StorageError(str(error).replace(REPEAT, f"go on with: {command}")) from error


def learned_seeds(
    config: LearnConfig, seeds: Sequence[int], path: Path, shown: LearnShown, resume: bool = False
) -> list[LearnFolder]:
    """Let a network of each seed learn in the folder ``path``; return the runs when all are done.

    Each run is the one that its seed makes alone, bit for bit. A network whose weights explode does
    not keep the other seeds from learning, and the report names it. The report over all seeds is
    ``path/report.html``.

    Args:
        config: the config that all runs share; its own seed does not count.
        seeds: the seeds in order, each once.
        path: a folder that is new or empty.
        shown: what is shown and kept beside the numbers.
        resume: go on with ``path`` where it holds runs of this config already.

    Raises:
        InputError: ``path`` is not free, holds runs of another config, or nothing can be learned
            so; nothing is written.
        Stopped: a signal came; everything is saved.
        ProgressError: the weights of all networks have exploded.
        StorageError, CheckpointError: see `metahebb.errors`.
    """
    from metahebb.report.learned_run import report_learned_seeds

    check_seeds(seeds)
    configs = {seed: dataclasses.replace(config, seed=seed) for seed in seeds}
    path = absolute(path)
    if resume:
        if LearnFolder.is_there(path):
            raise InputError(
                f"expected a folder of several seeds, got {path}, a run of one; choose another "
                "--out"
            )
        for seed, each in configs.items():
            if LearnFolder.is_there(seed_path(path, seed)):
                LearnFolder.open(seed_path(path, seed)).check_same(each)
    else:
        check_free_for_seeds(path)
    config.learner.pupil(config.lesson())  # raises what is wrong before anything is said
    tell_of_learning(config)
    failures: list[ProgressError] = []
    for number, (seed, each) in enumerate(configs.items(), 1):
        place = seed_path(path, seed)
        if not shown.quiet:
            show(f"seed {seed} ({number} of {len(seeds)}): {place}")
        try:
            learned(each, place, shown, resume, notes=False)
        except ProgressError as error:
            failures.append(error)
            if not shown.quiet:
                show(f"seed {seed} failed: {error}")
    runs = [LearnFolder.open(seed_path(path, seed)) for seed in seeds]
    if shown.finish:
        page = report_learned_seeds(path, runs)
        if not shown.quiet:
            show(str(page))
    if len(failures) == len(seeds):
        raise failures[0]
    return runs
