"""Rows 4 and 7: machines that leave a cluster, hang, are cut off or join, in their own namespaces.

The machines are raylets on one kernel; where one is cut off, each has a network of its own.
"""

from __future__ import annotations

import os
import signal
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from apart import in_namespaces, mount, patient
from machines import HEAD, STORE, bridge, host, link, serve
from test_ray_backend import ant, digest, ray

from metahebb.errors import InputError
from metahebb.evolution.backends.base import Job
from metahebb.evolution.backends.in_process import InProcess
from metahebb.evolution.backends.ray import RayWorkers
from metahebb.worker import Plan, SearchPoint

pytestmark = [pytest.mark.ray, pytest.mark.faults, pytest.mark.namespaces, pytest.mark.minutes]

LEASE_S = 8.0


def long_jobs() -> list[Job]:
    """Return lives that take a worker some seconds."""
    rng = np.random.default_rng(0)
    center, stdev = rng.normal(0, 0.1, (2, ant().genome.n_genes)).astype(np.float32)
    return [Job(Plan(1, 300), SearchPoint(center, np.abs(stdev), mirrored=True), 96)]


def expected() -> list[bytes]:
    backend = InProcess(ant(), threads=1)
    try:
        return digest(backend.evaluate(long_jobs()))
    finally:
        backend.close()


def cluster_of(nodes: int) -> tuple[Any, list[Any]]:
    """Start a head without cores, and machines of one core each; join it."""
    from ray.cluster_utils import Cluster

    os.makedirs("/tmp/ray", exist_ok=True)
    mount("tmpfs", "/tmp/ray", "size=2g")
    os.environ["RAY_AUTH_TOKEN"] = uuid.uuid4().hex
    told = {"object_store_memory": STORE, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, **told})
    added = [cluster.add_node(num_cpus=1, object_store_memory=STORE) for _ in range(nodes)]
    ray.init(address=cluster.address, logging_level="ERROR", log_to_driver=False)
    return cluster, added


def raylet_of(node: Any) -> psutil.Process:
    (info,) = node.all_processes["raylet"]
    return psutil.Process(info.process.pid)


def stop(node: Any) -> None:
    raylet = raylet_of(node)
    for process in (*raylet.children(recursive=True), raylet):
        os.kill(process.pid, signal.SIGSTOP)


def lose_a_node(how: str) -> None:
    """Lose one of two machines while it works; print whether bits are the same, and the seconds."""
    cluster, nodes = cluster_of(2)
    harms: dict[str, Callable[[], object]] = {
        "removed": lambda: cluster.remove_node(nodes[0]),
        "killed": lambda: raylet_of(nodes[0]).kill(),
        "stopped": lambda: stop(nodes[0]),
    }
    backend = RayWorkers(ant(), 2, lease_s=patient(LEASE_S))
    whole = expected()
    while len(backend.pids()) < 2:
        backend.evaluate(long_jobs())
    began = time.monotonic()
    backend.evaluate(long_jobs())
    usual = time.monotonic() - began
    harm = threading.Timer(usual / 4, harms[how])
    harm.start()
    began = time.monotonic()
    same = digest(backend.evaluate(long_jobs())) == whole
    took = time.monotonic() - began
    harm.join()
    again = digest(backend.evaluate(long_jobs())) == whole  # on the machine that is left
    print("outcome", same, again, took - 2 * usual, flush=True)
    os._exit(0)  # a cluster whose machines are stopped would be waited for


@pytest.mark.row(4)
@pytest.mark.parametrize("how", ["removed", "killed", "stopped"])
def test_a_machine_that_is_lost_costs_a_lease_at_most(how: str) -> None:
    printed = in_namespaces("test_nodes", "lose_a_node", how)
    (line,) = [line for line in printed.splitlines() if line.startswith("outcome")]
    _, same, again, stalled = line.split()
    assert (same, again) == ("True", "True")
    assert float(stalled) < patient(2 * LEASE_S)


def join_and_leave() -> None:
    """Work on one machine, then with another that joins, then on that one alone."""
    cluster, nodes = cluster_of(1)
    backend = RayWorkers(ant(), 2, lease_s=patient(LEASE_S))
    whole = expected()
    print("alone", digest(backend.evaluate(long_jobs())) == whole, len(backend.pids()))
    cluster.add_node(num_cpus=1, object_store_memory=STORE)
    rounds = 0
    while len(backend.pids()) < 2:
        assert digest(backend.evaluate(long_jobs())) == whole
        rounds += 1
    print("joined", len(backend._actors.nodes()))
    cluster.remove_node(nodes[0])
    print("left", digest(backend.evaluate(long_jobs())) == whole, flush=True)
    os._exit(0)


@pytest.mark.row(7)
def test_machines_that_join_take_part_and_those_that_leave_are_no_loss() -> None:
    printed = in_namespaces("test_nodes", "join_and_leave")
    lines = [
        line for line in printed.splitlines() if line.split()[0] in ("alone", "joined", "left")
    ]
    assert lines == ["alone True 1", "joined 2", "left True"]


def cut_a_link(folder: str) -> None:
    """Cut one of three machines off the network when the driver, on the first, says so."""
    bridge()
    first = host(1, "test_nodes", f"drive('{folder}')")
    for number in (2, 3):
        host(number, "machines", f"serve({number}, '--address={HEAD}', '--num-cpus=1')")
    while not Path(folder, "cut").exists():
        assert first.poll() is None
        time.sleep(0.05)
    link(3, "down")
    first.wait()
    print(Path(folder, "outcome").read_text(), flush=True)
    os._exit(0)


def drive(folder: str) -> None:
    """Serve as the head, work on the other machines, and have one of them cut off."""
    told = ("--head", "--port=6379", "--num-cpus=0", "--include-dashboard=false")
    threading.Thread(target=serve, args=(1, *told), daemon=True).start()
    whole = expected()
    deadline = time.monotonic() + patient(60)
    backend = None
    while backend is None:
        try:
            backend = RayWorkers(ant(), 2, address=HEAD, lease_s=patient(LEASE_S))
        except InputError:  # not yet there
            assert time.monotonic() < deadline
            time.sleep(1)
    while len(backend.pids()) < 2:
        backend.evaluate(long_jobs())
    began = time.monotonic()
    backend.evaluate(long_jobs())
    usual = time.monotonic() - began
    threading.Timer(usual / 4, Path(folder, "cut").touch).start()
    began = time.monotonic()
    same = digest(backend.evaluate(long_jobs())) == whole
    took = time.monotonic() - began
    Path(folder, "outcome").write_text(f"outcome {same} {took - 2 * usual}")
    os._exit(0)


@pytest.mark.row(4)
def test_a_machine_that_is_cut_off_costs_a_lease_at_most(tmp_path: Path) -> None:
    printed = in_namespaces("test_nodes", "cut_a_link", str(tmp_path))
    (line,) = [line for line in printed.splitlines() if line.startswith("outcome")]
    _, same, stalled = line.split()
    assert same == "True"
    assert float(stalled) < patient(2 * LEASE_S)
