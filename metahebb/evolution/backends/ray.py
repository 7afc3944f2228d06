"""A backend that lives lives in the processes of Ray workers, here or on a cluster."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import ray
from ray.exceptions import ActorDiedError, RayError, RayTaskError

from metahebb.errors import InputError, MetahebbError, ProgressError
from metahebb.evolution.backends.actor import Greeting, RemoteWorker
from metahebb.evolution.backends.alike import Alike
from metahebb.evolution.backends.base import Backend, Gradient, Job, Sums, shares
from metahebb.evolution.backends.dispatch import Dispatch, Failed, Lost, Reply, Unit
from metahebb.evolution.backends.environment import is_loopback
from metahebb.evolution.backends.pace import Pace
from metahebb.evolution.backends.ray_files import check_temporary_folder, check_token, close_token
from metahebb.evolution.backends.undisturbed import undisturbed
from metahebb.evolution.memory import check_lanes
from metahebb.fingerprint import Fingerprint
from metahebb.user_code import CLOSE_S, warn_of_close
from metahebb.worker import Outcomes, Setup

_OBJECT_STORE_BYTES = 250 * 2**20  # Ray's default is 30 % of the memory
_WAIT_S = 0.5
_DRAINED = 32  # most replies taken at once: a `ray.wait` takes longer the more replies are due
_REACH_S = 10.0
_START_S = 120.0  # a worker starts in seconds, unless its machine has other things to do
ASKING_S = 0.02
"""Seconds that it costs to have workers compute a gradient, beside the computation itself."""
_PAUSES_S = (0.2, 5.0)  # first and longest pause before a lost worker is greeted again
_log = logging.getLogger(__name__)


class RayWorkers(Backend):
    """A pool of Ray actors that get candidates by number and send outcomes back.

    A worker that dies, hangs or is cut off is replaced, and its candidates are evaluated again;
    the outcomes do not change by a bit. Ray's own retries are off, because they replay calls in
    another order.

    A worker for which there is no core stays in Ray's queue until a machine joins the cluster, even
    in the middle of a generation. The other workers do not wait for it.
    """

    def __init__(
        self,
        setup: Setup,
        workers: int,
        *,
        lanes: int = 16,
        address: str | None = None,
        batch: int | None = None,
        lease_s: float = 120.0,
        allow_heterogeneous: bool = False,
    ) -> None:
        """Start the workers and wait for the first of them.

        If this process has initialized Ray before, this Ray is used, and left running.

        Args:
            setup: the set-up of the run.
            workers: the number of workers, with one core each.
            lanes: the number of lives that a worker advances together; few of them fit the cache.
            address: the address of a Ray cluster to join (``auto``, ``host:port``). None starts a
                private Ray on this machine, which is closed to all other machines.
            batch: the number of candidates per call; None for about a second or two of work.
            lease_s: the seconds after which a worker that does not answer counts as hung.
            allow_heterogeneous: whether workers with another fingerprint than this process may
                work, with a warning; the bits then depend on which worker does what.

        Raises:
            InputError: arguments out of range or beyond memory, a set-up that cannot be pickled,
                no cluster at ``address``, a local Ray that would be open to the network, or a
                worker of another fingerprint.
            ProgressError: no worker started within two minutes, or ``lease_s`` if that is more.
        """
        for name, value in (("workers", workers), ("lanes", lanes), ("batch", batch)):
            if value is not None and value < 1:
                raise InputError(f"expected {name} to be at least 1, got {value}")
        if address is None:  # a cluster has memory of its own
            check_lanes(setup, lanes, workers)
        try:
            pickled = ray.cloudpickle.dumps(setup)  # type: ignore[no-untyped-call]
        except Exception as error:  # a user's class may raise anything while it is pickled
            raise InputError(
                f"expected a task and network that can be pickled, got {error}; "
                "keep open files, locks and environments out of them"
            ) from error
        self.workers = workers
        self._setup = setup
        self._lanes = lanes
        self._batch = batch
        self._lease_s = lease_s
        self._strict = not allow_heterogeneous
        self._alike = Alike(workers, allow_heterogeneous)
        self._pace = Pace()
        self._dispatch: Dispatch | None = None
        self._rounds: dict[int, Sequence[Job | Gradient]] = {}
        self._owns_ray = _connect(workers, address)
        # Ray spreads actors over the nodes, restarts dead ones, and does not repeat their calls.
        remote: Any = ray.remote(
            num_cpus=1, max_restarts=-1, max_task_retries=0, scheduling_strategy="SPREAD"
        )(RemoteWorker)
        self._actors = _Actors(lambda: remote.remote(pickled, lanes), workers, self._alike)
        try:
            self._actors.wait_for_first(max(lease_s, _START_S))
        except BaseException:
            self.close()
            raise

    @property
    def num_workers(self) -> int:
        """The number of actors asked for; on a cluster, some of them may still wait for a core."""
        return self.workers

    @property
    def others(self) -> Sequence[Fingerprint]:
        """Fingerprints of workers with other arithmetic than this process."""
        return self._alike.others

    def pids(self) -> list[int]:
        """Return the process ids of the workers that have answered a greeting."""
        return list(self._actors.pids.values())

    def evaluate(self, jobs: Sequence[Job]) -> list[Outcomes]:
        """Return the outcomes of each job.

        Raises:
            TaskError: the code of the task raised an error, twice.
            ProgressError: a candidate kills its workers, or no work gets done.
            InputError: a worker has another fingerprint, and no work was done or no other is left.
        """
        return self.begin(jobs)()

    def begin(self, jobs: Sequence[Job]) -> Callable[[], list[Outcomes]]:
        """Put jobs behind the jobs that have begun; return a function that waits for outcomes."""
        present = self._actors.present()
        cut = [unit for number, job in enumerate(jobs) for unit in self._cut(number, job, present)]
        results = self._begin(jobs, cut)

        def finish() -> list[Outcomes]:
            parts: list[list[bytes]] = [[] for _ in jobs]
            for unit, result in zip(cut, results(), strict=True):
                parts[unit.job].append(result)
            return [
                np.frombuffer(b"".join(part), job.plan.outcome(self._setup)).copy()
                for job, part in zip(jobs, parts, strict=True)
            ]

        return finish

    def add_up(self, gradient: Gradient) -> Sums:
        """Return a gradient, computed in this process or, if that is faster, by the workers."""
        parts = shares(gradient.n_slices, self._actors.present())
        here_s = gradient.cost_s / len(os.sched_getaffinity(0))
        if here_s < gradient.cost_s / len(parts) + ASKING_S:
            return super().add_up(gradient)
        units = [Unit(0, *part) for part in parts]
        sums = self._begin([gradient], units, urgent=True)()
        return gradient.joined([np.frombuffer(part, np.float32) for part in sums])

    def _begin(
        self, jobs: Sequence[Job | Gradient], cut: Sequence[Unit], urgent: bool = False
    ) -> Callable[[], list[bytes]]:
        """Open a round of the dispatcher; return a function that waits for its results."""
        if self._dispatch is None:  # the first round, or the first one after an error
            self._actors.forget()
            self._rounds.clear()
            self._dispatch = Dispatch(
                self._actors, self._lease_s, self._name, self._strict, on_result=self._measure
            )
        dispatch = self._dispatch
        units = dispatch.round(cut)
        number = units[0].round
        self._rounds[number] = jobs
        self._actors.begin(number, jobs)
        dispatch.begin(units, urgent)

        def finish() -> list[bytes]:
            self._dispatch = None  # stays None after an error
            results = dispatch.finish(units)
            self._dispatch = dispatch
            self._alike.proven = True
            del self._rounds[number]
            self._actors.end(number)
            return results

        return finish

    def _name(self, unit: Unit) -> str:
        job = self._rounds[unit.round][unit.job]
        which = f"s {unit.start} to {unit.stop - 1}"
        if unit.stop - unit.start == 1:
            which = f" {unit.start}"
        if isinstance(job, Job):
            what = f"candidate{which} of generation {job.plan.generation}"
        else:
            what = f"slice{which} of the gradient of generation {job.generation}"
        return f"{what} (seed {self._setup.seed})"

    def _measure(self, unit: Unit, seconds: float) -> None:
        job = self._rounds[unit.round][unit.job]
        if isinstance(job, Job):
            self._pace.note((unit.stop - unit.start) * job.plan.lives_per_candidate, seconds)

    def _cut(self, number: int, job: Job, workers: int) -> list[Unit]:
        if self._batch:
            starts = range(0, job.n_candidates, self._batch)
            units = [Unit(number, s, min(s + self._batch, job.n_candidates)) for s in starts]
        else:
            lives = job.plan.lives_per_candidate
            units = self._pace.units(number, job.n_candidates, self._lanes, workers, lives)
        return [Unit(number, job.first + start, job.first + stop) for _, start, stop, _ in units]

    def close(self) -> None:
        """End the workers, and Ray if it was started here."""
        self._actors.dismiss()
        if self._owns_ray:
            ray.shutdown()


class _Actors:
    """The workers as the dispatcher sees them: ready, busy, or resting after a loss.

    A worker is greeted when it is hired and after each loss, and gets work only once it has
    answered. Otherwise the call would fail because its process is still starting, and the failure
    would be blamed on the work.
    """

    def __init__(self, hire: Callable[[], Any], workers: int, alike: Alike) -> None:
        self._hire = hire
        self._handles = [self._hire() for _ in range(workers)]
        self._due: dict[Any, tuple[int, Unit | None]] = {}  # replies to come; None: to a greeting
        self._busy: dict[int, Any] = {}  # each worker's latest call; earlier ones are ignored
        self._resting: dict[int, float] = {}  # time at which each is greeted again
        self._pauses = [_PAUSES_S[0]] * workers
        self.jobs: dict[int, Any] = {}  # references to the jobs of each open round
        self._alike = alike
        self._last_loss = "no answer"
        self.pids: dict[int, int] = {}
        self._node = [""] * workers  # the latest node of each worker
        for worker in range(workers):
            self._greet(worker)

    def wait_for_first(self, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        while not self.pids:
            self.receive()
            if time.monotonic() > deadline:
                cores = ray.cluster_resources().get("CPU", 0)  # type: ignore[no-untyped-call]
                raise ProgressError(
                    f"expected a worker within {timeout_s:.0f} s, got none on {cores:.0f} cores "
                    f"({self._last_loss}); see that cores are free and metahebb is installed "
                    "there, and on a cluster that machines have joined (`ray status`) and no port "
                    "between them is closed"
                )

    def begin(self, number: int, jobs: Sequence[Job | Gradient]) -> None:
        """Make ``jobs`` the jobs of round ``number``."""
        # Each node gets all jobs once, and a point that several jobs share only once.
        self.jobs[number] = ray.put(tuple(jobs))

    def end(self, number: int) -> None:
        """Release the jobs of a round."""
        del self.jobs[number]

    def forget(self) -> None:
        """Rebuild workers that are busy with interrupted rounds, because they may hang."""
        self.jobs.clear()
        for ref, (worker, unit) in list(self._due.items()):
            if unit is not None:
                del self._due[ref]
                if self._busy.get(worker) == ref:
                    self.rebuild(worker)

    def present(self) -> int:
        """Return the number of workers that are there, or will be soon if cores are free."""
        cores = ray.cluster_resources().get("CPU", 0)  # type: ignore[no-untyped-call]
        return max(1, len(self.pids), min(len(self._handles), int(cores)))

    def node(self, worker: int) -> str:
        return self._node[worker]

    def nodes(self) -> set[str]:
        return {self._node[worker] for worker in self.pids}

    def ready(self) -> list[int]:
        workers = range(len(self._handles))
        return [w for w in workers if w not in self._busy and w not in self._resting]

    def send(self, worker: int, unit: Unit) -> None:
        evaluate = self._handles[worker].evaluate
        jobs = self.jobs[unit.round]
        self._owe(worker, evaluate.remote(jobs, unit.job, unit.start, unit.stop), unit)

    def receive(self) -> list[tuple[int, Unit, Reply]]:
        now = time.monotonic()
        for worker, until in list(self._resting.items()):
            if now >= until:
                del self._resting[worker]
                self._greet(worker)
        if not self._due:
            time.sleep(_PAUSES_S[0])
            return []
        due = list(self._due)
        timeout = _PAUSES_S[0] if self._resting else _WAIT_S
        done, _ = ray.wait(due, num_returns=1, timeout=timeout)
        if done:
            done, _ = ray.wait(due, num_returns=min(_DRAINED, len(due)), timeout=0)
        replies = []
        for ref in done:
            worker, unit = self._due.pop(ref)
            current = self._busy.get(worker) == ref
            if unit is None:
                self._welcome(ref, worker, current)
                continue
            reply = self._read(ref, worker, current)
            if current or isinstance(reply, bytes):
                replies.append((worker, unit, reply))
        return replies

    def rebuild(self, worker: int) -> None:
        del self._busy[worker]
        ray.kill(self._handles[worker], no_restart=False)
        self._rest(worker)

    def dismiss(self) -> None:
        if ray.is_initialized():  # otherwise, killing would start a Ray
            self._close()
            for handle in self._handles:
                ray.kill(handle)
        self._handles = []

    def _close(self) -> None:
        """Let the workers that are alive close their environments, for a few seconds at most.

        A worker that hangs in a life does not answer; Ray kills it with its children.
        """
        asked = [self._handles[worker].close.remote() for worker in self.pids]
        if not asked:
            return
        closed, _ = ray.wait(asked, num_returns=len(asked), timeout=CLOSE_S + 1.0)
        for ref in closed:
            with contextlib.suppress(RayError):  # the worker was lost meanwhile
                reason = ray.get(ref)
                if reason:
                    warn_of_close(reason)

    def _greet(self, worker: int) -> None:
        self._owe(worker, self._handles[worker].greet.remote(), None)

    def _owe(self, worker: int, ref: Any, unit: Unit | None) -> None:
        self._due[ref] = (worker, unit)
        self._busy[worker] = ref

    def _welcome(self, ref: Any, worker: int, current: bool) -> None:
        """Admit a worker that has answered a greeting, if its arithmetic is this process's."""
        reply = self._read(ref, worker, current)
        if not current:
            return
        if isinstance(reply, Greeting):
            if self._alike.admits(worker, reply):
                self.pids[worker], self._node[worker] = reply.pid, reply.node
                return
            ray.kill(self._handles[worker], no_restart=False)  # may restart elsewhere
        elif isinstance(reply, Failed):
            self._last_loss = reply.reason
        else:
            return  # the loss is noted already
        self._rest(worker)

    def _read(self, ref: Any, worker: int, current: bool) -> Any:
        """Return a worker's reply; note the worker's state if the reply is to its latest call."""
        if current:
            del self._busy[worker]
        try:
            value = ray.get(ref)
        except RayTaskError as error:
            return Failed(_reason(error))
        except RayError as error:
            self._last_loss = _reason(error)
            if current:
                if isinstance(error, ActorDiedError):  # Ray will not restart it
                    self._handles[worker] = self._hire()
                self._rest(worker)
            return Lost(self._last_loss)
        if isinstance(value, bytes):
            self._pauses[worker] = _PAUSES_S[0]
        return value

    def _rest(self, worker: int) -> None:
        self.pids.pop(worker, None)
        self._resting[worker] = time.monotonic() + self._pauses[worker]
        self._pauses[worker] = min(2 * self._pauses[worker], _PAUSES_S[1])


