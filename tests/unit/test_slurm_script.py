"""What slurm.sh makes of a run that ends, and of SLURM's signal; its commands are stand-ins."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from metahebb.runs.stopping import Stopped

SCRIPT = Path(__file__).parents[2] / "cluster" / "slurm.sh"
STOPPED = Stopped(signal.SIGTERM).exit_status
LOG = 'echo "$(basename "$0") $* mode=${RAY_AUTH_MODE:-none}" >> "$LOG"\n'
LISTEN = "import socket, time; s = socket.create_server(('127.0.0.1', $PORT)); time.sleep(60)"
STAND_INS = {
    "sleep": f"exec {shutil.which('sleep')} 0.05",
    "hostname": "echo 127.0.0.1 10.9.8.7",
    "scontrol": LOG,
    "squeue": 'echo "$STATE"',
    # Two nodes, the second one earlier: it has to wait for the head.
    "srun": LOG
    + """while [ "$1" != bash ]; do shift; done
[ "$HEAD" = fails ] || SLURM_NODEID=1 "$@" &
SLURM_NODEID=0 "$@"
""",
    "ray": LOG
    + f"""case "$*" in
get-auth-token*) mkdir -p ~/.ray; echo secret > ~/.ray/auth_token; echo secret ;;
*--head*) [ "$HEAD" = fails ] || exec {sys.executable} -S -c "{LISTEN}"; exit 1 ;;
esac
""",
    # A driver that ends by itself with $ENDS, or waits for SIGTERM and then ends with $TOLD.
    "metahebb": """trap 'exit "$TOLD"' TERM
"""
    + LOG
    + f"""if [ "$ENDS" ]; then exit "$ENDS"; fi
{shutil.which("sleep")} 60 & wait
""",
}


@dataclass
class Job:
    """A job whose commands are stand-ins."""

    process: subprocess.Popen[bytes]
    path: Path
    port: int

    def lines(self, command: str) -> list[str]:
        """Return how a stand-in was called."""
        log = self.path / "log"
        text = log.read_text() if log.exists() else ""
        return [line for line in text.splitlines() if line.startswith(f"{command} ")]

    def wait_for(self, command: str, times: int = 1) -> list[str]:
        """Wait until a stand-in was called that often; return how."""
        deadline = time.monotonic() + 30
        while len(self.lines(command)) < times:
            assert self.process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return self.lines(command)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[object]:
    """Return what starts a job of two nodes with three cores each."""
    bin_folder, home = tmp_path / "bin", tmp_path / "home"
    for folder in (bin_folder, home):
        folder.mkdir()
    for name, body in STAND_INS.items():
        (bin_folder / name).write_text(f"#!/usr/bin/env bash\n{body}\n")
        (bin_folder / name).chmod(0o755)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    jobs = []

    def begin(
        *, ends: str = "", told: int = STOPPED, state: str = "RUNNING", head: str = ""
    ) -> Job:
        variables = {
            "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(home),
            "LOG": str(tmp_path / "log"),
            "PORT": str(port),
            "STATE": state,
            "HEAD": head,
            "ENDS": ends,
            "TOLD": str(told),
            "SLURM_CPUS_ON_NODE": "3",
            "SLURM_JOB_NUM_NODES": "2",
            "SLURM_JOB_ID": "42",
        }
        with (tmp_path / "out").open("w") as out:
            process = subprocess.Popen(
                ["bash", str(SCRIPT), "ant", "--out", "my runs/a"],
                env=variables,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        jobs.append(process)
        return Job(process, tmp_path, port)

    yield begin
    for process in jobs:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_the_driver_lives_beside_the_head_and_all_nodes_have_the_token(start) -> None:
    job = start(told=0)
    (driver,) = job.wait_for("metahebb")
    generated, *raylets = job.wait_for("ray", 3)
    (head,) = [line for line in raylets if "--head" in line]
    (worker,) = [line for line in raylets if "--head" not in line]
    at = f"127.0.0.1:{job.port}"
    assert generated == "ray get-auth-token --generate mode=token"
    assert f"--head --node-ip-address=127.0.0.1 --port={job.port} --num-cpus=2 " in head
    assert f"start --address={at} --num-cpus=3 --block mode=token" in worker
    told = f"evolve ant --out my runs/a --resume --workers 5 --address {at}"
    assert driver == f"metahebb {told} mode=token"
    assert "secret" not in (job.path / "out").read_text()
    token = job.path / "home" / ".ray" / "auth_token"
    assert token.stat().st_mode & 0o077 == 0
    assert token.parent.stat().st_mode & 0o077 == 0
    # Told to stop, it says that it is done: so is the job.
    job.process.send_signal(signal.SIGTERM)
    assert job.process.wait(30) == 0
    assert not job.lines("scontrol")


@pytest.mark.parametrize("status", [2, 4])
def test_what_cannot_go_on_is_not_requeued(start, status: int) -> None:
    job = start(ends=str(status))
    assert job.process.wait(30) == status
    assert not job.lines("scontrol")


@pytest.mark.parametrize("told", [STOPPED, 15])
def test_a_job_that_is_told_to_stop_is_requeued(start, told: int) -> None:
    # 15: Ray's, where the signal comes while it starts.
    job = start(told=told)
    job.wait_for("metahebb")
    job.process.send_signal(signal.SIGTERM)
    assert job.process.wait(30) == told
    assert job.lines("scontrol") == ["scontrol requeue 42 mode=token"]


def test_a_job_that_is_canceled_stays_so(start) -> None:
    job = start(state="COMPLETING")
    job.wait_for("metahebb")
    job.process.send_signal(signal.SIGTERM)
    assert job.process.wait(30) == STOPPED
    assert not job.lines("scontrol")


def test_a_head_that_does_not_start_ends_the_job(start) -> None:
    job = start(head="fails")
    assert job.process.wait(30) == 1
    assert not job.lines("metahebb")
