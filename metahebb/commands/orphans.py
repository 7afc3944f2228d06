"""Processes of Ray that nobody needs any more: their driver was killed, and they were not told."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import psutil

_SESSION = re.compile(r"session_\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d_\d+_\d+")
_NEEDED = ("gcs_server", "raylet")
"""While one of these lives on this machine, so does its session."""


def orphans() -> list[str]:
    """Return a line for each process of one's own whose Ray has ended, and how to end it."""
    found = list(_of_ray())
    alive = {session for process, session in found if process.name() in _NEEDED}
    return [
        f"process {process.pid} ({process.name()}) of {session}, whose Ray has ended; "
        f"end it with: kill {process.pid}"
        for process, session in found
        if session not in alive
    ]


def _of_ray() -> Iterator[tuple[psutil.Process, str]]:
    """Yield one's own processes that Ray started, each with its session's name."""
    for process in psutil.process_iter():
        try:
            if process.uids().real != os.getuid() or process.status() == psutil.STATUS_ZOMBIE:
                continue
            words = process.cmdline()
            process.name()  # kept for who asks later, when it may be gone
        except psutil.Error:
            continue
        # Programs of the user may name a session, too; those of Ray lie in its package.
        if any(f"{os.sep}ray{os.sep}" in word for word in words[:3]):
            session = _SESSION.search(" ".join(words))
            if session:
                yield process, session.group()
