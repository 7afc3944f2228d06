"""Destinations to which loggers send a run's numbers: TensorBoard event files, W&B, MLflow."""

from __future__ import annotations

import io
import os
import secrets
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

Ending = Literal["finished", "failed", "killed"]
"""How a run ended; a run that a signal stopped counts as killed, and can be resumed."""
PROJECT = "metahebb"
"""The name of the W&B project, and of the MLflow experiment, that all runs belong to."""
_UPLOAD = 8.0  # seconds that W&B may take at the end of a run, and again at the end of the process
_BATCH = 100  # largest number of parameters, or of metrics, in a request to MLflow
_TEXT = 500  # most characters of a parameter on servers of MLflow before version 2


class Record(NamedTuple):
    """The numbers of one step of a search.

    Attributes:
        step: number of steps done, this step included.
        time: time at which the step ended [s since 1970].
        numbers: the step's values, by EvoTorch's names.
    """

    step: int
    time: float
    numbers: dict[str, float]


@dataclass(frozen=True)
class Logged:
    """The facts about a run that loggers show beside its numbers.

    Attributes:
        folder: absolute path of the run folder.
        config: the run's config, including the seed, as JSON types.
    """

    folder: Path
    config: dict[str, Any]

    @property
    def parameters(self) -> dict[str, Any]:
        """The config and the folder, for services that show them beside the numbers."""
        return {"folder": str(self.folder), **self.config}


class Destination(Protocol):
    """A destination takes the numbers of a run; its methods may raise anything and take long."""

    def write(self, records: Sequence[Record]) -> None:
        """Take the numbers of some steps, in their order."""

    def close(self, ending: Ending) -> None:
        """Note how the run has ended."""


class TensorBoard:
    """An event file in the run folder; each write opens and closes it, so that nothing is lost."""

    def __init__(self, logged: Logged) -> None:
        """Name the file; the first write makes it."""
        folder = logged.folder / "tensorboard"
        folder.mkdir(exist_ok=True)
        stamp = f"{time.time_ns() / 1e9:.6f}.{socket.gethostname()}.{os.getpid()}"
        self._path = folder / f"events.out.tfevents.{stamp}"

    def write(self, records: Sequence[Record]) -> None:
        """Append the numbers of the steps to the file."""
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary
        from tensorboard.summary.writer.record_writer import RecordWriter

        data = io.BytesIO()
        writer = RecordWriter(data)
        if not self._path.exists():
            head = Event(wall_time=time.time(), file_version="brain.Event:2")
            writer.write(head.SerializeToString())
        for record in records:
            values = [Summary.Value(tag=k, simple_value=v) for k, v in record.numbers.items()]
            event = Event(wall_time=record.time, step=record.step, summary=Summary(value=values))
            writer.write(event.SerializeToString())
        with self._path.open("ab") as file:
            file.write(data.getvalue())

    def close(self, ending: Ending) -> None:
        """Do nothing: the file is closed after each write."""


class Wandb:
    """A run of Weights & Biases; when the run folder is resumed, the same W&B run goes on."""

    def __init__(self, logged: Logged) -> None:
        """Begin the run, or open it again."""
        import wandb

        # No prompt for a key: the terminal shows the progress of the run.
        if wandb.setup().settings.mode == "online" and not wandb.login(prompt=False):
            raise RuntimeError("no API key ('wandb login' sets one, WANDB_MODE=offline needs none)")
        file = logged.folder / "wandb-run-id"
        run_id = _kept(file) or secrets.token_hex(4)
        self._run = wandb.init(
            project=PROJECT,
            dir=str(logged.folder),
            id=run_id,
            name=logged.folder.name,
            resume="allow",
            config=logged.parameters,
            allow_val_change=True,  # a resumed run may have more generations, or another folder
            # W&B does not capture what this process prints, and the process does not wait at its
            # exit for an upload that makes no progress.
            settings=wandb.Settings(console="off", finish_timeout=_UPLOAD),
        )
        file.write_text(run_id, encoding="ascii")

    def write(self, records: Sequence[Record]) -> None:
        """Log the numbers of each step."""
        for record in records:
            self._run.log(record.numbers, step=record.step)

    def close(self, ending: Ending) -> None:
        """Upload what is left, and mark the run as finished or failed."""
        self._run.finish(exit_code=0 if ending == "finished" else 1)


class Mlflow:
    """A run of MLflow; when the run folder is resumed, the same MLflow run goes on.

    Without a tracking server (``MLFLOW_TRACKING_URI``), MLflow's files are in the run folder.
    """

    def __init__(self, logged: Logged) -> None:
        """Begin the run, or open it again."""
        uri = os.environ.get("MLFLOW_TRACKING_URI")
        if not uri:
            # MLflow 3 needs this variable to keep its files in a folder.
            os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")
            uri = (logged.folder / "mlruns").as_uri()
        from mlflow.tracking import MlflowClient

        self._client = MlflowClient(tracking_uri=uri)
        file = logged.folder / "mlflow-run-id"
        self._run_id = _kept(file)
        if not (self._run_id and self._open_again()):
            self._run_id = self._begin(logged)
            file.write_text(self._run_id, encoding="ascii")

    def _open_again(self) -> bool:
        """Mark the run as running; return False if the server does not know it."""
        from mlflow.exceptions import MlflowException

        try:
            self._client.update_run(self._run_id, status="RUNNING")
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            return False
        return True

    def _begin(self, logged: Logged) -> str:
        from mlflow.entities import Param

        known = self._client.get_experiment_by_name(PROJECT)
        experiment = known.experiment_id if known else self._client.create_experiment(PROJECT)
        run_id: str = self._client.create_run(experiment, run_name=logged.folder.name).info.run_id
        # Parameters cannot change, and a run that is resumed may get more generations.
        fixed = {k: v for k, v in logged.parameters.items() if k != "generations"}
        self._send(run_id, "params", [Param(key, value[:_TEXT]) for key, value in _flat(fixed)])
        return run_id

    def write(self, records: Sequence[Record]) -> None:
        """Log the numbers of the steps, many in one request."""
        from mlflow.entities import Metric

        metrics = [
            Metric(key, value, int(1000 * record.time), record.step)
            for record in records
            for key, value in record.numbers.items()
        ]
        self._send(self._run_id, "metrics", metrics)

    def _send(self, run_id: str, kind: str, items: Sequence[object]) -> None:
        for start in range(0, len(items), _BATCH):
            self._client.log_batch(run_id, **{kind: items[start : start + _BATCH]})

    def close(self, ending: Ending) -> None:
        """Mark the run as finished, failed or killed."""
        self._client.set_terminated(self._run_id, ending.upper())


def _kept(file: Path) -> str:
    """Return the id of the service's run that ``file`` holds; an empty text if there is none."""
    return file.read_text(encoding="ascii").strip() if file.exists() else ""


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield the values inside nested objects as text, each with its dotted name."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _flat(item, f"{name}.{key}" if name else key)
    else:
        yield name, str(value)


DESTINATIONS: dict[str, Callable[[Logged], Destination]] = {
    "tensorboard": TensorBoard,
    "wandb": Wandb,
    "mlflow": Mlflow,
}
"""All destinations, by the name of the package that each of them needs."""
