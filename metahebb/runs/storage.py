"""Functions that write a file as a whole or not at all."""

from __future__ import annotations

import contextlib
import json
import os
import re
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from metahebb.errors import StorageError
from metahebb.paths import absolute

REPEAT = "give the command again"
"""The advice in errors about files that could not be written, unless a run can be resumed."""


@contextlib.contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn an operating system's error on ``path`` into a StorageError that says what to do."""
    try:
        yield
    except StorageError:
        raise
    except OSError as error:
        reason = error.strerror or str(error)
        raise StorageError(
            f"expected to write {path}, got {reason!r}; free space or permissions, then {REPEAT}"
        ) from error


def slug(parts: Sequence[str]) -> str:
    """Return ``parts`` as a readable name for a file or folder.

    Example:
        >>> slug(["zero_weights:at=500", "body=long_back"])
        'zero_weights-at=500-body=long_back'
    """
    whole = " ".join(parts)
    name = re.sub(r"[^\w.=,+-]+", "-", whole)
    return name if len(name) < 120 else f"{name[:100]}-{zlib.crc32(whole.encode()):08x}"


def write_atomically(path: Path, data: bytes) -> None:
    """Write ``data`` so that ``path`` holds either its old content or all of the new.

    Raises:
        StorageError: the file could not be written; its old content stands.
    """
    path = absolute(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with storage_errors(path):
        try:
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as indented JSON, atomically."""
    write_atomically(path, (json.dumps(value, indent=2) + "\n").encode())
