"""What slurm-array.sh makes of its variables and signals; SLURM's commands are stand-ins.

The stand-in for ``metahebb`` is metahebb itself, with settings that make runs small.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cluster_files import ARRAY, HOWTO
from small_runs import centers

from metahebb.cli import main
from metahebb.runs.stopping import Stopped

STOPPED = Stopped(signal.SIGTERM).exit_status
SMALL = (
    *("reversal", "--hidden", "3", "--popsize", "6", "--center-lives", "1"),
    *("--no-finish", "--quiet", "--no-tensorboard"),
)
ENDLESS = str(10**6)
STAND_INS = {
    "scontrol": 'echo "scontrol $*" >> "$LOG"',
    "squeue": 'echo "squeue $*" >> "$LOG"; echo "$STATE"',
    "metahebb": f'echo "metahebb $*" >> "$LOG"; exec {sys.executable} -m metahebb "$@"',
}
Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Return what starts a task of an array in ``tmp_path``."""
    (tmp_path / "bin").mkdir()
    for name, body in STAND_INS.items():
        (tmp_path / "bin" / name).write_text(f"#!/usr/bin/env bash\n{body}\n", encoding="utf-8")
        (tmp_path / "bin" / name).chmod(0o755)
    tasks: list[subprocess.Popen[bytes]] = []

    def begin(*flags: str, task: int = 0, state: str = "RUNNING") -> subprocess.Popen[bytes]:
        variables = {
            "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ARRAY.parents[1]),
            "LOG": str(tmp_path / "log"),
            "STATE": state,
            "SLURM_ARRAY_JOB_ID": "42",
            "SLURM_ARRAY_TASK_ID": str(task),
            "SLURM_CPUS_PER_TASK": "2",
            "SLURM_JOB_ID": "45",
            "SLURM_JOB_NAME": "rev",
        }
        tasks.append(
            subprocess.Popen(
                ["bash", str(ARRAY), *SMALL, *flags],
                env=os.environ | variables,
                cwd=tmp_path,
                start_new_session=True,
            )
        )
        return tasks[-1]

    yield begin
    for each in tasks:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(each.pid, signal.SIGKILL)
        each.wait()


def log(folder: Path, command: str) -> list[str]:
    """Return how a stand-in was called."""
    path = folder / "log"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [line for line in lines if line.startswith(f"{command} ")]


def manifest(folder: Path, task: int) -> dict[str, Any]:
    path = folder / "runs" / f"rev-{task}" / "manifest.json"
    return json.loads(path.read_text(encoding="utf-8"))


def wait_for_generations(folder: Path, task: subprocess.Popen[bytes], at_least: int) -> None:
    """Wait until the run of task 0 has written down so many generations."""
    path = folder / "runs" / "rev-0" / "metrics.jsonl"
    deadline = time.monotonic() + 60
    while not path.exists() or path.read_bytes().count(b"\n") < at_least:
        assert task.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.slow
def test_each_task_evolves_a_seed_of_its_own_on_its_cores(tmp_path: Path, start: Start) -> None:
    tasks = [start("--generations", "2", task=task) for task in (0, 3)]
    assert [task.wait(60) for task in tasks] == [0, 0]
    for task in (0, 3):
        made = manifest(tmp_path, task)
        assert (made["seed"], made["generations"]) == (task, 2)
        assert f"--seed {task} --threads 2 --out runs/rev-{task} --resume" in made["command"]
    assert not log(tmp_path, "scontrol")


@pytest.mark.slow
def test_a_task_that_is_told_to_stop_is_requeued_and_goes_on(tmp_path: Path, start: Start) -> None:
    task = start("--generations", ENDLESS)
    wait_for_generations(tmp_path, task, 2)
    task.send_signal(signal.SIGTERM)  # to the script alone, as --signal=B: does
    assert task.wait(60) == STOPPED
    # Neither 42, which is the whole array, nor 45, which is it in one of the tasks.
    assert log(tmp_path, "squeue") == ["squeue --noheader --jobs=42_0 --format=%T"]
    assert log(tmp_path, "scontrol") == ["scontrol requeue 42_0"]
    done = manifest(tmp_path, 0)["generations"]
    assert done >= 2
    again = start("--generations", ENDLESS)  # what SLURM does with the job
    wait_for_generations(tmp_path, again, done + 2)
    again.send_signal(signal.SIGTERM)
    assert again.wait(60) == STOPPED
    assert manifest(tmp_path, 0)["generations"] >= done + 2
    # The bits are those of a run that nobody has stopped, on another number of threads.
    told = ("--generations", str(done + 2), "--threads", "1", "--out", str(tmp_path / "whole"))
    assert main(["evolve", *SMALL, *told]) == 0
    assert centers(tmp_path / "runs" / "rev-0")[: done + 2] == centers(tmp_path / "whole")


@pytest.mark.slow
def test_a_task_that_is_canceled_stays_so(tmp_path: Path, start: Start) -> None:
    task = start("--generations", ENDLESS, state="COMPLETING")
    wait_for_generations(tmp_path, task, 1)
    task.send_signal(signal.SIGTERM)
    assert task.wait(60) == STOPPED
    assert log(tmp_path, "squeue")
    assert not log(tmp_path, "scontrol")


def test_what_cannot_go_on_is_not_requeued(tmp_path: Path, start: Start) -> None:
    assert start("--popsize", "3").wait(60) == 2
    assert not log(tmp_path, "scontrol")


def test_slurm_is_asked_for_what_the_script_uses() -> None:
    text = ARRAY.read_text(encoding="utf-8")
    header, _, body = text.partition("\n\n")
    options = dict(re.findall(r"^#SBATCH --([\w-]+)=?(.*)$", header, re.MULTILINE))
    assert options["array"] == "0-4"
    assert (options["nodes"], options["ntasks"]) == ("1", "1")
    assert int(options["cpus-per-task"]) > 1  # else SLURM_CPUS_PER_TASK is not set
    assert options["signal"].startswith("B:TERM@")
    assert {"requeue", "open-mode", "time", "mem"} <= set(options)
    assert {"account", "partition"} <= set(re.findall(r"^##SBATCH --([\w-]+)=", header, re.M))
    assert f'"$status" -eq {STOPPED} ' in body
    assert not re.search(r"\bray\b", body)


def test_the_page_shows_the_script_as_it_is() -> None:
    (shown,) = re.findall(r"^```bash\n(.*?)^```", HOWTO.read_text(encoding="utf-8"), re.S | re.M)
    _, _, commands = ARRAY.read_text(encoding="utf-8").partition("#SBATCH")
    assert shown == f"#!/usr/bin/env bash\n#SBATCH{commands}"
