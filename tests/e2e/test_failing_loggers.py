"""Loggers that fail, hang or fall behind: none touches a run. A resumed run goes on in theirs."""

from __future__ import annotations

import importlib.machinery
import sys
import threading
import time
import types
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest
from small_runs import centers, evolve, resume

from metahebb.errors import ProgressError
from metahebb.evolution import loggers
from metahebb.evolution.destinations import DESTINATIONS, Logged, Record
from metahebb.runs.stopping import Stopped

FAKE = "json"
"""The fake logger's name: that of a package which is there, as a logger's has to be."""


class Fake:
    """Keeps what it gets; a subclass fails or hangs somewhere."""

    written: ClassVar[list[Record]]
    endings: ClassVar[list[str]]

    def __init__(self, logged: Logged) -> None:
        self.logged = logged

    def write(self, records: Sequence[Record]) -> None:
        self.written.extend(records)

    def close(self, ending: str) -> None:
        self.endings.append(ending)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Callable[..., type[Fake]]:
    """Return a function that puts a logger with other methods in place."""

    def put(**methods: Any) -> type[Fake]:
        kind = type("Odd", (Fake,), {"written": [], "endings": [], **methods})
        monkeypatch.setitem(DESTINATIONS, FAKE, kind)
        return kind

    return put


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Return a method that hangs until the test is over."""
    monkeypatch.setattr(loggers, "PATIENCE", 0.1)
    over = threading.Event()
    yield lambda *_: over.wait(60) and None
    over.set()


def fails(error: BaseException) -> Callable[..., None]:
    def method(*_: Any) -> None:
        raise error

    return method


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return the centers of a run without any logger."""
    path = tmp_path_factory.mktemp("undisturbed") / "run"
    assert evolve(path) == 0
    return centers(path)


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.name == loggers.__name__]


ERRORS = (
    OSError(28, "No space left on device"),
    RuntimeError("no\nkey"),
    SystemExit(1),
    KeyboardInterrupt(),
)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("where", ["__init__", "write", "close"])
def test_a_logger_that_fails_costs_one_warning(
    tmp_path: Path,
    fake: Callable[..., type[Fake]],
    caplog: pytest.LogCaptureFixture,
    undisturbed: list[str],
    where: str,
    error: BaseException,
) -> None:
    fake(**{where: fails(error)})
    path = tmp_path / "run"
    assert evolve(path, "--log", FAKE) == 0
    assert centers(path) == undisturbed
    (line,) = warnings(caplog)
    assert f"expected the logger {FAKE} to work, got {type(error).__name__}" in line
    assert "\n" not in line


@pytest.mark.parametrize("where", ["__init__", "write", "close"])
def test_nothing_waits_for_a_logger_that_hangs(
    tmp_path: Path,
    fake: Callable[..., type[Fake]],
    hanging: Callable[..., None],
    caplog: pytest.LogCaptureFixture,
    undisturbed: list[str],
    where: str,
) -> None:
    fake(**{where: hanging})
    path = tmp_path / "run"
    began = time.monotonic()
    assert evolve(path, "--log", FAKE) == 0
    assert time.monotonic() - began < 20  # a run of this size takes less than one
    assert centers(path) == undisturbed
    (line,) = warnings(caplog)
    assert "no answer within 0.1 s of the end of the run" in line


def test_a_logger_that_falls_behind_is_given_up_before_memory_is_full(
    tmp_path: Path,
    fake: Callable[..., type[Fake]],
    hanging: Callable[..., None],
    caplog: pytest.LogCaptureFixture,
    undisturbed: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loggers, "BACKLOG", 1)
    fake(__init__=hanging)
    path = tmp_path / "run"
    assert evolve(path, "--log", FAKE) == 0
    assert centers(path) == undisturbed
    (line,) = warnings(caplog)
    assert "no answer for 1 generations" in line


