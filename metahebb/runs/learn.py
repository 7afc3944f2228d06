"""The loop of a run in which a network learns: it lives a block of trials, and writes them down."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from metahebb.errors import CheckpointError, InputError, MetahebbError, ProgressError
from metahebb.learning.base import Pupil
from metahebb.learning.criterion import trials_to_criterion
from metahebb.learning.lived import Outcomes
from metahebb.runs.checkpoint import Checkpoint
from metahebb.runs.learn_folder import LearnFolder
from metahebb.runs.stopping import Stopped, Stopping
from metahebb.tasks.base import Judged, TrialOutcome

BLOCK = 25
"""The least number of trials between two lines of metrics."""
CHECKPOINT_S = 5.0
"""The least time in seconds between two checkpoints; trials in between are lived again."""

Record = dict[str, Any]


def run_learning(run: LearnFolder, on_block: Callable[[Record], None]) -> None:
    """Let the network of ``run`` learn until its trials are done, or the criterion stops it.

    Args:
        run: the run's folder, which is locked. If it has a checkpoint, learning goes on from there.
        on_block: a function that is called with each new line of metrics.

    Raises:
        Stopped: a signal came; everything is saved.
        ProgressError: the network's activities are no longer finite; the last checkpoint stands.
        CheckpointError: files of the folder do not fit together.
    """
    stopping = Stopping()
    with stopping.armed():
        learning = _Learning(run)
        try:
            while not learning.is_done:
                stopping.check()
                on_block(learning.block())
        except Stopped:
            learning.end()
            raise
        except MetahebbError as error:
            # An exploded network is not saved: the last checkpoint stands.
            learning.note(str(error) if isinstance(error, ProgressError) else "")
            raise
        learning.end()


def pupil_of(run: LearnFolder) -> Pupil:
    """Return the network of ``run`` as its newest checkpoint has it; newborn without one."""
    lesson = run.config.lesson()
    pupil = run.config.learner.pupil(lesson)
    newest = run.read_newest()
    if newest is not None:
        _restore(run, pupil, newest)
    return pupil


def _restore(run: LearnFolder, pupil: Pupil, checkpoint: Checkpoint) -> None:
    try:
        pupil.restore(checkpoint.state)
    except (KeyError, ValueError) as error:
        raise CheckpointError(
            f"expected a checkpoint of the network of config.json, got another one ({error}, "
            f"{run.path}); restore the folder"
        ) from None


class _Learning:
    """A pupil, and the run folder that is written."""

    def __init__(self, run: LearnFolder) -> None:
        self.run = run
        self.pupil = run.config.learner.pupil(run.config.lesson())
        newest = run.read_newest()
        self.saved = self.trials = self.blocks = 0
        before = 0.0
        if newest is not None:
            _restore(run, self.pupil, newest)
            self.saved = self.trials = newest.generation
            self.blocks = newest.evaluations
            before = run.read_metrics()[self.blocks - 1]["elapsed_s"]
        # What came after the checkpoint is lived again, to the same bits.
        run.journal.keep(self.blocks)
        run.keep_metrics(self.blocks)
        self.correct = run.read_outcomes().correct
        if self.correct.size != self.trials:
            raise CheckpointError(
                f"expected {self.trials} trials in the journal of {run.path}, got "
                f"{self.correct.size}; restore it from a copy"
            )
        self.learned_after = self._criterion()
        """The number of trials until the criterion was reached; None: it was not."""
        self.began = time.monotonic() - before
        self.saved_at = time.monotonic()

    @property
    def is_done(self) -> bool:
        """Whether all trials are lived, or the criterion is reached and stops the run."""
        config = self.run.config
        return self.trials >= config.trials or (config.stop and self.learned_after is not None)

    def _criterion(self) -> int | None:
        config = self.run.config
        return trials_to_criterion(self.correct, config.criterion, config.window)

    def block(self) -> Record:
        """Live a block of trials, write it to the folder, and return its metrics."""
        config, whole = self.run.config, self.pupil.block
        n = min(-(-BLOCK // whole), -(-(config.trials - self.trials) // whole)) * whole
        lived = self.pupil.live(n)
        _check_outcomes(config.task, lived)
        self.run.append_outcomes(self.blocks, lived)
        self.correct = np.append(self.correct, [each.correct for each in lived])
        self.trials += n
        if self.learned_after is None:
            self.learned_after = self._criterion()
        assert isinstance(config.task, Judged)
        outcomes = Outcomes.of(lived, config.task.conditions)
        record = {
            "block": self.blocks,
            "trials": self.trials,
            "accuracy": _mean(outcomes.correct),
            "recent_accuracy": _mean(self.correct[-config.window :]),
            "error": _mean(outcomes.error),
            "reward": _mean(outcomes.reward),
            "learned_after": self.learned_after,
            "elapsed_s": round(time.monotonic() - self.began, 3),
        }
        self.run.append_metrics(record)
        self.blocks += 1
        if time.monotonic() - self.saved_at >= CHECKPOINT_S:
            self.save()
        return record

    def save(self) -> None:
        """Write a checkpoint."""
        self.run.checkpoints.save(Checkpoint(self.trials, self.blocks, self.pupil.saved()))
        self.saved, self.saved_at = self.trials, time.monotonic()

    def end(self) -> None:
        """Save what is not saved yet."""
        if self.trials > self.saved:
            self.save()
        self.note()

    def note(self, failure: str = "") -> None:
        """Write into the manifest how far the run has come, and the error that ended it, if any."""
        manifest = self.run.read_manifest()
        if manifest["trials"] != self.trials or manifest.get("failure", "") != failure:
            self.run.update_manifest(
                trials=self.trials,
                elapsed_s=round(time.monotonic() - self.began, 3),
                learned_after=self.learned_after,
                failure=failure,
            )


def _check_outcomes(task: Any, lived: list[TrialOutcome]) -> None:
    """Raise InputError if a trial is of a kind that the task does not name, or has no reward."""
    names = task.kinds
    for each in lived:
        if not 0 <= each.kind < len(names):
            raise InputError(
                f"expected kinds of trials from 0 to {len(names) - 1}, which the task "
                f"{task.label} names, got {each.kind}; mend the task's kinds or the kind of its "
                "trials"
            )
        if not np.isfinite(each.reward):
            raise InputError(
                f"expected a finite reward of each trial, got {each.reward} in one of kind "
                f"{names[each.kind]} (task {task.label}); mend how the task judges trials"
            )


def _mean(values: np.ndarray[Any, Any]) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else None
