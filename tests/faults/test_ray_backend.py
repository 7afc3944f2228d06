"""Workers as Ray actors: same bits as in this process, whatever happens to them."""

from __future__ import annotations

import ctypes
import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import toys
from apart import patient
from toys import TwoMeasures

from metahebb.evolution.backends.environment import prepare_environment

prepare_environment()

import ray  # noqa: E402

from metahebb.bench.local_ray import counted  # noqa: E402
from metahebb.compiler import cache_folder  # noqa: E402
from metahebb.errors import InputError, ProgressError  # noqa: E402
from metahebb.evolution.backends.base import Job  # noqa: E402
from metahebb.evolution.backends.in_process import InProcess  # noqa: E402
from metahebb.evolution.backends.ray import RayWorkers, start_local  # noqa: E402
from metahebb.evolution.config import SearchConfig  # noqa: E402
from metahebb.evolution.merging import merged  # noqa: E402
from metahebb.evolution.search import Search  # noqa: E402
from metahebb.genomes import Merge, genome_of  # noqa: E402
from metahebb.networks import FeedForward, ObservationNorm  # noqa: E402
from metahebb.tasks.base import LaneNumbers, StepResult, TaskError  # noqa: E402
from metahebb.tasks.locomotion.task import Locomotion  # noqa: E402
from metahebb.worker import Fresh, GivenPoint, Plan, SearchPoint, Setup  # noqa: E402

pytestmark = [pytest.mark.ray, pytest.mark.faults]

POPSIZE = 16
SEED = 3
MARK = "marks that a worker has struck"


@dataclass(frozen=True)
class Sabotaged(Locomotion):
    """The ant, but at its third step the world does a ``deed``: each time, or once (``once``)."""

    deed: str = "none"
    once: str = ""

    def lanes(self, n: int) -> Any:
        return SabotagedLanes(super().lanes(n), self)


class SabotagedLanes:
    def __init__(self, lanes: Any, task: Sabotaged) -> None:
        self._lanes, self._task, self._steps, self._bonus = lanes, task, 0, 0.0
        self.observations = lanes.observations
        self.reset, self.measures = lanes.reset, lanes.measures

    def step(self, outputs: np.ndarray, lanes: LaneNumbers) -> StepResult:
        self._steps += 1
        if self._steps == 3 and self._strikes():
            if self._task.deed == "raise":
                raise ValueError("the floor is lava")
            if self._task.deed == "die":
                os.kill(os.getpid(), signal.SIGKILL)
            if self._task.deed == "leave":
                sys.exit(7)
            if self._task.deed == "hang":
                time.sleep(1000)
            if self._task.deed == "crash":
                ctypes.string_at(0)
            if self._task.deed == "cling":  # deaf to SIGTERM, and with a child
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                subprocess.Popen(["sleep", "987654"])
                time.sleep(1000)
            if self._task.deed == "differ":  # late, and with another reward than its copy
                time.sleep(8)
                self._bonus = 1.0
        result = self._lanes.step(outputs, lanes)
        return result._replace(reward=result.reward + self._bonus)

    def _strikes(self) -> bool:
        if not self._task.once:
            return True
        try:
            with Path(self._task.once).open("x") as file:
                file.write(MARK)
        except FileExistsError:
            return False
        return True


for module in (sys.modules[__name__], toys):  # which workers lack
    ray.cloudpickle.register_pickle_by_value(module)


def ant(deed: str = "none", once: object = "") -> Setup:
    task = Sabotaged("ant", integrator="implicitfast", deed=deed, once=once)
    return Setup.build(task, FeedForward(hidden=(8,)), SEED)