def start_local(cpus: int) -> None:
    """Start a private Ray of ``cpus`` cores on this machine.

    This Ray joins no cluster, whatever ``RAY_ADDRESS`` says, and listens only on the loopback
    interface.

    Raises:
        InputError: `prepare_environment` was not called before Ray was imported, or Ray cannot
            start here: there is no place for its files, for example.
    """
    if not is_loopback():
        raise InputError(
            "expected a Ray that stays on this machine, got one open to the network; call "
            "metahebb.evolution.backends.environment.prepare_environment() before importing ray "
            "or evotorch"
        )
    _tell_of_no_token()
    close_token()
    check_token()
    check_temporary_folder()
    mask = os.umask(0o077)  # Ray writes its token and logs for everyone to read
    try:
        with undisturbed(ray.shutdown):
            ray.init(
                address="local",
                num_cpus=cpus,
                include_dashboard=False,
                object_store_memory=_OBJECT_STORE_BYTES,
                logging_level=logging.ERROR,
                log_to_driver=False,
            )
    except Exception as error:  # Ray raises plain exceptions, too
        raise InputError(
            f"expected a Ray that starts on this machine, got {_last_line(error)}; see that HOME, "
            "RAY_TMPDIR (/tmp) and /dev/shm can be written and have space (docs/howto/cluster.md), "
            "or leave out --workers"
        ) from error
    finally:
        os.umask(mask)


