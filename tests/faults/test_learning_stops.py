"""Rows 6, 8 and 9 for ``learn``: who is ended while it learns goes on to the same bits."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from apart import patient
from small_learning import SHORT, learn, life, resume, same

import metahebb as mh

pytestmark = [pytest.mark.faults, pytest.mark.slow]

WORDS = {
    "rule": ("dnms-paper", "--hidden", "30", "--task.dt", "2"),
    "actor-critic": (
        *("match-to-sample", "--learner.batch", "5", "--learner.n-units", "30"),
        *("--learner.critic-units", "20"),
    ),
}
TRIALS = {"rule": 600, "actor-critic": 300}
OFTEN = "import sys; from metahebb.cli import main; from metahebb.runs import learn; "
"""How a process of metahebb begins that writes a checkpoint every few blocks."""


def start(path: Path, kind: str) -> subprocess.Popen[str]:
    """Let a network learn in a process of its own, with a checkpoint every 0.2 seconds."""
    words = ["learn", *WORDS[kind], "--trials", str(TRIALS[kind]), *SHORT, "--out", str(path)]
    code = f"{OFTEN}learn.CHECKPOINT_S = 0.2; sys.exit(main({words!r}))"
    return subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True)


def wait_for_checkpoint(path: Path, process: subprocess.Popen[str]) -> None:
    """Wait until the run at ``path`` has a checkpoint."""
    deadline = time.monotonic() + patient(120)
    while not list(path.glob("checkpoints/*.json")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.002)


@pytest.fixture(scope="module", params=WORDS)
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    """Return the kind of learner, and a run that nothing has interrupted."""
    kind: str = request.param
    path = tmp_path_factory.mktemp("whole") / "run"
    assert learn(path, words=WORDS[kind], trials=TRIALS[kind]) == 0
    return kind, life(path)


@pytest.mark.row(6, 8, 9)
@pytest.mark.parametrize(("number", "status"), [(9, -9), (15, 75), (2, 130), (1, 75)])
def test_a_network_that_is_ended_goes_on_to_the_same_bits(
    tmp_path: Path, whole, number: int, status: int
) -> None:
    kind, expected = whole
    path = tmp_path / "run"
    process = start(path, kind)
    wait_for_checkpoint(path, process)
    process.send_signal(number)
    _, errors = process.communicate(timeout=patient(30))
    assert process.returncode == status
    name = signal.Signals(number).name
    said = f"metahebb: stopped by {name}; go on with: metahebb resume {path}\n"
    assert errors == ("" if number == 9 else said)
    run = mh.open(path)
    newest = run.folder.read_newest()
    assert newest is not None
    assert 0 < newest.generation < TRIALS[kind]
    if number != 9:  # all that it lived is saved
        lived = len(run.outcomes["kind"])
        assert newest.generation == lived == run.folder.read_manifest()["trials"]
    assert resume(path) == 0
    assert same(life(path), expected)


def test_two_signals_end_it_at_once_and_the_last_checkpoint_stands(tmp_path: Path, whole) -> None:
    kind, expected = whole
    path = tmp_path / "run"
    process = start(path, kind)
    wait_for_checkpoint(path, process)
    process.send_signal(signal.SIGSTOP)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCONT):
        os.kill(process.pid, number)
    process.communicate(timeout=patient(30))
    assert process.returncode in (75, 130)
    assert resume(path) == 0
    assert same(life(path), expected)
