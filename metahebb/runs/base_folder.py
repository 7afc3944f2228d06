"""What the folders of all kinds of runs share: they are created, opened, locked and extended."""

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
from typing import Any, ClassVar, Generic, Self, TextIO

import psutil

import metahebb
from metahebb.errors import CheckpointError, InputError
from metahebb.paths import absolute
from metahebb.runs.base_config import C, Config
from metahebb.runs.checkpoint import Checkpoint, Checkpoints
from metahebb.runs.journal import Journal
from metahebb.runs.manifest import (
    as_read,
    config_sha256,
    keys_of,
    make_manifest,
    own_fingerprint,
)
from metahebb.runs.serial import differences, from_json, to_json
from metahebb.runs.storage import storage_errors, write_atomically, write_json
from metahebb.runs.world import world_of
from metahebb.tasks.gym.kept import facts_to_keep, remembered

LOCK = ".lock"
_TEMPORARY = re.compile(r"\.(manifest|config)\.json\.\d+\.tmp")
_HALF_MADE = re.compile(rf"manifest\.json|{re.escape(LOCK)}|{_TEMPORARY.pattern}")
"""Names of the files that `RunFolder.create` leaves if it is killed before it writes config.json.
"""
_BEGUN = ("metrics.jsonl", "journal", "config.json", "manifest.json", LOCK)
"""Files that a run makes before its first generation is done."""
_LOGS = ("tensorboard", "wandb", "mlruns")
"""Folders that loggers make in a run folder."""
_COMMANDS = {"RunConfig": "evolve", "LearnConfig": "learn"}
"""The command that makes runs of each kind, by the name of the class of their config."""
_NAMED = 3
"""The largest number of differences between two configs that an error names."""


