"""Machines with a network card and processes of their own, on one kernel: in a process apart."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid

import psutil
from apart import FLAGS

STORE = 80 * 2**20
HEAD = "10.77.0.1:6379"
HOST = """
ip link set lo up
mkdir -p /tmp/ray
mount -t tmpfs -o size=1g none /tmp/ray
mount -t tmpfs -o size=300m none /dev/shm
until ip link show eth0 > /dev/null 2>&1; do sleep 0.1; done
ip addr add 10.77.0.{number}/24 dev eth0
ip link set eth0 up
exec {python} -c "{body}"
"""
OPEN = (
    "from metahebb.evolution.backends import environment; "
    "environment.prepare_environment(joins_cluster=True); "
    "environment.prepare_environment = lambda: None; "  # test_ray_backend would close it again
    "import {module} as here; here.{call}"
)


def bridge() -> None:
    """Make what machines are connected to, and the token that all of them have."""
    os.environ["RAY_AUTH_TOKEN"] = uuid.uuid4().hex
    # Machines have to hear each other.
    os.environ.pop("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", None)
    for words in ("link add bridge0 type bridge", "link set bridge0 up"):
        subprocess.run(["ip", *words.split()], check=True)


def host(number: int, module: str, call: str) -> subprocess.Popen[bytes]:
    """Start a machine with a network card on the bridge, which calls a function of a module."""
    body = OPEN.format(module=module, call=call)
    script = HOST.format(number=number, python=sys.executable, body=body)
    started = subprocess.Popen(["unshare", *FLAGS, "sh", "-c", script])
    while not (inside := psutil.Process(started.pid).children()):
        time.sleep(0.1)
    time.sleep(1)  # its namespace is there once the shell is
    card = f"link add v{number} type veth peer name eth0 netns {inside[0].pid}"
    for words in (card, f"link set v{number} master bridge0 up"):
        subprocess.run(["ip", *words.split()], check=True)
    return started


def link(number: int, state: str) -> None:
    """Cut a machine off (``down``), or bring it back (``up``)."""
    subprocess.run(["ip", "link", "set", f"v{number}", state], check=True)


def serve(number: int, *told: str) -> int:
    """Be a machine of the cluster until the end; return how Ray ended."""
    words = [sys.executable, "-m", "ray.scripts.scripts", "start", "--block", *told]
    rest = [f"--node-ip-address=10.77.0.{number}", f"--object-store-memory={STORE}"]
    return subprocess.run([*words, *rest], stdout=subprocess.DEVNULL).returncode