def test_a_slow_logger_gets_every_step_in_order(
    tmp_path: Path, fake: Callable[..., type[Fake]]
) -> None:
    def begin(self: Fake, logged: Logged) -> None:
        time.sleep(0.5)

    kind = fake(__init__=begin)
    assert evolve(tmp_path / "run", "--log", FAKE, FAKE) == 0  # named twice, it logs once
    assert [record.step for record in kind.written] == [1, 2, 3]
    assert {"mean_eval", "iter"} <= kind.written[0].numbers.keys()


class Searcher:
    """What a logger sees of a search."""

    def __init__(self) -> None:
        self.log_hook: list[Callable[[dict[str, Any]], None]] = []


@pytest.mark.parametrize(
    ("error", "ending"),
    [
        (None, "finished"),
        (Stopped(15), "killed"),
        (Stopped(2), "killed"),
        (KeyboardInterrupt(), "killed"),
        (ProgressError("stuck"), "failed"),
        (ValueError("a fault"), "failed"),
    ],
)
def test_a_logger_is_told_how_a_run_ends(
    tmp_path: Path,
    fake: Callable[..., type[Fake]],
    error: BaseException | None,
    ending: str,
) -> None:
    kind, searcher = fake(), Searcher()
    raised = None
    try:
        with loggers.logging_to([FAKE], searcher, Logged(tmp_path, {})):
            searcher.log_hook[0]({"iter": 1, "mean_eval": 2.0, "center": [0.0]})
            if error is not None:
                raise error
    except BaseException as caught:
        raised = caught
    assert raised is error
    assert kind.endings == [ending]
    assert [record.numbers for record in kind.written] == [{"iter": 1.0, "mean_eval": 2.0}]


def test_where_tensorboard_cannot_write_the_run_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, undisturbed: list[str]
) -> None:
    pytest.importorskip("tensorboard")
    path = tmp_path / "run"
    assert evolve(path, generations=1) == 0
    (path / "tensorboard").write_text("a file in its place")
    assert resume(path, "--generations", "3", "--log", "tensorboard") == 0
    assert centers(path) == undisturbed
    (line,) = warnings(caplog)
    assert "FileExistsError" in line
    assert "--no-tensorboard" in line


class MlflowError(Exception):
    """Stands for MlflowException."""

    def __init__(self, error_code: str) -> None:
        super().__init__(error_code)
        self.error_code = error_code


class Server:
    """Stands for MLflow's client and the server behind it."""

    def __init__(self, tracking_uri: str) -> None:
        pass

    @classmethod
    def start(cls) -> type[Server]:
        return type("Started", (cls,), {"runs": {}, "params": {}, "steps": [], "down": False})

    def get_experiment_by_name(self, name: str) -> None:
        return None

    def create_experiment(self, name: str) -> str:
        return "0"

    def create_run(self, experiment: str, run_name: str) -> Any:
        run_id = f"{run_name}-{len(self.runs)}"
        self.runs[run_id] = "RUNNING"
        return types.SimpleNamespace(info=types.SimpleNamespace(run_id=run_id))

    def update_run(self, run_id: str, status: str) -> None:
        if self.down:
            raise MlflowError("TEMPORARILY_UNAVAILABLE")
        if run_id not in self.runs:
            raise MlflowError("RESOURCE_DOES_NOT_EXIST")
        self.runs[run_id] = status

    def log_batch(self, run_id: str, metrics: Any = (), params: Any = ()) -> None:
        assert self.runs[run_id] == "RUNNING"
        self.params.update(dict(params))
        self.steps += [(run_id, step) for name, _, _, step in metrics if name == "mean_eval"]

    def set_terminated(self, run_id: str, status: str) -> None:
        self.runs[run_id] = status


def install(monkeypatch: pytest.MonkeyPatch, name: str, **members: Any) -> None:
    """Make a module that is not installed one that is."""
    module = types.ModuleType(name)
    module.__spec__ = importlib.machinery.ModuleSpec(name, None)
    vars(module).update(members)
    monkeypatch.setitem(sys.modules, name, module)


