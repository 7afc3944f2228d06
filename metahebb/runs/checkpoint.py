"""Checkpoints: a file of arrays, and a description with its hash, neither of them half-written."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import math
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from metahebb.errors import CheckpointError
from metahebb.runs.storage import storage_errors, write_atomically, write_json

FORMAT = 1
KEPT = 3
BEST = "best"

_COUNTS = ("generation", "evaluations")
_NUMBER = re.compile(r"[0-9]{6,}")
_NAME = rf"({_NUMBER.pattern}|{BEST})"
_ARRAYS = re.compile(rf"{_NAME}-[0-9a-f]{{12}}\.npz")
_TEMPORARY = re.compile(rf"\.({_NAME}\.json|{_ARRAYS.pattern})\.[0-9]+\.tmp")

State = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Checkpoint:
    """The state of a search after ``generation`` generations.

    Attributes:
        generation: number of generations done.
        evaluations: number of evaluations done, and so of the journal's records up to here.
        state: arrays of the search by name; ``center`` is always among them.
    """

    generation: int
    evaluations: int
    state: State


class Checkpoints:
    """A folder of checkpoints: the last three, and the best."""

    def __init__(self, folder: Path, needs: str = "center") -> None:
        """Bind ``folder``, which need not exist yet.

        Args:
            folder: the folder.
            needs: the name of an array that every checkpoint has; empty: none is needed.
        """
        self.folder = folder
        self._needs = needs

    def save(self, checkpoint: Checkpoint, name: str | None = None) -> None:
        """Write a checkpoint under ``name``, or under the number of its generation.

        Of checkpoints with numbers, the last three are kept, and older ones are removed.

        Raises:
            StorageError: the checkpoint could not be written; the earlier checkpoints stand.
        """
        name = name or f"{checkpoint.generation:06d}"
        buffer = io.BytesIO()
        # The counts are in both files, so that the arrays' hash covers the description's, too.
        counts = {c: np.array(getattr(checkpoint, c)) for c in _COUNTS}
        np.savez(buffer, **counts, **checkpoint.state)  # type: ignore[arg-type]
        data = buffer.getvalue()
        with storage_errors(self.folder):
            self.folder.mkdir(exist_ok=True)
        # A reader begins with the description, so the arrays are written first, under a new name.
        digest = hashlib.sha256(data).hexdigest()
        arrays = f"{name}-{digest[:12]}.npz"
        write_atomically(self.folder / arrays, data)
        description = {
            "format": FORMAT,
            "generation": checkpoint.generation,
            "evaluations": checkpoint.evaluations,
            "arrays": arrays,
            "sha256": digest,
        }
        write_json(self.folder / f"{name}.json", description)
        with storage_errors(self.folder):
            self._tidy()

    def _tidy(self) -> None:
        """Remove checkpoints that are too old, and files that a killed process left half-written.

        Files with names that `save` does not give belong to others, and stay.
        """
        for old in self._numbered()[:-KEPT]:
            old.unlink()
        for left in self.folder.glob(".*.tmp"):
            if _TEMPORARY.fullmatch(left.name):
                left.unlink()
        try:
            used = {json.loads(p.read_bytes())["arrays"] for p in self.folder.glob("*.json")}
        except (ValueError, KeyError, TypeError):
            return  # a damaged description does not say which arrays it needs: remove none
        for arrays in self.folder.glob("*.npz"):
            if _ARRAYS.fullmatch(arrays.name) and arrays.name not in used:
                arrays.unlink()

    def _numbered(self) -> list[Path]:
        numbered = (p for p in self.folder.glob("*.json") if _NUMBER.fullmatch(p.stem))
        return sorted(numbered, key=lambda path: int(path.stem))

    def newest(self) -> Checkpoint | None:
        """Return the newest checkpoint, or None if there is none.

        Raises:
            CheckpointError: the newest checkpoint is damaged.
        """
        numbered = self._numbered()
        return self.load(numbered[-1].stem) if numbered else None

    def fall_back(self) -> list[Path]:
        """Set damaged checkpoints aside, newest first, up to the first whole one.

        Descriptions of damaged checkpoints are renamed, and their old paths returned. The journal
        has all generations since the whole checkpoint.
        """
        aside = []
        for path in reversed(self._numbered()):
            try:
                self.load(path.stem)
            except CheckpointError:
                with storage_errors(path):
                    path.rename(_free(path.with_suffix(".damaged")))
                aside.append(path)
            else:
                break
        return aside

    def load(self, name: str) -> Checkpoint:
        """Return the checkpoint called ``name`` (a number, or ``best``).

        Raises:
            CheckpointError: the checkpoint is missing, cut short, changed, or of another format.
        """
        path = self.folder / f"{name}.json"
        try:
            description = json.loads(path.read_bytes())
            if description["format"] != FORMAT:
                raise CheckpointError(
                    f"expected checkpoint format {FORMAT}, got {description['format']} ({path}); "
                    "use the version of metahebb that wrote it"
                )
            data = (self.folder / description["arrays"]).read_bytes()
            wanted = str(description["sha256"])
            counts = {c: int(description[c]) for c in _COUNTS}
        except (OSError, ValueError, KeyError, TypeError) as error:
            if isinstance(error, CheckpointError):
                raise
            raise self._damaged(path, f"{type(error).__name__}: {error}") from None
        digest = hashlib.sha256(data).hexdigest()
        if digest != wanted:
            raise self._damaged(path, f"SHA-256 {digest[:12]}…, not {wanted[:12]}…")
        try:
            _check_headers(data)
            with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
                state = {key: arrays[key] for key in arrays.files}
        except (OSError, ValueError, EOFError, RuntimeError, zipfile.BadZipFile) as error:
            raise self._damaged(path, str(error)) from None
        for count, value in counts.items():
            if state.pop(count, None) != value:
                raise self._damaged(path, f"a {count} count of {value} that its arrays do not have")
        if self._needs and self._needs not in state:
            raise self._damaged(path, f"one without a {self._needs}")
        return Checkpoint(**counts, state=state)

    def _damaged(self, path: Path, got: str) -> CheckpointError:
        return CheckpointError(
            f"expected a whole checkpoint, got {got} ({path}); delete this .json, or resume with "
            "--fallback, to go on from the one before it"
        )


def _free(path: Path) -> Path:
    """Return ``path`` or, if that is taken, the first free one of ``path.1``, ``path.2`` etc."""
    names = (path.with_name(f"{path.name}.{n}") for n in itertools.count(1))
    return next(each for each in itertools.chain([path], names) if not each.exists())


def _check_headers(data: bytes) -> None:
    """Raise ValueError if the header of an array in a npz file claims more bytes than it has.

    NumPy would allocate the memory that a header claims before it reads the array.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            if info.compress_type != zipfile.ZIP_STORED or info.file_size > len(data):
                raise ValueError(f"{info.filename} that is packed, or larger than its file")
            with archive.open(info) as file:
                if np.lib.format.read_magic(file) != (1, 0):
                    raise ValueError(f"{info.filename} of another format")
                shape, _, dtype = np.lib.format.read_array_header_1_0(file)
                if math.prod(shape) * dtype.itemsize != info.file_size - file.tell():
                    raise ValueError(f"{info.filename}, {info.file_size} bytes for shape {shape}")
