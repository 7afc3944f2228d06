"""A run is a folder: opened, created, read."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shutil
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

import psutil

import metahebb
from metahebb.errors import CheckpointError, InputError
from metahebb.paths import absolute
from metahebb.runs.center import Center
from metahebb.runs.checkpoint import Checkpoint, Checkpoints
from metahebb.runs.config import RunConfig
from metahebb.runs.evaluation_shape import check_evaluation
from metahebb.runs.journal import Journal
from metahebb.runs.manifest import (
    KEYS,
    as_read,
    config_sha256,
    make_manifest,
    own_fingerprint,
)
from metahebb.runs.serial import differences, from_json, to_json
from metahebb.runs.storage import storage_errors, write_atomically, write_json
from metahebb.runs.world import world_of
from metahebb.tasks.gym.kept import facts_to_keep, remembered

LOCK = ".lock"
EVALUATION = "evaluation.json"
EVALUATIONS = "evaluations"
_TEMPORARY = re.compile(r"\.(manifest|config)\.json\.\d+\.tmp")
_HALF_MADE = re.compile(rf"manifest\.json|{re.escape(LOCK)}|{_TEMPORARY.pattern}")
"""What `RunFolder.create` leaves where it is killed before config.json is there."""
_BEGUN = ("metrics.jsonl", "journal", "config.json", "manifest.json", LOCK)
"""Files that a run has made before its first generation is done."""
_LOGS = ("tensorboard", "wandb", "mlruns")
"""Folders that loggers make in a run folder."""
_NAMED = 3
"""Differences between two configs that an error names."""


class RunFolder:
    """A run on disk.

    Attributes:
        path: the folder, from the root on: the working directory may change while a run goes on.
        config: what the run was told.
        journal: every evaluation's fitness.
        checkpoints: states to go on from.
    """

    def __init__(self, path: Path, config: RunConfig) -> None:
        """Bind a folder to its config; see `create` and `open`."""
        self.path = absolute(path)
        self.config = config
        self.journal = Journal(self.path / "journal")
        self.checkpoints = Checkpoints(self.path / "checkpoints")
        self._made_folder = False
        self._lock: TextIO | None = None

    @staticmethod
    def is_there(path: Path) -> bool:
        """Return whether ``path`` looks like a run folder; see `open`."""
        return (path / "config.json").exists()

    @staticmethod
    def check_free(path: Path) -> None:
        """Raise InputError if a new run cannot have ``path``: it holds a run, or other files.

        What `create` left when it was killed is no hindrance.
        """
        if RunFolder.is_there(path):
            held = writer(path)
            now = f", to which {held} writes," if held else ""
            raise InputError(
                f"expected a new folder, got {path}, which holds a run{now}; go on with 'metahebb "
                f"resume {path}', or choose another --out"
            )
        if path.exists() and not (path.is_dir() and _is_half_made(path)):
            raise InputError(f"expected a new or empty folder, got {path}; choose another --out")

    @classmethod
    def create(cls, path: Path, config: RunConfig) -> RunFolder:
        """Make a new run folder.

        Raises:
            InputError: see `check_free` and `lock`.
            StorageError: it cannot be written.
        """
        path = absolute(path)
        cls.check_free(path)
        run = cls(path, config)
        run._made_folder = not path.exists()
        with storage_errors(path):
            path.mkdir(parents=True, exist_ok=True)
        with run.lock():
            cls.check_free(path)  # once more: nobody else can take it now
            with storage_errors(path):
                for left in path.iterdir():
                    if _TEMPORARY.fullmatch(left.name):  # of a `create` that was killed
                        left.unlink()
            manifest = make_manifest(config.seed) | {
                "config_sha256": config_sha256(config),
                "fingerprint": own_fingerprint(),
                "world": world_of(config),
                "task": facts_to_keep(config.task),
            }
            write_json(path / "manifest.json", manifest)
            write_json(path / "config.json", to_json(config))
        return run

    def discard(self) -> None:
        """Remove what a run has made that never got anywhere; one with metrics stays.

        Files of others stay, and with them the folder; so does a folder that was there before.
        Nothing is removed where the folder is not the one that this run has locked.
        """
        if not self._holds_lock() or self.read_metrics():
            return
        for name in _LOGS:
            shutil.rmtree(self.path / name, ignore_errors=True)
        with contextlib.suppress(OSError):  # the error for which it is discarded says more
            for name in _BEGUN:
                (self.path / name).unlink(missing_ok=True)
            if self._made_folder and not any(self.path.iterdir()):
                self.path.rmdir()

    def _holds_lock(self) -> bool:
        """Return whether the lock file in the folder is the one that `lock` holds."""
        if self._lock is None:
            return False
        try:
            there = (self.path / LOCK).stat()
        except OSError:
            return False
        return os.path.samestat(there, os.fstat(self._lock.fileno()))

    @classmethod
    def open(cls, path: Path | str) -> RunFolder:
        """Open a run folder.

        Raises:
            InputError: it is none, or its config is not one of ours.
            CheckpointError: its config is not the one that it was made with.
        """
        path = absolute(path)
        file = path / "config.json"
        if not file.exists():
            several = sorted(path.glob("seed*/config.json"))  # see `metahebb.runs.seeds`
            if several:
                raise InputError(
                    f"expected a run folder, got {path}, which holds the runs of several seeds; "
                    f"name one of them, such as {several[0].parent}"
                )
            raise InputError(f"expected a run folder, got {path} without config.json; check it")
        data = _read_json(file)
        # A folder without a manifest can still be looked at; who needs one asks for it.
        manifest = _read_json(path / "manifest.json") if (path / "manifest.json").exists() else {}
        try:
            with remembered(manifest.get("task")):  # earlier versions kept nothing
                config = from_json(RunConfig, data, "config")
        except InputError as error:
            made = manifest.get("metahebb", "of unknown version")
            raise InputError(
                f"{error} ({file}, written by metahebb {made}; this is {metahebb.__version__})"
            ) from None
        _check_unchanged(file, config, manifest)
        return cls(path, config)

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Be the only one who writes here, inside the block; it ends with the process, too.

        So what a killed process left in the file is in nobody's way.

        Raises:
            InputError: somebody else is writing.
        """
        with storage_errors(self.path):
            file = (self.path / LOCK).open("a+", encoding="utf-8")
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise InputError(
                    f"expected a run that nobody writes to, got {self.path}, which "
                    f"{_named(file)} holds; wait for it, or end it"
                ) from None
            with storage_errors(self.path):
                file.truncate(0)
                file.write(f"{socket.gethostname()} {os.getpid()} {_started()}\n")
                file.flush()
            self._lock = file
            try:
                yield
            finally:
                self._lock = None

    def check_same(self, config: RunConfig) -> None:
        """Raise InputError unless this is a run of ``config``; its generations may differ."""
        asked = to_json(as_read(config)) | {"generations": self.config.generations}
        found = differences(to_json(self.config), asked)
        if found:
            more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
            raise InputError(
                f"expected {self.path} to be a run of the config asked for, got "
                f"{'; '.join(found[:_NAMED])}{more}; give the flags that it was made with, or "
                "choose another --out"
            )

    def is_finished(self, generations: int) -> bool:
        """Return whether that many generations are done, and all of it is written down."""
        newest, manifest = self.read_newest(), self.read_manifest()
        saved = newest is not None and newest.generation >= generations
        return saved and int(manifest["generations"]) >= generations

    def extend(self, generations: int) -> None:
        """Set the new total of generations in the config."""
        data = to_json(self.config) | {"generations": generations}
        self.config = from_json(RunConfig, data, "config")
        write_json(self.path / "config.json", data)

    def load(self) -> Center:
        """Read the newest checkpoint, and return its center.

        Raises:
            CheckpointError: there is none, it is damaged, or it is not one of this run.
        """
        newest = self.checkpoints.newest()
        if newest is None:
            self.read_manifest()  # of a run? A study's folder has a config.json, too
            raise CheckpointError(
                f"expected a checkpoint in {self.path}, got none; go on with 'metahebb resume'"
            )
        return self.center_of(newest)

    def center_of(self, checkpoint: Checkpoint) -> Center:
        """Return the center of a checkpoint that was read; see `Center.of`."""
        return Center.of(self.path, self.config, checkpoint)

    def read_newest(self) -> Checkpoint | None:
        """Return the newest checkpoint, or None where there is none.

        Raises:
            CheckpointError: it is damaged, or not one of this run.
        """
        newest = self.checkpoints.newest()
        if newest is not None:
            self.center_of(newest)  # checks it
        return newest

    def read_metrics(self) -> list[dict[str, Any]]:
        """Return the lines of ``metrics.jsonl``; one cut short at the end is left out.

        Raises:
            CheckpointError: a whole line is damaged, or missing.
        """
        file = self.path / "metrics.jsonl"
        lines = file.read_bytes().split(b"\n")[:-1] if file.exists() else []
        found: list[dict[str, Any]] = []
        for number, line in enumerate(lines):
            try:
                record = json.loads(line)
                whole = record["generation"] == number
            except (ValueError, KeyError, TypeError):
                whole = False
            if not whole:
                raise CheckpointError(
                    f"expected the metrics of generation {number} in line {number + 1} of {file}, "
                    "got damaged text; restore the file from a copy"
                )
            found.append(record)
        return found

    def keep_metrics(self, count: int) -> None:
        """Cut ``metrics.jsonl`` after ``count`` lines."""
        lines = [json.dumps(record) + "\n" for record in self.read_metrics()[:count]]
        write_atomically(self.path / "metrics.jsonl", "".join(lines).encode())

    def append_metrics(self, record: dict[str, Any]) -> None:
        """Append one generation's line."""
        file = self.path / "metrics.jsonl"
        with storage_errors(file), file.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(record) + "\n")
            stream.flush()
            os.fsync(stream.fileno())

    def read_manifest(self) -> dict[str, Any]:
        """Return the manifest.

        Raises:
            InputError: it is damaged, or not that of a run (a study's folder has another one).
        """
        file = self.path / "manifest.json"
        manifest = _read_json(file)
        missing = [key for key in KEYS if key not in manifest]
        if missing:
            raise InputError(
                f"expected the manifest of a run, got one without {', '.join(missing)} ({file}); "
                "name the folder that 'metahebb evolve' made"
            )
        return manifest

    def update_manifest(self, **cost: Any) -> None:
        """Write what the run has cost so far."""
        write_json(self.path / "manifest.json", self.read_manifest() | cost)

    def read_evaluation(self) -> dict[str, Any] | None:
        """Return the last evaluation on the run's own bodies and horizon, or None.

        Raises:
            InputError: it is damaged, or of another shape than ``evaluate`` writes.
        """
        return read_evaluation_at(self.path / EVALUATION)

    def read_other_evaluations(self) -> list[dict[str, Any]]:
        """Return the evaluations on other bodies or over other horizons, by name.

        Raises:
            InputError: as of `evaluation`.
        """
        files = sorted((self.path / EVALUATIONS).glob("*.json"))
        return [check_evaluation(_read_json(file), file) for file in files]