@pytest.fixture
def mlflow(monkeypatch: pytest.MonkeyPatch) -> Any:
    server = Server.start()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://server")
    install(monkeypatch, "mlflow")
    install(monkeypatch, "mlflow.tracking", MlflowClient=server)
    install(monkeypatch, "mlflow.exceptions", MlflowException=MlflowError)
    entities = {"Param": lambda *given: given, "Metric": lambda *given: given}
    install(monkeypatch, "mlflow.entities", **entities)
    return server


def test_mlflow_goes_on_in_the_same_run(tmp_path: Path, mlflow: Any) -> None:
    path = tmp_path / "run"
    assert evolve(path, "--log", "mlflow", generations=2) == 0
    assert resume(path, "--log", "mlflow", "--generations", "3") == 0
    assert mlflow.runs == {"run-0": "FINISHED"}
    assert mlflow.steps == [("run-0", 1), ("run-0", 2), ("run-0", 3)]
    assert mlflow.params["seed"] == "0"
    assert mlflow.params["folder"] == str(path)
    assert mlflow.params["search.popsize"] == "6"
    assert "generations" not in mlflow.params  # a resume changes it, and MLflow no parameter


def test_mlflow_begins_anew_on_another_server_and_not_on_one_that_is_down(
    tmp_path: Path, mlflow: Any, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "run"
    assert evolve(path, "--log", "mlflow", generations=1) == 0
    mlflow.down = True
    assert resume(path, "--log", "mlflow", "--generations", "2") == 0
    assert "TEMPORARILY_UNAVAILABLE" in warnings(caplog)[0]
    mlflow.down = False
    mlflow.runs.clear()
    mlflow.steps.clear()
    assert resume(path, "--log", "mlflow", "--generations", "3") == 0
    assert mlflow.steps == [("run-0", 3)]


class Wandb:
    """Stands for W&B's module; it keeps what it is called with."""

    def __init__(self, has_key: bool) -> None:
        self.has_key = has_key
        self.begun: list[dict[str, Any]] = []
        self.steps: list[int] = []
        self.exits: list[int] = []

    def setup(self) -> Any:
        return types.SimpleNamespace(settings=types.SimpleNamespace(mode="online"))

    def login(self, prompt: bool) -> bool:
        assert not prompt  # it would wait for whoever is at the terminal
        return self.has_key

    def init(self, **given: Any) -> Wandb:
        self.begun.append(given)
        return self

    def log(self, numbers: dict[str, float], step: int) -> None:
        self.steps.append(step)

    def finish(self, exit_code: int) -> None:
        self.exits.append(exit_code)

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        members = {name: getattr(self, name) for name in ("setup", "login", "init")}
        install(monkeypatch, "wandb", Settings=dict, **members)


def test_wandb_goes_on_in_the_same_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wandb, path = Wandb(has_key=True), tmp_path / "run"
    wandb.install(monkeypatch)
    assert evolve(path, "--log", "wandb", generations=2) == 0
    assert resume(path, "--log", "wandb", "--generations", "3") == 0
    first, second = wandb.begun
    assert first["id"] == second["id"]
    assert first["resume"] == "allow"
    assert first["config"]["seed"] == 0
    assert first["config"]["folder"] == str(path)
    assert first["settings"]["finish_timeout"] < loggers.PATIENCE
    assert wandb.steps == [1, 2, 3]
    assert wandb.exits == [0, 0]


def test_without_a_key_wandb_asks_nobody(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    undisturbed: list[str],
) -> None:
    wandb, path = Wandb(has_key=False), tmp_path / "run"
    wandb.install(monkeypatch)
    assert evolve(path, "--log", "wandb") == 0
    assert centers(path) == undisturbed
    assert not wandb.begun
    (line,) = warnings(caplog)
    assert "no API key ('wandb login' sets one" in line
