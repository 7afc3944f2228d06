"""Rows 8, 9 and 31: who stops a command gets a line and a status, and no process is left."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psutil
import pytest
from apart import patient
from small_runs import centers, evolve, metrics, resume

pytestmark = [pytest.mark.faults, pytest.mark.slow]

SMALL = ("--generations", "2", "--popsize", "8", "--hidden", "4", "--center-lives", "1", "--quiet")
STATUS = {"SIGINT": 130, "SIGTERM": 75, "SIGHUP": 75}


class Started:
    """A command in a process of its own, whose environments say in a file that they hang."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.mark = folder / "hangs"
        tests = str(Path(__file__).parents[1])
        path = os.pathsep.join([tests, *filter(None, [os.environ.get("PYTHONPATH")])])
        self.process = subprocess.Popen(
            [sys.executable, "-m", "metahebb", *words],
            env={**os.environ, "PYTHONPATH": path, "HANGS": str(self.mark)},
            stderr=subprocess.PIPE,
            text=True,
        )
        self.children: list[psutil.Process] = []

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 120
        while not is_so():
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        self.children = psutil.Process(self.process.pid).children(recursive=True)

    def stop(self, *names: str) -> tuple[int, str]:
        """Send signals; return the status and what was printed. Nothing must be left."""
        began = time.monotonic()
        for name in names:
            self.process.send_signal(signal.Signals[name])
            if name != names[-1]:
                time.sleep(0.5)
        _, errors = self.process.communicate(timeout=patient(30))
        assert time.monotonic() - began < patient(10)
        _, left = psutil.wait_procs(self.children, timeout=patient(10))
        assert not left
        return self.process.returncode, errors


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[..., Started]]:
    """Return what starts commands, which are killed if they are still there at the end."""
    all_of_them: list[Started] = []

    def start(*words: str) -> Started:
        all_of_them.append(Started(tmp_path, *words))
        return all_of_them[-1]

    yield start
    for each in all_of_them:
        with contextlib.suppress(psutil.Error):
            for process in psutil.Process(each.process.pid).children(recursive=True):
                process.kill()
        each.process.kill()
        each.process.communicate()


def words_of(env: str, path: Path, *flags: str) -> Sequence[str]:
    return ("evolve", "--env", f"leaving_envs:{env}-v0", *SMALL, "--out", str(path), *flags)


@pytest.mark.row(8, 9, 31)
@pytest.mark.parametrize(
    ("env", "threads", "names"),
    [
        ("SpawnsAndHangs", "1", ["SIGTERM"]),
        ("HangsInReset", "2", ["SIGHUP"]),
        ("HangsInStep", "2", ["SIGINT", "SIGINT"]),
    ],
)
def test_a_run_whose_environment_hangs_ends_when_it_is_told_to(
    env: str, threads: str, names: list[str], tmp_path: Path, started: Callable[..., Started]
) -> None:
    path = tmp_path / "run"
    run = started(*words_of(env, path, "--threads", threads, "--lanes", "2", "--no-finish"))
    run.wait_until(run.mark.exists)
    status, errors = run.stop(*names)
    assert status == STATUS[names[-1]]
    assert errors == f"metahebb: stopped by {names[-1]}; go on with: metahebb resume {path}\n"
    assert json.loads((path / "config.json").read_text())
    assert metrics_or_none(path) == []


def metrics_or_none(path: Path) -> list[object]:
    return list(metrics(path)) if (path / "metrics.jsonl").exists() else []


@pytest.mark.row(31)
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_command_is_stopped_while_a_constructor_hangs(
    name: str, tmp_path: Path, started: Callable[..., Started]
) -> None:
    run = started(*words_of("HangsInInit", tmp_path / "run"))
    run.wait_until(run.mark.exists)
    assert run.stop(name) == (STATUS[name], f"metahebb: stopped by {name}\n")
    assert not (tmp_path / "run").exists()


@pytest.mark.row(31)
def test_a_run_is_stopped_while_it_is_filmed(
    tmp_path: Path, started: Callable[..., Started]
) -> None:
    path = tmp_path / "run"
    run = started(*words_of("HangsInRender", path, "--threads", "2"))
    run.wait_until(run.mark.exists)
    assert run.stop("SIGTERM") == (
        75,
        f"metahebb: stopped by SIGTERM; go on with: metahebb resume {path}\n",
    )
    assert len(metrics(path)) == 2


