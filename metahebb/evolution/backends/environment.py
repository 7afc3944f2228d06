"""Sets environment variables that Ray and EvoTorch read while they are imported.

This module does not import Ray, so that a program can call `prepare_environment` first of all.
"""

from __future__ import annotations

import os
import sys

from metahebb.errors import InputError

_OPEN_TO_NETWORK = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"
"""Variable of Ray that opens it to the network. On Linux, too, "0" binds every socket to the
loopback interface; without "0", a local Ray listens on all interfaces."""


def prepare_environment(*, joins_cluster: bool = False) -> None:
    """Set the environment variables, before ``ray`` is imported, by itself or by ``evotorch``.

    A local Ray then listens on the loopback interface only, and processes that a task forked end
    with their worker. Any Ray asks for a token and sends no usage statistics, and EvoTorch does not
    log to stderr. Variables that the user has set stay as they are, except for the one of the
    loopback interface.

    Args:
        joins_cluster: whether this process is to join a cluster by an address. The process's
            sockets are then open to other machines.

    Raises:
        InputError: Ray is already imported with other settings.
    """
    os.environ.setdefault("EVOTORCH_VERBOSE_LEVEL", "0")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_AUTH_MODE", "token")
    os.environ.setdefault("RAY_process_group_cleanup_enabled", "1")
    if joins_cluster != is_loopback():
        return
    if "ray" in sys.modules:
        raise InputError(
            "expected prepare_environment() before the import of ray or evotorch, got it after; "
            "call it at the start of the program"
        )
    if joins_cluster:
        del os.environ[_OPEN_TO_NETWORK]
    else:
        os.environ[_OPEN_TO_NETWORK] = "0"


def is_loopback() -> bool:
    """Return whether a Ray started by this process stays on the loopback interface."""
    return os.environ.get(_OPEN_TO_NETWORK) == "0"
