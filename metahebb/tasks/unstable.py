"""What MuJoCo says of unstable physics: one line, in the place of one per life and a log file."""

from __future__ import annotations

import logging
import sys

_log = logging.getLogger(__name__)


def quieten_mujoco() -> None:
    """Let MuJoCo's warnings of this process be logged once, where it is imported.

    By itself MuJoCo prints each of them and adds it to MUJOCO_LOG.TXT in the current folder. A
    handler that somebody else has set stays.
    """
    mujoco = sys.modules.get("mujoco")
    if mujoco is not None and mujoco.get_mju_user_warning() is None:
        mujoco.set_mju_user_warning(_Once())


class _Once:
    """Logs the first warning that it is called with."""

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
