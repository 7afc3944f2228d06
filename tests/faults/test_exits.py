"""Rows 29 and 30: code of users that calls ``sys.exit``, or holds something until it is closed."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest
from small_runs import QUIET, Said, metrics

from metahebb import user_code
from metahebb.cli import main
from metahebb.genomes import GivenGenes
from metahebb.networks import FeedForward
from metahebb.tasks import GymTask
from metahebb.tasks.base import TaskError
from metahebb.user_code import is_of_user, let_go, warn_of_close
from metahebb.worker import GivenPoint, Plan, Setup, Worker

pytestmark = pytest.mark.faults

SMALL = ("--generations", "1", "--popsize", "8", "--hidden", "4", "--center-lives", "1", *QUIET)


def evolve(env: str, path: Path, *flags: str) -> int:
    where = ("--threads", "2", "--lanes", "2", "--out", str(path))
    return main(["evolve", "--env", env, *SMALL, *where, *flags])


def simulators() -> list[psutil.Process]:
    children = psutil.Process().children(recursive=True)
    return [child for child in children if "a simulator" in " ".join(child.cmdline())]


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """Expect that no simulator is left behind, and that warnings are given anew."""
    warn_of_close.cache_clear()
    yield
    assert simulators() == []


@pytest.mark.row(29)
@pytest.mark.parametrize(
    ("env", "error"),
    [
        ("odd_envs:ExitsWithZero", "SystemExit: 0"),
        ("odd_envs:ExitsWithThree", "SystemExit: 3"),
        ("leaving_envs:ExitsInReset", "SystemExit: 3"),
        ("leaving_envs:PanicsInStep", "PanicError: unwrap on None"),
        ("leaving_envs:PanicsInReset", "PanicError: unwrap on None"),
        ("leaving_envs:InterruptsInStep", "KeyboardInterrupt"),
        ("leaving_envs:SpawnsAndExits", "SystemExit: 3"),
    ],
)
def test_an_environment_that_exits_is_named_with_its_candidate(
    env: str, error: str, tmp_path: Path, said: Said
) -> None:
    assert evolve(f"{env}-v0", tmp_path / "run") == 2
    said(f"{env}-v0 to run, got {error}", "of generation 0, run seed 0")
    assert not (tmp_path / "run").exists()


@pytest.mark.row(29)
@pytest.mark.parametrize("word", ["Exits", "Panics"])
def test_a_constructor_that_exits_is_bad_input(word: str, tmp_path: Path, said: Said) -> None:
    assert evolve(f"leaving_envs:{word}InInit-v0", tmp_path / "run") == 2
    said(f"can make, got 'leaving_envs:{word}InInit-v0'")


@pytest.mark.row(29)
def test_files_that_exit_when_they_are_imported_are_bad_input(
    tmp_path: Path, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "exits_env.py").write_text("import sys\nsys.exit(0)\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert evolve("exits_env:Any-v0", tmp_path / "run") == 2
    said("'exits_env:Any-v0': SystemExit: 0")
    rule = f"{tmp_path / 'exits_env.py'}:mine"
    assert main(["evolve", "cartpole", "--rule", rule, "--out", str(tmp_path / "run")]) == 2
    said("to import cleanly, got SystemExit: 0")


@pytest.mark.row(29)
def test_where_errors_rank_worst_so_does_an_exit(tmp_path: Path) -> None:
    path = tmp_path / "run"
    assert evolve("leaving_envs:ExitsForSome-v0", path, "--on-error", "worst") == 0
    assert 0 < metrics(path)[0]["nonfinite"] < 4


@pytest.mark.row(29)
@pytest.mark.render
@pytest.mark.parametrize("word", ["Exits", "Panics"])
def test_an_environment_that_exits_while_it_draws_costs_its_film_only(
    word: str, tmp_path: Path, said: Said, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run"
    assert evolve(f"leaving_envs:{word}InRender-v0", path) == 0
    capsys.readouterr()
    assert main(["film", str(path)]) == 2
    said("to draw itself, got")


def setup_of(env: str) -> Setup:
    return Setup.build(GymTask(env), FeedForward((4,)), seed=0)


@pytest.mark.row(29)
def test_a_probe_that_exits_is_an_error_of_the_task() -> None:
    class Exits:
        def __call__(self, moment: object) -> None:
            raise SystemExit(0)

    setup = replace(setup_of("odd_envs:Spawns-v0"), probes=(Exits(),))
    genes = np.zeros((1, setup.genome.n_genes), np.float32)
    with Worker(setup, 1) as worker, pytest.raises(TaskError, match="SystemExit: 0"):
        worker.evaluate(Plan(0, 5), GivenPoint(genes), range(1))


def test_what_a_signal_raises_is_not_taken_for_an_error_of_the_task() -> None:
    assert not is_of_user(KeyboardInterrupt())
    assert is_of_user(SystemExit(0))
    ray = SystemExit(1)
    ray.ray_terminate_msg = "The process receives a SIGTERM."  # type: ignore[attr-defined]
    assert not is_of_user(ray)


@pytest.mark.row(30)
@pytest.mark.render
def test_every_command_closes_environments(tmp_path: Path) -> None:
    path = tmp_path / "run"
    assert evolve("odd_envs:Spawns-v0", path) == 0
    assert simulators() == []
    for words in (
        ["evaluate", str(path), "--lives", "2", "--threads", "1", "--lanes", "2"],
        ["probe", str(path), "--probe", "freeze:at=2", "--lives", "2", "--lanes", "2"],
        ["verify", str(path), "--candidates", "2", "--threads", "1", "--lanes", "2", "--quiet"],
        ["film", str(path)],
    ):
        assert main(words) == 0
        assert simulators() == [], words


@pytest.mark.row(30)
@pytest.mark.ray
@pytest.mark.slow
def test_workers_close_their_environments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mark = tmp_path / "closed"
    monkeypatch.setenv("CLOSED", str(mark))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    assert evolve("leaving_envs:SaysClosed-v0", tmp_path / "run", "--workers", "1") == 0
    assert mark.read_text().split() == 4 * ["closed"]  # two were only looked at


@pytest.mark.row(30)
def test_an_environment_whose_spaces_are_refused_is_closed(tmp_path: Path, said: Said) -> None:
    assert evolve("leaving_envs:SpawnsAndIsRefused-v0", tmp_path / "run") == 2
    said("got MultiBinary(3)")


@pytest.mark.row(30)
def test_those_that_were_made_before_one_fails_are_closed(
    tmp_path: Path, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    import leaving_envs

    monkeypatch.setattr(leaving_envs.SpawnsFew, "most", 6, raising=False)
    assert evolve("leaving_envs:SpawnsFew-v0", tmp_path / "run", "--lanes", "4") == 2
    said("SystemExit: 3")


@pytest.mark.row(30)
@pytest.mark.parametrize("word", ["Exits", "Fails"])
def test_a_close_that_raises_is_told_once(
    word: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert evolve(f"leaving_envs:{word}InClose-v0", tmp_path / "run") == 0
    (told,) = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert told.startswith("close() of an environment failed: ")


@pytest.mark.row(30)
def test_a_close_that_hangs_keeps_nobody(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(user_code, "CLOSE_S", 0.3)
    end, closed = threading.Event(), []
    closers: list[Callable[[], object]] = [end.wait, lambda: closed.append(1), end.wait]
    with contextlib.ExitStack() as stack:
        stack.callback(end.set)
        began = time.monotonic()
        assert "did not end" in let_go(closers)  # type: ignore[arg-type]
        assert user_code.is_stuck()
        assert "did not end" in let_go(closers)  # type: ignore[arg-type]
        assert time.monotonic() - began < 3
    assert closed == [1, 1]
    assert len(caplog.records) == 1


def test_lives_end_before_their_next_step_when_they_are_told_to() -> None:
    setup = setup_of("odd_envs:Spawns-v0")
    with Worker(setup, 2) as worker:
        lives = Plan(0, 1000, episodes=4).lives(
            setup, 0, GivenGenes(np.zeros(setup.genome.n_genes, np.float32)), 0
        )
        results = worker.live(lives)
        next(results)
        worker.stop()
        assert len(list(results)) <= 1