def read_evaluation_at(file: Path) -> dict[str, Any] | None:
    """Return the evaluation in ``file``, or None where there is no such file.

    Raises:
        InputError: it is damaged, or of another shape than ``evaluate`` writes.
    """
    return check_evaluation(_read_json(file), file) if file.exists() else None


def writer(path: Path) -> str | None:
    """Return who writes to the run at ``path`` now, by host and process id; None: nobody."""
    try:
        file = (path / LOCK).open(encoding="utf-8")
    except OSError:
        return None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return _named(file)
    return None


def _named(file: TextIO) -> str:
    """Return who holds a lock, as it has written there itself."""
    file.seek(0)
    words = file.read().split()
    if len(words) != 3:
        return "another process"
    return f"process {words[1]} on {words[0]} (started {words[2]})"


def _started() -> str:
    began = datetime.fromtimestamp(psutil.Process().create_time(), UTC)
    return began.isoformat(timespec="seconds")


def _check_unchanged(file: Path, config: RunConfig, manifest: dict[str, Any]) -> None:
    found = config_sha256(config)
    made = manifest.get("config_sha256", found)  # earlier versions wrote none
    if found != made:
        raise CheckpointError(
            f"expected {file} as the run was made with it (SHA-256 {str(made)[:12]}…), got a "
            f"changed one ({found[:12]}…), in which field cannot be known; restore the file, or "
            "evolve a new run with the change"
        )


def _is_half_made(path: Path) -> bool:
    """Return whether ``path`` holds nothing but what a run's beginning leaves."""
    names = [p.name for p in path.iterdir()]
    if not all(map(_HALF_MADE.fullmatch, names)):
        return False
    if "manifest.json" not in names:
        return True
    try:
        manifest = _read_json(path / "manifest.json")
    except InputError:
        return False
    # That of a study, or of a run that has come to something, is not ours to write over.
    return all(key in manifest for key in KEYS) and manifest["generations"] == 0


def _read_json(file: Path) -> dict[str, Any]:
    try:
        data = json.loads(file.read_bytes())
        if not isinstance(data, dict):
            raise ValueError(f"a {type(data).__name__} and no object")
    except (OSError, ValueError) as error:
        raise InputError(f"expected JSON in {file}, got {error}; restore it") from None
    return data
