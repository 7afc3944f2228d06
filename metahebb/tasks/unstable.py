"""A handler that reduces MuJoCo's warnings of unstable physics to one line, without a log file."""

from __future__ import annotations

import logging
import sys

_log = logging.getLogger(__name__)


def quieten_mujoco() -> None:
    """Make this process log the first of MuJoCo's warnings, and drop all others.

    Without a handler, MuJoCo prints each warning and writes it to MUJOCO_LOG.TXT in the current
    folder. If other code has set a handler, that handler stays. If MuJoCo was not imported, this
    does nothing.
    """
    mujoco = sys.modules.get("mujoco")
    if mujoco is not None and mujoco.get_mju_user_warning() is None:
        mujoco.set_mju_user_warning(_Once())


class _Once:
    """A handler that logs the first warning and ignores all others."""

    def __init__(self) -> None:
        self._silent = False

    def __call__(self, text: str) -> None:
        if not self._silent:
            self._silent = True
            _log.warning(
                "MuJoCo: %s Further warnings are not shown; a smaller timestep in the model, or "
                "actions of less force, keep it stable",
                text,
            )
