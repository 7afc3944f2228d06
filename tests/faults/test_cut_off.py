"""Row 4: a machine is cut off from a run of the command line, comes back, and works again.

It is done as docs/howto/cluster.md says: the head notices early, and a machine starts Ray anew
where it has ended.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from apart import in_namespaces, patient
from cluster_files import HOWTO
from machines import HEAD, bridge, host, link, serve
from small_runs import QUIET, centers

from metahebb.cli import main

pytestmark = [pytest.mark.ray, pytest.mark.faults, pytest.mark.namespaces, pytest.mark.minutes]

LINE = ("evolve", "ant-quick", "--popsize", "128", "--seed", "1", *QUIET)
STALLED_S = 20.0  # a call is copied after 6 s, and given up after a lease of 120 s
CUT_S = 20.0  # by then the head has noticed
BACK_S = 60.0  # Ray ends on the machine, starts, and so do workers


def lead() -> None:
    """Be the head."""
    early = dict(re.findall(r"(RAY_health_check_\w+)=(\d+)", HOWTO.read_text()))
    assert len(early) == 4
    os.environ.update(early)
    serve(1, "--head", "--port=6379", "--num-cpus=0", "--include-dashboard=false")


def follow(number: int) -> None:
    """Join the head, and join it again where Ray has ended."""
    while serve(number, f"--address={HEAD}", "--num-cpus=1"):
        time.sleep(1)


def on(machine: subprocess.Popen[bytes], *words: str) -> subprocess.Popen[bytes]:
    """Start Python on a machine."""
    (inside,) = psutil.Process(machine.pid).children()
    enter = ("nsenter", "--target", str(inside.pid), "--net", "--pid", "--mount")
    return subprocess.Popen([*enter, sys.executable, *words], stdout=sys.stderr)


def at_work(machine: subprocess.Popen[bytes]) -> set[int]:
    """Return the workers of a machine that are evaluating candidates just now."""
    found = set()
    for process in psutil.Process(machine.pid).children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if "".join(process.cmdline()[:1]).startswith("ray::RemoteWorker.evaluate"):
                found.add(process.pid)
    return found


def wait_until(there: Callable[[], object], seconds: float) -> float:
    """Wait for something to be true; return after how many seconds it was."""
    began = time.monotonic()
    while not there():
        assert time.monotonic() - began < patient(seconds)
        time.sleep(0.01)
    return time.monotonic() - began


def cut_off_and_back(folder: str) -> None:
    """Cut one of two machines off from a run, and bring it back; print how that went."""
    bridge()
    head = host(1, "test_cut_off", "lead()")
    others = [host(number, "test_cut_off", f"follow({number})") for number in (2, 3)]
    knock = f"import socket; socket.create_connection({HEAD.split(':')!r})"
    while on(head, "-c", knock).wait():
        time.sleep(1)
    told = ("--generations", "1000000", "--workers", "2", "--address", HEAD)
    run = on(head, "-m", "metahebb", *LINE, *told, "--out", f"{folder}/run", "--resume")

    def done() -> int:
        assert run.poll() is None
        with contextlib.suppress(FileNotFoundError):
            return len(centers(Path(folder, "run")))
        return 0

    wait_until(lambda: all(at_work(machine) for machine in others) and done(), 90)
    before, generations = at_work(others[1]), done()
    link(3, "down")
    # The generation that it was cut off in is done, and another one.
    stalled = wait_until(lambda: done() > generations + 1, 60)
    time.sleep(CUT_S)
    assert run.poll() is None
    link(3, "up")
    back = wait_until(lambda: at_work(others[1]) - before, 2 * BACK_S)
    worked = set()

    def works_on() -> bool:
        if at_work(others[1]) - before:
            worked.add(done())
        return len(worked) > 3

    wait_until(works_on, 60)
    psutil.Process(run.pid).children()[0].terminate()
    print("outcome", json.dumps([stalled, back, run.wait()]), flush=True)
    os._exit(0)


@pytest.mark.row(4)
@pytest.mark.timeout(900)
def test_a_machine_that_was_cut_off_comes_back_and_works_again(tmp_path: Path) -> None:
    printed = in_namespaces("test_cut_off", "cut_off_and_back", str(tmp_path), seconds=300)
    (line,) = [line for line in printed.splitlines() if line.startswith("outcome")]
    stalled, back, status = json.loads(line.removeprefix("outcome"))
    assert stalled < patient(STALLED_S)
    assert back < patient(BACK_S)
    assert status == 75
    found = centers(tmp_path / "run")
    told = ("--threads", "2", "--generations", str(len(found)))
    assert main([*LINE, *told, "--out", str(tmp_path / "here")]) == 0
    assert centers(tmp_path / "here") == found
