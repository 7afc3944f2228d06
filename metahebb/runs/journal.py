"""The journal has the fitness of every evaluation, written before the search's update."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from metahebb.errors import CheckpointError
from metahebb.runs.storage import storage_errors

Fitness = npt.NDArray[np.float64]

MAGIC = b"metahebb journal 1\n"
_HEAD = struct.Struct("<QQI")  # evaluation number, popsize, CRC-32 of the rest of the record


class Journal:
    """An append-only file of fitness vectors; each record carries a checksum."""

    def __init__(self, path: Path) -> None:
        """Bind the journal at ``path``; it need not exist yet."""
        self.path = path

    def append(self, number: int, fitness: Fitness) -> None:
        """Write the fitness ``(popsize,)`` of evaluation ``number``, and wait for the disk.

        With an observation norm, the totals of the observations follow the fitness.

        Raises:
            StorageError: the disk cannot be written.
        """
        payload = np.asarray(fitness, "<f8").tobytes()
        record = _HEAD.pack(number, fitness.size, zlib.crc32(payload)) + payload
        with storage_errors(self.path), self.path.open("ab") as file:
            if file.tell() == 0:
                file.write(MAGIC)
            file.write(record)
            file.flush()
            os.fsync(file.fileno())

    def read(self, count: int | None = None) -> list[Fitness]:
        """Return the fitness vectors of the first ``count`` evaluations (None: of all), in order.

        The result is shorter if the file has fewer whole records.

        Raises:
            CheckpointError: one of these records is damaged or out of order.
        """
        return [fitness for fitness, _ in self._records(count)]

    def first(self, count: int) -> list[Fitness]:
        """Return the fitness vectors of the first ``count`` evaluations, in order.

        Raises:
            CheckpointError: a record is damaged or out of order, or there are fewer records.
        """
        vectors = self.read(count)
        if len(vectors) < count:
            raise CheckpointError(
                f"expected {count} evaluations in {self.path}, got {len(vectors)}; restore the "
                "file from a copy"
            )
        return vectors

    def keep(self, count: int) -> None:
        """Cut the file after ``count`` evaluations."""
        records = self._records(count)
        end = records[-1][1] if records else 0
        with storage_errors(self.path), self.path.open("ab") as file:
            file.truncate(end)

    def _records(self, count: int | None) -> list[tuple[Fitness, int]]:
        data = self.path.read_bytes() if self.path.exists() else b""
        if data and not data.startswith(MAGIC[: len(data)]):
            raise CheckpointError(f"expected a journal, got another file ({self.path}); restore it")
        records: list[tuple[Fitness, int]] = []
        place = len(MAGIC)
        while place + _HEAD.size <= len(data) and len(records) != count:
            number, popsize, checksum = _HEAD.unpack_from(data, place)
            end = place + _HEAD.size + 8 * popsize
            if end > len(data):
                break  # the process died while it wrote this record
            payload = data[place + _HEAD.size : end]
            if zlib.crc32(payload) != checksum or number != len(records):
                raise CheckpointError(
                    f"expected evaluation {len(records)} at byte {place} of {self.path}, got "
                    "damaged bytes; restore the file from a copy"
                )
            records.append((np.frombuffer(payload, "<f8").copy(), end))
            place = end
        return records