def jobs_of(setup: Setup) -> list[Job]:
    """Return a seeded job, its center's lives, a dense job, and one that adds up observations."""
    rng = np.random.default_rng(0)
    center, stdev, given = rng.normal(0, 0.1, (3, setup.genome.n_genes)).astype(np.float32)
    values = np.stack([center, given, center + given, center - given, given * 2])
    point = SearchPoint(center, np.abs(stdev), mirrored=True)
    norm = ObservationNorm(np.arange(1.0, 2 + 2 * setup.task.n_observations))
    return [
        Job(Plan(2, 30), point, POPSIZE),
        Job(Plan(2, 30, episodes=3, fresh=Fresh.WATCHED), GivenPoint(center[None]), 1),
        Job(Plan(2, 30, episodes=2), GivenPoint(values), len(values)),
        Job(Plan(2, 30, norm=norm, adds_up=True), point, 5, first=3),
    ]


def digest(outcomes: Sequence[np.ndarray]) -> list[bytes]:
    return [part.tobytes() for part in outcomes]


@pytest.fixture(scope="module")
def expected() -> list[bytes]:
    """Return the outcomes in this process."""
    backend = InProcess(ant(), threads=1)
    outcomes = backend.evaluate(jobs_of(ant()))
    backend.close()
    assert len(np.unique(outcomes[0]["episode_return"])) == POPSIZE
    assert outcomes[3]["observed"][:, 0].tolist() == outcomes[3]["steps"].tolist()
    assert not (outcomes[3]["episode_return"] == outcomes[0]["episode_return"][3:8]).any()
    return digest(outcomes)


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """Start one private Ray for all tests here, and give its address."""
    start_local(2)
    yield ray.get_runtime_context().gcs_address
    ray.shutdown()


def evaluate(setup: Setup, workers: int, **options: Any) -> list[bytes]:
    backend = RayWorkers(setup, workers, **options)
    try:
        return digest(backend.evaluate(jobs_of(setup)))
    finally:
        backend.close()


def test_threads_change_no_bit(expected: list[bytes]) -> None:
    backend = InProcess(ant(), threads=2)
    assert digest(backend.evaluate(jobs_of(ant()))) == expected
    backend.close()


@pytest.mark.row(7)
@pytest.mark.parametrize(("workers", "options"), [(1, {}), (2, {"batch": 3, "lanes": 2})])
def test_workers_and_batches_change_no_bit(
    cluster: str, expected: list[bytes], workers: int, options: dict[str, int]
) -> None:
    assert evaluate(ant(), workers, **options) == expected


def test_workers_tell_each_measure_of_a_task(cluster: str) -> None:
    setup = Setup.build(TwoMeasures(), FeedForward(hidden=(8,)), SEED)
    lived = []
    for backend in (InProcess(setup, threads=2), RayWorkers(setup, 2, batch=3)):
        lived.append(backend.evaluate(jobs_of(setup)))
        backend.close()
    assert digest(lived[0]) == digest(lived[1])
    for outcomes in lived[1]:
        np.testing.assert_allclose(outcomes["distance"], outcomes["episode_return"], rtol=1e-12)
        assert np.isnan(outcomes["fourth"]).tolist() == (outcomes["steps"] < 4).tolist()


def test_workers_live_the_genes_of_merged_rules(cluster: str) -> None:
    first = Setup.build(
        Sabotaged("ant", integrator="implicitfast"),
        FeedForward(hidden=(8,)),
        SEED,
        maps={"coefficients": Merge(at=(1,), to=(6,))},
    )
    values = np.random.default_rng(0).normal(0, 0.1, first.genome.n_genes).astype(np.float32)
    state = merged(first.genome, {"center": values, "stdev": np.abs(values)}, 1)
    genome = genome_of(first.genome, state)
    point = SearchPoint(state["center"], state["stdev"], mirrored=True, genome=genome)
    jobs = [Job(Plan(2, 30), point, POPSIZE)]
    found = []
    for backend in (InProcess(first, threads=2), RayWorkers(first, 1)):
        found.append(digest(backend.evaluate(jobs)))
        backend.close()
    assert found[0] == found[1]
    assert point.center.size == 2 * 6 * 5