@pytest.mark.row(8, 31)
@pytest.mark.ray
def test_a_run_whose_workers_hang_ends_when_it_is_told_to(
    tmp_path: Path, started: Callable[..., Started]
) -> None:
    path = tmp_path / "run"
    run = started(*words_of("SpawnsAndHangs", path, "--workers", "2", "--lanes", "2"))
    run.wait_until(run.mark.exists)
    assert run.stop("SIGTERM") == (
        75,
        f"metahebb: stopped by SIGTERM; go on with: metahebb resume {path}\n",
    )


def is_named(process: psutil.Process, name: str) -> bool:
    try:
        return bool(process.name() == name)
    except psutil.Error:
        return False


@pytest.mark.row(31)
@pytest.mark.ray
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_run_is_stopped_while_ray_starts(
    name: str, tmp_path: Path, started: Callable[..., Started]
) -> None:
    run = started("evolve", "cartpole", *SMALL, "--workers", "1", "--out", str(tmp_path / "run"))
    me = psutil.Process(run.process.pid)
    run.wait_until(lambda: any(is_named(p, "raylet") for p in me.children()))
    assert run.stop(name) == (STATUS[name], f"metahebb: stopped by {name}\n")


@pytest.mark.row(31)
def test_a_run_whose_terminal_is_closed_saves_all(tmp_path: Path) -> None:
    path = tmp_path / "run"
    small = ("cartpole", "--generations", "5000", *SMALL[2:-1], "--no-finish", "--threads", "1")
    words = [sys.executable, "-m", "metahebb", "evolve", *small, "--out", str(path)]
    terminal, inside = os.openpty()
    # What leads a session makes the first terminal that it opens its own.
    shell = ["sh", "-c", 'exec "$@" <"$0" >"$0" 2>&1', os.ttyname(inside)]
    child = subprocess.Popen([*shell, *words], start_new_session=True)
    os.close(inside)
    file = path / "metrics.jsonl"
    deadline = time.monotonic() + 120
    os.set_blocking(terminal, False)
    while not (file.exists() and file.read_bytes().count(b"\n") >= 3):
        assert time.monotonic() < deadline
        assert child.poll() is None
        with contextlib.suppress(OSError):
            os.read(terminal, 100_000)  # else what it shows would be in its way
        time.sleep(0.02)
    os.close(terminal)
    assert child.wait(patient(30)) == 75
    assert (path / "checkpoints" / f"{len(metrics(path)):06d}.json").exists()


@pytest.fixture
def default_handler() -> Iterator[None]:
    """Let SIGTERM do what it does in a new process; Ray's handler may be left by a test before."""
    left = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGTERM, left)


@pytest.mark.usefixtures("default_handler")
def test_a_run_that_is_stopped_twice_in_an_update_keeps_nothing_of_it(
    tmp_path: Path, whole: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from evotorch.algorithms import PGPE

    path, update = tmp_path / "run", PGPE._update_distribution

    def stopped(searcher: PGPE, gradients: object) -> None:
        update(searcher, gradients)
        if searcher.step_count == 3:  # moved, and not yet counted
            signal.raise_signal(signal.SIGTERM)
            signal.raise_signal(signal.SIGTERM)

    with monkeypatch.context() as patch:
        patch.setattr(PGPE, "_update_distribution", stopped)
        assert evolve(path, generations=6) == 75
    assert len(metrics(path)) == 3
    assert resume(path) == 0
    assert centers(path) == whole


@pytest.mark.row(31)
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_an_evaluation_is_stopped_at_once(
    name: str, run: Path, started: Callable[..., Started]
) -> None:
    command = started("evaluate", str(run), "--lives", "1000000", "--threads", "1")
    me = psutil.Process(command.process.pid)
    command.wait_until(lambda: me.cpu_times().user > 2)  # it lives by then
    assert command.stop(name) == (STATUS[name], f"metahebb: stopped by {name}\n")
