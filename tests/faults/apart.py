"""Processes of one's own: with namespaces of their own, or with a driver to kill."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FLAGS = ("--net", "--pid", "--mount", "--fork", "--kill-child", "--mount-proc")


def patient(seconds: float) -> float:
    """Return a limit in seconds for a machine that has other things to do as well."""
    cores = len(os.sched_getaffinity(0))
    return seconds * max(1.0, os.getloadavg()[0] / cores)


def in_namespaces(module: str, function: str, *words: object, seconds: float = 240) -> str:
    """Call ``module.function(*words)`` in a process apart; return what it prints.

    It has a network of its own with a loopback interface only, processes of its own, which end
    with it, and mounts of its own.
    """
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        pytest.skip("expected unshare and ip, got none; install util-linux and iproute2")
    trial = subprocess.run(["unshare", *FLAGS, "true"], capture_output=True, text=True)
    if trial.returncode:
        pytest.skip(f"the kernel refuses namespaces: {trial.stderr.strip()}")
    path = os.pathsep.join([os.path.dirname(__file__), *sys.path])
    body = f"import {module} as here; here.{function}(*{words!r})"
    command = f"ip link set lo up && exec {sys.executable} -c {_quoted(body)}"
    done = subprocess.run(
        [
            "timeout",
            "-s",
            "KILL",
            str(int(patient(seconds))),
            "unshare",
            *FLAGS,
            "sh",
            "-c",
            command,
        ],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def mount(kind: str, at: Path | str, options: str) -> None:
    """Mount a file system over ``at``, for this namespace only."""
    subprocess.run(["mount", "-t", kind, "-o", options, "none", str(at)], check=True)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\"'\"'") + "'"
