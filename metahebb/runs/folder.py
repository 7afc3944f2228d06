"""The folder of a run of evolution: its checkpoints have a center, which can be evaluated."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from metahebb.errors import CheckpointError
from metahebb.runs.base_folder import LOCK as LOCK
from metahebb.runs.base_folder import Folder, read_json
from metahebb.runs.base_folder import writer as writer
from metahebb.runs.center import Center
from metahebb.runs.checkpoint import Checkpoint
from metahebb.runs.config import RunConfig
from metahebb.runs.evaluation_shape import check_evaluation

EVALUATION = "evaluation.json"
EVALUATIONS = "evaluations"


class RunFolder(Folder[RunConfig]):
    """The folder of a run of ``metahebb evolve``; see `Folder` for its attributes."""

    kind: ClassVar[type[RunConfig]] = RunConfig
    unit: ClassVar[str] = "generations"
    record: ClassVar[str] = "generation"
    command: ClassVar[str] = "evolve"
    needs: ClassVar[str] = "center"

    def load(self) -> Center:
        """Read the newest checkpoint, and return its center.

        Raises:
            CheckpointError: there is no checkpoint, it is damaged, or it belongs to another run.
        """
        newest = self.checkpoints.newest()
        if newest is None:
            self.read_manifest()  # raises an error for a study's folder, which has a config, too
            raise CheckpointError(
                f"expected a checkpoint in {self.path}, got none; go on with 'metahebb resume'"
            )
        return self.center_of(newest)

    def center_of(self, checkpoint: Checkpoint) -> Center:
        """Return the center of ``checkpoint``; see `Center.of`."""
        return Center.of(self.path, self.config, checkpoint)

    def read_newest(self) -> Checkpoint | None:
        """Return the newest checkpoint, or None if there is none.

        Raises:
            CheckpointError: the checkpoint is damaged, or it belongs to another run.
        """
        newest = super().read_newest()
        if newest is not None:
            self.center_of(newest)  # raises an error if it is not this run's
        return newest

    def read_evaluation(self) -> dict[str, Any] | None:
        """Return the last evaluation on the run's own bodies and horizon, or None.

        Raises:
            InputError: the file is damaged, or has another shape than ``evaluate`` writes.
        """
        return read_evaluation_at(self.path / EVALUATION)

    def read_other_evaluations(self) -> list[dict[str, Any]]:
        """Return the evaluations on other bodies or over other horizons, in the order of names.

        Raises:
            InputError: a file is damaged, or has another shape than ``evaluate`` writes.
        """
        files = sorted((self.path / EVALUATIONS).glob("*.json"))
        return [check_evaluation(read_json(file), file) for file in files]


def read_evaluation_at(file: Path) -> dict[str, Any] | None:
    """Return the evaluation in ``file``, or None where there is no such file.

    Raises:
        InputError: it is damaged, or of another shape than ``evaluate`` writes.
    """
    return check_evaluation(read_json(file), file) if file.exists() else None
