"""Extra loggers: TensorBoard of our own, W&B and MLflow of EvoTorch."""

from __future__ import annotations

import importlib.util
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from evotorch import logging as evotorch_logging
from evotorch.logging import ScalarLogger

from metahebb.errors import InputError, unknown_name

_log = logging.getLogger(__name__)


class TensorBoardLogger(ScalarLogger):  # type: ignore[misc]
    """Writes every scalar of the search's status to TensorBoard event files."""

    def __init__(self, searcher: Any, folder: Path) -> None:
        """Attach to ``searcher``; events go to ``folder``/tensorboard."""
        from torch.utils.tensorboard import SummaryWriter

        super().__init__(searcher)
        self._writer = SummaryWriter(str(folder / "tensorboard"))

    def _log(self, status: dict[str, Any]) -> None:
        for name, value in status.items():
            if isinstance(value, (int, float)):
                self._writer.add_scalar(name, value, status["iter"])
        self._writer.flush()


def _wandb(searcher: Any, folder: Path) -> Any:
    return evotorch_logging.WandbLogger(searcher, project="metahebb", dir=str(folder))


def _mlflow(searcher: Any, folder: Path) -> Any:
    uri = os.environ.get("MLFLOW_TRACKING_URI")
    if not uri:
        # Without a server the run keeps its own files, for which MLflow 3 asks to be told.
        os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")
        uri = (folder / "mlruns").as_uri()
    import mlflow

    client = mlflow.tracking.MlflowClient(tracking_uri=uri)
    known = client.get_experiment_by_name("metahebb")  # of the run that is resumed
    started = client.create_run(
        known.experiment_id if known else client.create_experiment("metahebb")
    )
    return evotorch_logging.MlflowLogger(searcher, client=client, run=started)


LOGGERS: dict[str, Callable[[Any, Path], Any]] = {
    "tensorboard": TensorBoardLogger,
    "wandb": _wandb,
    "mlflow": _mlflow,
}


def check_logger(name: str) -> None:
    """Raise InputError if there is no logger ``name``, or its package is not installed."""
    if name not in LOGGERS:
        raise unknown_name("logger", name, LOGGERS)
    if importlib.util.find_spec(name) is None:
        raise InputError(
            f"expected {name} to be installed, got no such package; pip install 'metahebb[{name}]'"
        )


def attach_logger(name: str, searcher: Any, folder: Path) -> None:
    """Attach the logger called ``name`` to an EvoTorch ``searcher``.

    TensorBoard is left out, with a warning, where it could not open its file.

    Raises:
        InputError: see `check_logger`.
    """
    check_logger(name)
    folder = folder.resolve()
    if name == "tensorboard" and not _has_utf8_name(folder):
        _log.warning(
            "no TensorBoard events, since TensorBoard opens only what is named in UTF-8 "
            "(%s); choose another --out, or --no-tensorboard",
            folder,
        )
        return
    LOGGERS[name](searcher, folder)


def _has_utf8_name(path: Path) -> bool:
    """Return whether the name of ``path`` on disk is its text in UTF-8."""
    return str(path).encode(errors="backslashreplace") == os.fsencode(path)