def test_what_is_added_up_keeps_to_64_bytes_per_candidate(cluster: str) -> None:
    setup = Setup.build(
        Sabotaged("ant", integrator="implicitfast"),
        FeedForward(hidden=(8,)),
        SEED,
        observation_norm=True,
    )
    pool = RayWorkers(setup, 2)
    search = Search(SearchConfig(popsize=128), setup, pool, lambda g: Plan(g, 3), center_lives=4)
    search.step()
    with counted() as traffic:
        (evaluation,) = search.step()
    pool.close()
    assert evaluation.observed[0] == 7 * 3
    assert 25 + 7 * 440 / 128 < (traffic.sent + traffic.received) / 128 <= 64
    # One broadcast, in which the distribution is once: its center and stdev, and the center anew.
    (jobs,) = traffic.jobs
    assert 0 < jobs - 3 * 4 * setup.genome.n_genes < 4096


def test_a_worker_is_small_and_survives_being_killed_between_generations(
    cluster: str, expected: list[bytes]
) -> None:
    backend = RayWorkers(ant(), 1)
    assert digest(backend.evaluate(jobs_of(ant()))) == expected
    (pid,) = backend.pids()
    libraries = Path(f"/proc/{pid}/maps").read_text()
    assert "mujoco" in libraries
    assert "torch" not in libraries
    assert psutil.Process(pid).memory_info().rss < 300e6
    os.kill(pid, signal.SIGKILL)
    assert digest(backend.evaluate(jobs_of(ant()))) == expected
    assert backend.pids() != [pid]
    backend.close()


@pytest.mark.row(20)
@pytest.mark.parametrize(
    ("deed", "workers"), [("die", 2), ("leave", 1), ("crash", 1), ("raise", 1), ("raise", 2)]
)
def test_one_mishap_changes_no_bit(
    cluster: str, expected: list[bytes], tmp_path: Path, deed: str, workers: int
) -> None:
    once = tmp_path / "struck"
    assert evaluate(ant(deed, once), workers) == expected
    assert once.read_text() == MARK


@pytest.mark.row(19)
@pytest.mark.slow
def test_a_worker_that_hangs_is_replaced_when_its_lease_ends(
    cluster: str, expected: list[bytes], tmp_path: Path
) -> None:
    once = tmp_path / "struck"
    started = time.monotonic()
    assert evaluate(ant("hang", once), 1, lease_s=patient(5)) == expected
    assert once.read_text() == MARK
    assert time.monotonic() - started > 5.0


@pytest.mark.row(18)
def test_a_task_that_raises_is_named_each_time(cluster: str) -> None:
    backend = RayWorkers(ant("raise"), 1, lanes=8)
    for _ in range(2):
        with pytest.raises(
            TaskError,
            match=r"candidates 0 to 7 of generation 2 \(seed 3\).*ValueError: the floor is lava",
        ) as caught:
            backend.evaluate(jobs_of(ant()))
        assert caught.value.exit_status == 2
        assert "\n" not in str(caught.value)
    backend.close()


@pytest.mark.row(20)
@pytest.mark.slow
def test_work_that_kills_each_worker_ends_the_run(cluster: str) -> None:
    with pytest.raises(ProgressError, match=r"candidate 0 of generation 2.*poisoned") as caught:
        evaluate(ant("die"), 1, lanes=8)
    assert caught.value.exit_status == 4


def listening(process: psutil.Process) -> list[str]:
    try:
        connections = process.net_connections("inet")
    except psutil.NoSuchProcess:  # Ray starts and ends helpers as it likes
        return []
    return [c.laddr.ip for c in connections if c.status == psutil.CONN_LISTEN]


@pytest.mark.row(24)
def test_nothing_listens_beyond_the_loopback_interface(cluster: str) -> None:
    backend = RayWorkers(ant(), 1)
    me = psutil.Process()
    addresses = [ip for p in (me, *me.children(recursive=True)) for ip in listening(p)]
    backend.close()
    assert len(addresses) >= 4  # control store, raylet, workers
    assert {ip.removeprefix("::ffff:") for ip in addresses} <= {"127.0.0.1", "::1"}


