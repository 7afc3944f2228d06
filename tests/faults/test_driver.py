"""Rows 5, 6, 8, 9 and 27: the process that leads a run ends before its time."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from apart import patient
from small_runs import ANT_QUICK, TINY, ant_quick_centers, centers, evolve, metrics, resume
from test_kill import start, wait_for

from metahebb.cli import main
from metahebb.commands.machine import doctor
from metahebb.commands.orphans import orphans
from metahebb.runs.journal import Journal

pytestmark = [pytest.mark.faults, pytest.mark.slow]

KILLS = 20
GENERATIONS = 150


def lose_drivers(path: str) -> None:
    """Evolve in children that are killed at random; print how often, and what was lost at most."""
    folder, dice = Path(path), random.Random(0)
    told = ("--generations", str(GENERATIONS), "--out", path)
    begin = ["evolve", "cartpole", *TINY, *told]
    evolve(Path(f"{path}-first"), generations=1)  # so that children need not compile or import
    kills, lost, wanted = 0, 0, 0
    while kills < KILLS:
        there = (folder / "config.json").exists()
        words = ["resume", path, *TINY[-3:], "--threads", "1"] if there else begin
        child = os.fork()
        if child == 0:
            with contextlib.suppress(BaseException):
                os._exit(main(words))
            os._exit(99)
        wanted += dice.randint(1, 8)
        file = folder / "metrics.jsonl"
        while not (file.exists() and file.read_bytes().count(b"\n") >= wanted):
            assert os.waitpid(child, os.WNOHANG) == (0, 0), wanted
            time.sleep(0.001)
        time.sleep(dice.uniform(0, 0.02))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        kills += 1
        wanted = len(metrics(folder))
        lost = max(lost, len(Journal(folder / "journal").read()) - wanted)
    assert resume(folder) == 0
    print(json.dumps([kills, lost]))


@pytest.mark.row(6)
def test_a_driver_killed_twenty_times_changes_no_bit(tmp_path: Path) -> None:
    path = tmp_path / "run"
    body = f"import test_driver as here; here.lose_drivers({str(path)!r})"
    found = os.pathsep.join([os.path.dirname(__file__), *sys.path])
    done = subprocess.run(
        [sys.executable, "-c", body],
        env={**os.environ, "PYTHONPATH": found},
        capture_output=True,
        text=True,
        timeout=patient(200),
    )
    assert done.returncode == 0, done.stderr
    kills, lost = json.loads(done.stdout.splitlines()[-1])
    assert kills == KILLS
    assert lost <= 1
    assert evolve(tmp_path / "whole", generations=GENERATIONS) == 0
    assert centers(path) == centers(tmp_path / "whole")


def of_ray(process: psutil.Process) -> list[psutil.Process]:
    return process.children(recursive=True)


@pytest.mark.row(8, 9)
@pytest.mark.ray
@pytest.mark.parametrize(
    ("numbers", "status"),
    [((signal.SIGTERM,), 75), ((signal.SIGINT, signal.SIGINT), 130)],
    ids=["SIGTERM", "SIGINT twice"],
)
def test_a_run_with_workers_ends_soon_and_leaves_no_process(
    tmp_path: Path, numbers: tuple[int, ...], status: int
) -> None:
    path = tmp_path / "run"
    process = start(path, ANT_QUICK, "--workers", "1", "--generations", "1000")
    wait_for(path / "metrics.jsonl", 2, process)
    helpers = of_ray(psutil.Process(process.pid))
    told = time.monotonic()
    for number in numbers:
        process.send_signal(number)
        time.sleep(0.3)
    process.communicate(timeout=patient(60))
    assert process.returncode == status
    assert time.monotonic() - told < patient(10)
    _, left = psutil.wait_procs(helpers, timeout=patient(30))
    assert not left
    assert tuple(centers(path)[:6]) == ant_quick_centers()[: len(metrics(path))]
    if status == 75:
        assert list((path / "checkpoints").glob("0*.json"))


@pytest.mark.row(5)
@pytest.mark.ray
@pytest.mark.minutes
def test_a_run_whose_ray_lost_its_head_ends_and_resumes(tmp_path: Path) -> None:
    path = tmp_path / "run"
    process = start(path, ANT_QUICK, "--workers", "1", "--generations", "100000")
    wait_for(path / "metrics.jsonl", 2, process)
    helpers = of_ray(psutil.Process(process.pid))
    (head,) = [p for p in helpers if p.name() == "gcs_server"]
    told = time.monotonic()
    head.kill()
    process.communicate(timeout=patient(120))
    assert process.returncode != 0
    assert time.monotonic() - told < patient(70)
    psutil.wait_procs(helpers, timeout=patient(30))
    done = len(metrics(path))
    assert resume(path, "--generations", str(done + 1)) == 0
    assert tuple(centers(path)[:6]) == ant_quick_centers()[: done + 1]


@pytest.mark.row(27)
def test_doctor_lists_what_a_ray_left_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    session = "session_2020-01-01_00-00-00_000000_1"
    log = tmp_path / session / "logs" / "agent.out"
    log.parent.mkdir(parents=True)
    others = {process.pid for process in orphans()}
    with (
        log.open("w") as out,
        subprocess.Popen(
            ["ray::DashboardAgent", "600"], executable="/bin/sleep", stdout=out
        ) as agent,
    ):
        try:
            found = [left for left in orphans() if left.pid not in others]
            assert [(left.pid, left.session) for left in found] == [(agent.pid, session)]
            assert doctor("", []) in (0, 2)
            assert f"which has ended: kill {agent.pid}" in capsys.readouterr().out
        finally:
            agent.kill()
