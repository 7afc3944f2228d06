"""The check of how many lives, and how many steps of each, somebody asks for."""

from __future__ import annotations

from metahebb.errors import InputError


def check_counts(lives: int | None, max_steps: int | None) -> None:
    """Raise InputError unless there is at least one life of one env step; None counts as enough."""
    if lives is not None and lives < 1:
        raise InputError(f"expected at least one life, got {lives}; use for example --lives 32")
    if max_steps is not None and max_steps < 1:
        raise InputError(
            f"expected at least one env step in a life, got {max_steps}; use for example "
            "--max-steps 500"
        )
