"""Processes of Ray that go on although the driver of their Ray was killed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psutil

_SESSION = re.compile(r"session_\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d_\d+_\d+")
_NEEDED = ("gcs_server", "raylet")
"""Names of processes without which a session of Ray has ended on this machine."""


class Found(NamedTuple):
    """A process of Ray on this machine."""

    pid: int
    name: str
    session: str


def orphans() -> list[Found]:
    """Return the user's processes that belong to a Ray that has ended."""
    processes = list(_of_ray())
    alive = {process.session for process in processes if process.name in _NEEDED}
    return [process for process in processes if process.session not in alive]


def _of_ray() -> Iterator[Found]:
    """Yield the user's processes that Ray has started."""
    for process in psutil.process_iter():
        try:
            if process.uids().real != os.getuid() or process.status() == psutil.STATUS_ZOMBIE:
                continue
            words = process.cmdline()
            first = Path(words[0]) if words else Path()
            if words and words[0].startswith("ray::"):  # a title in the place of its words
                name, places = words[0], [file.path for file in process.open_files()]
            elif first.name in _NEEDED and "ray" in first.parts:
                name, places = first.name, words
            else:
                continue
        except psutil.Error:
            continue
        session = _SESSION.search(" ".join(places))
        if session:
            yield Found(process.pid, name, session.group())