def run_elsewhere(body: str, **variables: str) -> str:
    """Run ``body`` in a process of its own with this file as ``here``; return what it prints."""
    script = f"import sys; sys.path.insert(0, {os.path.dirname(__file__)!r})\n{body}"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **variables},
        capture_output=True,
        text=True,
        timeout=patient(120),
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.row(27)
@pytest.mark.slow
def test_a_private_ray_is_started_though_the_environment_points_to_another(
    cluster: str, expected: list[bytes]
) -> None:
    body = """
import hashlib, psutil, ray
import test_ray_backend as here
backend = here.RayWorkers(here.ant(), 1)
outcomes = here.digest(backend.evaluate(here.jobs_of(here.ant())))
print(ray.get_runtime_context().gcs_address)
print(hashlib.sha256(b"".join(outcomes)).hexdigest())
backend.close()
print(ray.is_initialized(), len(psutil.Process().children(recursive=True)))
"""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:  # a short path: it holds sockets
        Path(folder, "ray").mkdir()
        Path(folder, "ray", "ray_current_cluster").write_text(cluster)
        places = {"RAY_TMPDIR": folder, "HOME": folder, "METAHEBB_CACHE": str(cache_folder())}
        printed = run_elsewhere(body, RAY_ADDRESS=cluster, **places)
        (log,) = Path(folder).glob("**/session_2*/logs/raylet.out")
        token = Path(folder, ".ray", "auth_token")
        for path in (log, token, token.parent):  # for nobody else to read
            assert path.stat().st_mode & 0o077 == 0
    address, outcomes, rest = printed.splitlines()
    assert address != cluster
    assert outcomes == hashlib.sha256(b"".join(expected)).hexdigest()
    assert rest == "False 0"


@pytest.mark.slow
def test_a_cluster_is_joined_by_its_address_and_left_running(
    cluster: str, expected: list[bytes]
) -> None:
    body = f"""
import test_ray_backend as here
backend = here.RayWorkers(here.ant(), 1, address={cluster!r})
print(here.digest(backend.evaluate(here.jobs_of(here.ant()))))
backend.close()
"""
    assert run_elsewhere(body).strip() == repr(expected)
    assert ray.cluster_resources()["CPU"] == 2


def test_an_address_without_a_cluster_is_a_clear_error() -> None:
    body = """
import test_ray_backend as here
for address in "127.0.0.1:1", "ray://127.0.0.1:1":
    try:
        here.RayWorkers(here.ant(), 1, address=address)
    except here.InputError as error:
        print(error)
"""
    closed, client = run_elsewhere(body).splitlines()
    assert closed.startswith("expected a Ray cluster at '127.0.0.1:1', got ")
    assert "refused" in closed
    assert "got neither 'auto' nor host:port" in client


def test_a_ray_that_is_open_to_the_network_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER")
    with pytest.raises(InputError, match="open to the network"):
        start_local(1)
    with pytest.raises(InputError, match="before the import of ray"):
        prepare_environment()


@pytest.mark.parametrize("option", ["workers", "lanes", "batch"])
def test_counts_start_at_one(option: str) -> None:
    counts = {"workers": 1, "lanes": 1, "batch": 1, option: 0}
    with pytest.raises(InputError, match=f"expected {option} to be at least 1, got 0"):
        RayWorkers(ant(), **counts)


def test_lanes_beyond_memory_are_refused_before_ray_starts() -> None:
    with pytest.raises(InputError, match="lanes that fit in memory"):
        RayWorkers(ant(), 1, lanes=10**12)


def test_a_task_that_cannot_travel_is_a_clear_error() -> None:
    with pytest.raises(InputError, match="can be pickled"):
        RayWorkers(ant(once=threading.Lock()), 1)