def _connect(workers: int, address: str | None) -> bool:
    """Initialize Ray, unless it is; return whether this process has to shut it down at the end."""
    if ray.is_initialized():
        return False
    if address is None:
        start_local(workers)
        return True
    _tell_of_no_token()
    close_token()
    try:
        _reach(address)
        with undisturbed(ray.shutdown):
            ray.init(address=address, logging_level=logging.ERROR, log_to_driver=False)
    except (OSError, RuntimeError, ValueError, RayError) as error:
        raise InputError(
            f"expected a Ray cluster at {address!r}, got {_last_line(error)}; see that `ray "
            "start` was given there and on this machine, with the same RAY_AUTH_MODE and token"
        ) from error
    return True


def _tell_of_no_token() -> None:
    mode = os.environ.get("RAY_AUTH_MODE", "")
    if mode.lower() != "token":
        _log.warning(
            "RAY_AUTH_MODE is %r: whoever reaches this Ray can run code as you; set it to token "
            "(docs/howto/faults.md)",
            mode,
        )


def _reach(address: str) -> None:
    """Raise an error if nothing listens at ``address``; Ray itself would try for minutes."""
    if address == "auto":
        return
    host, _, port = address.rpartition(":")
    if not host or "/" in host or not port.isdecimal():
        raise ValueError("neither 'auto' nor host:port")
    socket.create_connection((host.strip("[]"), int(port)), timeout=_REACH_S).close()


def _reason(error: RayError) -> str:
    cause = getattr(error, "cause", None)
    return str(cause) if isinstance(cause, MetahebbError) else _last_line(error)


def _last_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[-1].strip() if lines else type(error).__name__
