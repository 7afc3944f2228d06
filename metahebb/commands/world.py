"""What a command that lives in a run's world says where that is not what it was."""

from __future__ import annotations

import sys

from metahebb.errors import InputError
from metahebb.runs.arithmetic import changed_world
from metahebb.runs.folder import RunFolder
from metahebb.tasks.gym.kept import absence_of


def tell_of_world(run: RunFolder) -> None:
    """Print a line if a file or package that the run's environment needs has changed.

    Of a run without a manifest nothing is known.

    Raises:
        InputError: the environment cannot be made here at all.
    """
    absent = absence_of(run.config.task)
    if absent:
        raise InputError(absent)
    difference = changed_world(run) if (run.path / "manifest.json").exists() else ""
    if difference:
        print(
            f"metahebb: the world of {run.path} has changed since the run began ({difference}); "
            "lives are lived in the changed one now",
            file=sys.stderr,
        )