class Folder(Generic[C]):
    """The folder of a run on disk.

    Attributes:
        kind: the class of the run's config.
        unit: the config's field that a resume may enlarge, such as ``generations``.
        record: the key that numbers the lines of ``metrics.jsonl``.
        command: the command that made the run.
        needs: the name of an array that every checkpoint has; empty: none is needed.
        path: absolute path of the folder, since the working directory may change during a run.
        config: config of the run.
        journal: journal of all numbers that the run was decided by.
        checkpoints: saved states that the run can go on from.
    """

    kind: ClassVar[type[Any]]
    unit: ClassVar[str]
    record: ClassVar[str]
    command: ClassVar[str]
    needs: ClassVar[str] = ""

    def __init__(self, path: Path, config: C) -> None:
        """Bind a folder to its config; see `create` and `open`."""
        self.path = absolute(path)
        self.config = config
        self.journal = Journal(self.path / "journal")
        self.checkpoints = Checkpoints(self.path / "checkpoints", self.needs)
        self._made_folder = False
        self._lock: TextIO | None = None

    @staticmethod
    def is_there(path: Path) -> bool:
        """Return whether ``path`` looks like a run folder; see `open`."""
        return (path / "config.json").exists()

    @staticmethod
    def kind_at(path: Path) -> str:
        """Return the name of the class of the config of the run at ``path``; empty: no run."""
        file = path / "config.json"
        return str(read_json(file).get("type", "")) if file.exists() else ""

    @staticmethod
    def check_free(path: Path) -> None:
        """Raise InputError if ``path`` is not free for a new run, because it holds any files.

        Files that a killed `create` left do not count.
        """
        if Folder.is_there(path):
            held = writer(path)
            now = f", to which {held} writes," if held else ""
            raise InputError(
                f"expected a new folder, got {path}, which holds a run{now}; go on with 'metahebb "
                f"resume {path}', or choose another --out"
            )
        if path.exists() and not (path.is_dir() and _is_half_made(path)):
            raise InputError(f"expected a new or empty folder, got {path}; choose another --out")

    @classmethod
    def create(cls, path: Path, config: C) -> Self:
        """Make a new run folder.

        Raises:
            InputError: see `check_free` and `lock`.
            StorageError: the folder cannot be written.
        """
        path = absolute(path)
        cls.check_free(path)
        run = cls(path, config)
        run._made_folder = not path.exists()
        with storage_errors(path):
            path.mkdir(parents=True, exist_ok=True)
        with run.lock():
            cls.check_free(path)  # again, now that no other process can take the folder
            with storage_errors(path):
                for left in path.iterdir():
                    if _TEMPORARY.fullmatch(left.name):  # left by a `create` that was killed
                        left.unlink()
            manifest = make_manifest(config.seed, cls.unit) | {
                "config_sha256": config_sha256(config, cls.unit),
                "fingerprint": own_fingerprint(),
                "world": world_of(config),
                "task": facts_to_keep(config.task),
            }
            write_json(path / "manifest.json", manifest)
            write_json(path / "config.json", to_json(config))
        return run

    def discard(self) -> None:
        """Remove the files of a run that has done no generation; a run with metrics stays.

        Files that the run did not make stay, and so does a folder that holds such files or was
        there before the run. Nothing is removed unless this run has locked the folder.
        """
        if not self._holds_lock() or self.read_metrics():
            return
        for name in _LOGS:
            shutil.rmtree(self.path / name, ignore_errors=True)
        with contextlib.suppress(OSError):  # the error that ended the run says more
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
    def open(cls, path: Path | str) -> Self:
        """Open a run folder.

        Raises:
            InputError: ``path`` is no run folder, or its config cannot be read.
            CheckpointError: the config was changed since the run was made.
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
        data = read_json(file)
        wanted, got = cls.kind.__name__, data.get("type")
        if got != wanted and got in _COMMANDS:
            raise InputError(
                f"expected a run of 'metahebb {cls.command}', got one of 'metahebb "
                f"{_COMMANDS[str(got)]}' ({path}); see metahebb --help for what can be done with it"
            )
        # A folder without a manifest can still be read; `read_manifest` raises an error.
        manifest = read_json(path / "manifest.json") if (path / "manifest.json").exists() else {}
        try:
            with remembered(manifest.get("task")):  # None in earlier versions
                config: C = from_json(cls.kind, data, "config")
        except InputError as error:
            made = manifest.get("metahebb", "of unknown version")
            raise InputError(
                f"{error} ({file}, written by metahebb {made}; this is {metahebb.__version__})"
            ) from None
        _check_unchanged(file, config, manifest, cls.unit)
        return cls(path, config)

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Let no other process write to the folder, inside the block.

        The lock ends with the process, so the file that a killed process left locks nobody out.

        Raises:
            InputError: another process is writing to the folder.
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

    def check_same(self, config: C) -> None:
        """Raise InputError unless the run has this ``config``; only its length may differ."""
        asked = to_json(as_read(config)) | {self.unit: getattr(self.config, self.unit)}
        unlike = differences(to_json(self.config), asked)
        if unlike:
            more = f" and {len(unlike) - _NAMED} more" if len(unlike) > _NAMED else ""
            raise InputError(
                f"expected {self.path} to be a run of the config asked for, got "
                f"{'; '.join(unlike[:_NAMED])}{more}; give the flags that it was made with, or "
                "choose another --out"
            )

    def is_finished(self, total: int) -> bool:
        """Return whether ``total`` generations or trials are done, and the folder has them."""
        newest, manifest = self.read_newest(), self.read_manifest()
        saved = newest is not None and newest.generation >= total
        return saved and int(manifest[self.unit]) >= total

    def extend(self, total: int) -> None:
        """Set the config's total number of generations, or of trials, to ``total``."""
        data = to_json(self.config) | {self.unit: total}
        self.config = from_json(self.kind, data, "config")
        write_json(self.path / "config.json", data)

    def read_newest(self) -> Checkpoint | None:
        """Return the newest checkpoint, or None if there is none.

        Raises:
            CheckpointError: the checkpoint is damaged, or it belongs to another run.
        """
        return self.checkpoints.newest()

    def read_metrics(self) -> list[dict[str, Any]]:
        """Return the lines of ``metrics.jsonl``, without a last line that was cut short.

        Raises:
            CheckpointError: any other line is damaged or missing.
        """
        file = self.path / "metrics.jsonl"
        lines = file.read_bytes().split(b"\n")[:-1] if file.exists() else []
        records: list[dict[str, Any]] = []
        for number, line in enumerate(lines):
            try:
                record = json.loads(line)
                whole = record[self.record] == number
            except (ValueError, KeyError, TypeError):
                whole = False
            if not whole:
                raise CheckpointError(
                    f"expected the metrics of {self.record} {number} in line {number + 1} of "
                    f"{file}, got damaged text; restore the file from a copy"
                )
            records.append(record)
        return records

    def keep_metrics(self, count: int) -> None:
        """Cut ``metrics.jsonl`` after ``count`` lines."""
        lines = [json.dumps(record) + "\n" for record in self.read_metrics()[:count]]
        write_atomically(self.path / "metrics.jsonl", "".join(lines).encode())

    def append_metrics(self, record: dict[str, Any]) -> None:
        """Append the metrics of a generation as a line."""
        file = self.path / "metrics.jsonl"
        with storage_errors(file), file.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(record) + "\n")
            stream.flush()
            os.fsync(stream.fileno())

    def read_manifest(self) -> dict[str, Any]:
        """Return the manifest.

        Raises:
            InputError: the manifest is damaged, or is not one of a run (a study's is another kind).
        """
        file = self.path / "manifest.json"
        manifest = read_json(file)
        missing = [key for key in keys_of(self.unit) if key not in manifest]
        if missing:
            raise InputError(
                f"expected the manifest of a run, got one without {', '.join(missing)} ({file}); "
                f"name the folder that 'metahebb {self.command}' made"
            )
        return manifest

    def update_manifest(self, **cost: Any) -> None:
        """Write new values into the manifest, such as the run's cost so far."""
        write_json(self.path / "manifest.json", self.read_manifest() | cost)


