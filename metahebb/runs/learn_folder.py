"""The folder of a run in which a network learns: outcomes of all trials, and checkpoints."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import numpy.typing as npt

from metahebb.learning.lived import Outcomes
from metahebb.runs.base_folder import Folder
from metahebb.runs.learn_config import LearnConfig
from metahebb.tasks.base import Judged, TrialOutcome

_COLUMNS = ("kind", "reward", "error", "correct", "choice")


class LearnFolder(Folder[LearnConfig]):
    """The folder of a run of ``metahebb learn``; see `Folder` for its attributes.

    A record of the journal has the outcomes of one block of trials.
    """

    kind: ClassVar[type[LearnConfig]] = LearnConfig
    unit: ClassVar[str] = "trials"
    record: ClassVar[str] = "block"
    command: ClassVar[str] = "learn"

    def append_outcomes(self, block: int, outcomes: list[TrialOutcome]) -> None:
        """Write the outcomes of block number ``block`` into the journal."""
        rows = [[*(getattr(o, name) for name in _COLUMNS), *o.conditions] for o in outcomes]
        self.journal.append(block, np.array(rows, np.float64).ravel())

    def read_outcomes(self, blocks: int | None = None) -> Outcomes:
        """Return the outcomes of all trials of the first ``blocks`` blocks; None: of all.

        Raises:
            CheckpointError: the journal is damaged.
        """
        task = self.config.task
        assert isinstance(task, Judged)
        width = len(_COLUMNS) + len(task.conditions)
        records = self.journal.read(blocks)
        rows: npt.NDArray[np.float64] = np.concatenate([*records, np.zeros(0)]).reshape(-1, width)
        kind, reward, error, correct, choice = rows[:, : len(_COLUMNS)].T
        others = rows[:, len(_COLUMNS) :].T
        return Outcomes(
            kind.astype(np.intp),
            reward,
            error,
            correct,
            choice.astype(np.intp),
            dict(zip(task.conditions, others, strict=True)),
        )
