"""Print the folder of a run that has ended, or how to go on with one that was stopped."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from metahebb.runs.base_folder import Folder
from metahebb.runs.stopping import Interrupted


def print_run(path: Path, live: Callable[[], Folder[Any]]) -> int:
    """Print the folder of the run that ``live`` returns, or how to go on if it was stopped."""
    try:
        print(live().path)
    except Interrupted as stopped:
        if not Folder.is_there(path):
            raise  # before there was a run
        command = f"metahebb resume {shlex.quote(str(path))}"
        print(f"metahebb: stopped by {stopped}; go on with: {command}", file=sys.stderr)
        return stopped.exit_status
    return 0
