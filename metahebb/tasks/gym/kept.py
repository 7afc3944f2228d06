"""What a run folder keeps of a Gymnasium environment, for those who look at the run without it.

A network's sizes follow from those of observations and actions. With them kept, a run can be
replayed, and its rules looked into, where the package of the environment is not installed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from typing import Any

_NAMES = ("n_observations", "n_outputs", "max_steps", "image", "is_discrete")

_kept: ContextVar[Mapping[str, Any] | None] = ContextVar("_kept", default=None)


def facts_to_keep(task: object) -> dict[str, Any]:
    """Return what to keep of ``task``, as JSON types; empty if it needs no package of others."""
    return {name: getattr(task, name) for name in _NAMES} if hasattr(task, "absent") else {}


def absence_of(task: object) -> str:
    """Return why nobody can live in ``task`` here; empty where lives are possible."""
    reason: str = getattr(task, "absent", "")
    return reason


@contextlib.contextmanager
def remembered(kept: Mapping[str, Any] | None) -> Iterator[None]:
    """Let a task that is made in the block take its facts from ``kept``, if it has to.

    It has to where its environment cannot be made. The task then says why, as ``absent``, and
    raises that as soon as somebody opens its lanes.
    """
    token = _kept.set(kept)
    try:
        yield
    finally:
        _kept.reset(token)


def kept_facts() -> dict[str, Any] | None:
    """Return the facts that are `remembered` now; None where there are none, or damaged ones."""
    kept = _kept.get()
    if kept is None:
        return None
    try:
        sizes = {name: int(kept[name]) for name in _NAMES[:3]}
        image = kept["image"]
        if image is not None:
            rows, columns, channels = map(int, image)
            image = (rows, columns, channels)
        return {**sizes, "image": image, "is_discrete": bool(kept["is_discrete"])}
    except (KeyError, TypeError, ValueError):
        return None
