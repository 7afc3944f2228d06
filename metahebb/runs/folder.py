"""A run is a folder: opened, created, read."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from metahebb.errors import CheckpointError, InputError
from metahebb.runs.checkpoint import Checkpoints
from metahebb.runs.config import RunConfig
from metahebb.runs.journal import Journal
from metahebb.runs.manifest import make_manifest
from metahebb.runs.serial import from_json, to_json
from metahebb.runs.storage import storage_errors, write_atomically, write_json
from metahebb.worker import Plan, Setup


class RunFolder:
    """A run on disk.

    Attributes:
        path: the folder.
        config: what the run was told.
        journal: every evaluation's fitness.
        checkpoints: states to go on from.
    """

    def __init__(self, path: Path, config: RunConfig) -> None:
        """Bind a folder to its config; see `create` and `open`."""
        self.path = path
        self.config = config
        self.journal = Journal(path / "journal")
        self.checkpoints = Checkpoints(path / "checkpoints")
        self._lock: IO[str] | None = None

    @staticmethod
    def check_free(path: Path) -> None:
        """Raise InputError if a new run cannot have ``path``: it holds a run, or other files."""
        if (path / "config.json").exists():
            raise InputError(
                f"expected a new folder, got {path}, which holds a run; go on with 'metahebb "
                f"resume {path}', or choose another --out"
            )
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise InputError(f"expected a new or empty folder, got {path}; choose another --out")

    @classmethod
    def create(cls, path: Path, config: RunConfig) -> RunFolder:
        """Make a new run folder.

        Raises:
            InputError: see `check_free`.
            StorageError: it cannot be written.
        """
        cls.check_free(path)
        with storage_errors(path):
            path.mkdir(parents=True, exist_ok=True)
        run = cls(path, config)
        write_json(path / "manifest.json", make_manifest(config.seed))
        write_json(path / "config.json", to_json(config))
        return run

    @classmethod
    def open(cls, path: Path | str) -> RunFolder:
        """Open a run folder.

        Raises:
            InputError: it is none, or its config is not one of ours.
        """
        path = Path(path)
        file = path / "config.json"
        if not file.exists():
            raise InputError(f"expected a run folder, got {path} without config.json; check it")
        try:
            data = json.loads(file.read_text())
        except ValueError as error:
            raise InputError(f"expected JSON in {file}, got {error}; restore it") from None
        return cls(path, from_json(RunConfig, data, "config"))

    def lock(self) -> None:
        """Make this process the only one that writes here, until it ends.

        Raises:
            InputError: another process is writing.
        """
        with storage_errors(self.path):
            self._lock = (self.path / ".lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise InputError(
                f"expected a run that nobody writes to, got {self.path}, which another process "
                "holds; wait for it, or end it"
            ) from None

    def extend(self, generations: int) -> None:
        """Set the new total of generations in the config."""
        data = to_json(self.config) | {"generations": generations}
        self.config = from_json(RunConfig, data, "config")
        write_json(self.path / "config.json", data)

    @property
    def setup(self) -> Setup:
        """What the run's workers agree on."""
        return self.config.setup()

    @property
    def generation(self) -> int:
        """Generations done, as far as checkpoints tell."""
        return self._newest().generation

    @property
    def plan(self) -> Plan:
        """Evaluation of the newest center: the last stage's horizon, the task's first body."""
        done = self.generation
        return Plan(done, self.config.stages[-1].max_steps, (0,), fresh=2)

    def center(self) -> npt.NDArray[np.float32]:
        """Return the newest checkpoint's center, ``(n_genes,)``."""
        center: npt.NDArray[np.float32] = self._newest().state["center"]
        n_genes = self.setup.genome.n_genes
        if center.shape != (n_genes,):
            raise CheckpointError(
                f"expected a center of {n_genes} genes, got {center.shape}; restore the folder"
            )
        return center

    def _newest(self) -> Any:
        newest = self.checkpoints.newest()
        if newest is None:
            raise CheckpointError(
                f"expected a checkpoint in {self.path}, got none; go on with 'metahebb resume'"
            )
        return newest

    def metrics(self) -> list[dict[str, Any]]:
        """Return the lines of ``metrics.jsonl``; one cut short at the end is left out."""
        file = self.path / "metrics.jsonl"
        if not file.exists():
            return []
        lines = file.read_text().split("\n")[:-1]
        return [json.loads(line) for line in lines]

    def keep_metrics(self, count: int) -> None:
        """Cut ``metrics.jsonl`` after ``count`` lines."""
        lines = [json.dumps(record) + "\n" for record in self.metrics()[:count]]
        write_atomically(self.path / "metrics.jsonl", "".join(lines).encode())

    def append_metrics(self, record: dict[str, Any]) -> None:
        """Append one generation's line."""
        file = self.path / "metrics.jsonl"
        with storage_errors(file), file.open("a") as stream:
            stream.write(json.dumps(record) + "\n")
            stream.flush()
            os.fsync(stream.fileno())

    def manifest(self) -> dict[str, Any]:
        """Return the manifest."""
        data: dict[str, Any] = json.loads((self.path / "manifest.json").read_text())
        return data

    def update_manifest(self, **cost: Any) -> None:
        """Write what the run has cost so far."""
        write_json(self.path / "manifest.json", self.manifest() | cost)

    def evaluation(self) -> dict[str, Any] | None:
        """Return the last evaluation, or None."""
        file = self.path / "evaluation.json"
        return json.loads(file.read_text()) if file.exists() else None