def writer(path: Path) -> str | None:
    """Return the host and id of the process that writes to the run at ``path``, or None."""
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
    """Return the process that holds a lock, as it is written in the lock file."""
    file.seek(0)
    words = file.read().split()
    if len(words) != 3:
        return "another process"
    return f"process {words[1]} on {words[0]} (started {words[2]})"


def _started() -> str:
    began = datetime.fromtimestamp(psutil.Process().create_time(), UTC)
    return began.isoformat(timespec="seconds")


def _check_unchanged(file: Path, config: Config, manifest: dict[str, Any], unit: str) -> None:
    present = config_sha256(config, unit)
    made = manifest.get("config_sha256", present)  # earlier versions wrote none
    if present != made:
        raise CheckpointError(
            f"expected {file} as the run was made with it (SHA-256 {str(made)[:12]}…), got a "
            f"changed one ({present[:12]}…), in which field cannot be known; restore the file, or "
            "evolve a new run with the change"
        )


def _is_half_made(path: Path) -> bool:
    """Return whether ``path`` holds only files of a run that has done no generation."""
    names = [p.name for p in path.iterdir()]
    if not all(map(_HALF_MADE.fullmatch, names)):
        return False
    if "manifest.json" not in names:
        return True
    try:
        manifest = read_json(path / "manifest.json")
    except InputError:
        return False
    # The manifest of a study, or of a run that has done generations, must not be overwritten.
    return any(
        all(key in manifest for key in keys_of(unit)) and manifest[unit] == 0
        for unit in ("generations", "trials")
    )


def read_json(file: Path) -> dict[str, Any]:
    """Return the object in a file of JSON.

    Raises:
        InputError: the file cannot be read, or holds no object.
    """
    try:
        data = json.loads(file.read_bytes())
        if not isinstance(data, dict):
            raise ValueError(f"a {type(data).__name__} and no object")
    except (OSError, ValueError) as error:
        raise InputError(f"expected JSON in {file}, got {error}; restore it") from None
    return data
