"""The facts about a Gymnasium environment that a run folder keeps.

The sizes of a network follow from the sizes of observations and actions. Because a run folder keeps
them, a run can be replayed, and its rules examined, on a machine without the environment's package.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from typing import Any

_NAMES = ("n_observations", "n_outputs", "max_steps", "image", "is_discrete")

_kept: ContextVar[Mapping[str, Any] | None] = ContextVar("_kept", default=None)


def facts_to_keep(task: object) -> dict[str, Any]:
    """Return the facts about ``task`` to keep, as JSON types; empty if it is no `GymTask`."""
    return {name: getattr(task, name) for name in _NAMES} if hasattr(task, "absent") else {}


def absence_of(task: object) -> str:
    """Return the reason why no life can be lived in ``task`` here; empty if lives are possible."""
    reason: str = getattr(task, "absent", "")
    return reason


@contextlib.contextmanager
def remembered(kept: Mapping[str, Any] | None) -> Iterator[None]:
    """Let a task that is made in the ``with`` block take its facts from ``kept``, if it must.

    A task must do so if its environment cannot be made. Its property ``absent`` then gives the
    reason, and opening its lanes raises an error with that reason.
    """
    token = _kept.set(kept)
    try:
        yield
    finally:
        _kept.reset(token)


def kept_facts() -> dict[str, Any] | None:
    """Return the facts that are `remembered` now; None if there are none, or they are damaged."""
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
