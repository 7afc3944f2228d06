"""Errors of Python and of libraries, put into one line where the user can do something."""

from __future__ import annotations

import sys

from metahebb.errors import InputError

_TORCH_MEMORY = "can't allocate memory"
"""What torch's RuntimeError says in the place of a MemoryError."""
_NO_TEMPORARY = "temporary directory"
"""What errors of Python and of Matplotlib say where none can be written."""


def explained(error: Exception) -> InputError | None:
    """Return an error of ours that explains ``error``; None if nobody expected it."""
    if isinstance(error, BrokenPipeError):
        return None
    if isinstance(error, MemoryError) or _TORCH_MEMORY in str(error):
        return InputError(
            "expected all of this to fit in memory, got an allocation that failed; use fewer "
            "--lanes, a smaller --popsize or network, or a search without a full covariance"
        )
    if isinstance(error, OSError) and _NO_TEMPORARY in str(error):
        return InputError(
            "expected a temporary folder that can be written, got none; name one: "
            "export TMPDIR=/path"
        )
    own_parts = sys.modules.get("metahebb.own_parts")  # nobody uses one where it is not imported
    return None if own_parts is None else own_parts.misfit(error)
