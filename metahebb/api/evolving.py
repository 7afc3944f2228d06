"""Begin a run and go on with one: what ``evolve`` and ``resume`` do, wherever they are called."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from metahebb.errors import InputError, StorageError, one_line
from metahebb.evolution.backends.base import Backend
from metahebb.evolution.backends.where import Where
from metahebb.notes import show, tell
from metahebb.paths import absolute, leave_removed_folder
from metahebb.runs.config import RunConfig
from metahebb.runs.folder import RunFolder
from metahebb.runs.learn_folder import LearnFolder
from metahebb.runs.notes import tell_of_arithmetic, tell_of_config, tell_of_world
from metahebb.runs.progress import Progress
from metahebb.runs.storage import REPEAT

FINAL_LIVES = 32
"""Fresh lives per body in which a run's last center is evaluated."""


@dataclass(frozen=True)
class Shown:
    """What is shown and kept beside the numbers."""

    quiet: bool = False
    """Show no progress."""
    finish: bool = True
    """End with an evaluation, a film and the report."""
    tensorboard: bool = True
    """Write TensorBoard events into the run folder, where TensorBoard is installed."""
    log: tuple[str, ...] = ()
    """Further loggers: wandb, mlflow."""

    @property
    def loggers(self) -> tuple[str, ...]:
        """All loggers, by name."""
        wanted = self.tensorboard and importlib.util.find_spec("tensorboard") is not None
        return (*(["tensorboard"] if wanted else []), *self.log)


def default_path(name: str, seed: int) -> Path:
    """Return where a run goes that nobody has named a folder for: ``runs/NAME-seedN-TIME``."""
    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    return Path("runs") / f"{name}-seed{seed}-{stamp}"


def evolved(
    config: RunConfig,
    path: Path,
    where: Where,
    shown: Shown,
    resume: bool = False,
    *,
    notes: bool = True,
) -> RunFolder:
    """Evolve a new run of ``config`` in the folder ``path``, and return it when it is done.

    Args:
        config: the whole run.
        path: of a folder that is new or empty.
        where: lives are lived.
        shown: what is shown and kept beside the numbers.
        resume: go on with ``path`` where it holds a run of this config already.
        notes: tell what in the config of a new run has no effect; False: the caller has told it.

    Raises:
        InputError: ``path`` is not free, or the config cannot be evolved; nothing is written.
        Stopped: a signal came; everything is saved.
        ProgressError, StorageError, CheckpointError: see `metahebb.errors`.
    """
    path = absolute(path)
    if resume and RunFolder.is_there(path):
        return _again(path, config, where, shown)
    RunFolder.check_free(path)
    _check_loggers(shown.log, where)
    if notes:
        tell_of_config(config)
    # Everything that can be wrong with the input is found before anything is written.
    with _backend(where, config) as backend:
        run = RunFolder.create(path, config)
        with run.lock():
            try:
                _go(run, backend, shown)
            except Exception as error:
                # A task that raises, a search that cannot begin: nothing of it is worth keeping.
                if getattr(error, "exit_status", 1) in (1, InputError.exit_status):
                    run.discard()
                raise
    return run


def resumed(
    run: RunFolder,
    where: Where,
    shown: Shown,
    generations: int | None = None,
    fallback: bool = False,
) -> RunFolder:
    """Go on with ``run`` until its generations are done, and return it.

    Args:
        run: the folder.
        where: lives are lived.
        shown: what is shown and kept beside the numbers.
        generations: the new total; None: that of the run's config.
        fallback: whether a damaged newest checkpoint is set aside.

    Raises:
        InputError: somebody else writes to the folder, or it has done more generations.
        Stopped: a signal came; everything is saved.
        ProgressError, StorageError, CheckpointError: see `metahebb.errors`.
    """
    with run.lock():
        # What is damaged, or of another version, is found now: before anything is written.
        run.read_manifest()
        tell_of_world(run)
        if fallback:
            fall_back(run)
        run.read_newest()
        tell_of_arithmetic(run)
        _check_loggers(shown.log, where)
        if generations is not None:
            _extend(run, generations)
        with _backend(where, run.config) as backend:
            _go(run, backend, shown)
    return run


def _again(path: Path, config: RunConfig, where: Where, shown: Shown) -> RunFolder:
    """Go on with the run at ``path`` if it is one of ``config``."""
    run = RunFolder.open(path)
    run.check_same(config)
    # Never fewer than the run was asked for: it may have been made longer since.
    generations = max(config.generations, run.config.generations)
    if run.is_finished(generations) and not (shown.finish and _lacks_report(run)):
        return run
    return resumed(run, where, shown, generations)


def _lacks_report(run: RunFolder) -> bool:
    evaluation = run.read_evaluation()
    stale = evaluation is None or evaluation["generation"] < run.load().generation
    return stale or not (run.path / "report.html").exists()


def fall_back(run: RunFolder | LearnFolder) -> None:
    """Set damaged newest checkpoints of ``run`` aside, and say so."""
    for path in run.checkpoints.fall_back():
        tell(
            f"{path} is damaged, and set aside; the journal has what came since the checkpoint "
            "before it"
        )


def _extend(run: RunFolder, generations: int) -> None:
    done = len(run.read_metrics())
    if generations < done:
        raise InputError(
            f"expected a total of at least {done} generations, which {run.path} has done, got "
            f"{generations}; --generations is the new total"
        )
    run.extend(generations)


@contextlib.contextmanager
def _backend(where: Where, config: RunConfig) -> Iterator[Backend]:
    where.prepare()
    leave_removed_folder()  # an environment that was made may have removed it
    # Now, since it takes seconds: signals are handled soon after the folder is there.
    importlib.import_module("metahebb.runs.evolve")
    backend = where.backend(config.setup())
    leave_removed_folder()  # or one of those that were made now
    try:
        yield backend
    finally:
        backend.close()


def _check_loggers(names: tuple[str, ...], where: Where) -> None:
    if names:
        where.prepare()
        from metahebb.evolution.loggers import check_logger

        for name in names:
            check_logger(name)


def _go(run: RunFolder, backend: Backend, shown: Shown) -> None:
    """Evolve the run from wherever it stands, and finish it."""
    from metahebb.runs.evolve import evolve as run_evolution

    try:
        with Progress(run.config, shown.quiet) as progress:
            run_evolution(run, backend, progress, shown.loggers)
        if shown.finish:
            _finish(run, backend, shown.quiet)
    except StorageError as error:
        command = f"metahebb resume {shlex.quote(str(run.path))}"
        raise StorageError(str(error).replace(REPEAT, f"go on with: {command}")) from error


def _finish(run: RunFolder, backend: Backend, quiet: bool) -> None:
    """Evaluate, film, report: what a film cannot be made of is said, not failed on."""
    from metahebb.analysis.evaluate import evaluate
    from metahebb.report.film import film
    from metahebb.report.page import report
    from metahebb.report.recording import has_picture
    from metahebb.report.table import evaluation_table

    result = evaluate(run.load(), backend, FINAL_LIVES)
    if not quiet:
        show(evaluation_table(result))
    if has_picture(run.config.task):
        try:
            film(run)
        except Exception as error:  # an environment that draws itself may raise anything
            tell(f"no film: {one_line(error)}")
    report(run)
