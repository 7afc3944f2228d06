"""The code of a Ray worker's process, which imports neither ray nor torch.

So the process starts fast and stays small.
"""

from __future__ import annotations

import os
import pickle
import socket
from collections.abc import Sequence
from typing import NamedTuple

from metahebb.evolution.backends.base import Gradient, Job
from metahebb.fingerprint import Fingerprint, fingerprint
from metahebb.user_code import let_go
from metahebb.worker import Worker, is_of_task, spare


class Greeting(NamedTuple):
    """A worker's first answer, by which it says that it is there.

    Attributes:
        pid: id of the worker's process.
        host: name of the worker's machine.
        node: node of the cluster that the worker is on.
        fingerprint: fingerprint of the worker's arithmetic.
    """

    pid: int
    host: str
    node: str
    fingerprint: Fingerprint


class RemoteWorker:
    """A worker that opens its lanes in the first call, and may lose them at any time.

    Each call carries all that it depends on, because Ray silently restarts an actor with an empty
    state when its process has died.
    """

    def __init__(self, setup: bytes, lanes: int) -> None:
        """Keep the pickled set-up for later: an error in here would look like a dead actor."""
        self._setup = setup
        self._lanes = lanes
        self._worker: Worker | None = None

    def greet(self) -> Greeting:
        """Return the worker's process, machine, node and fingerprint."""
        # A machine may have several nodes, and each node has one process of Ray ("raylet").
        host = socket.gethostname()
        node = f"{host}/{os.environ.get('RAY_RAYLET_PID', '')}"
        return Greeting(os.getpid(), host, node, fingerprint())

    def evaluate(self, jobs: Sequence[Job | Gradient], number: int, start: int, stop: int) -> bytes:
        """Return the outcomes of candidates ``start`` to ``stop - 1`` of a job, as bytes.

        If job ``number`` of ``jobs`` is a gradient, return its slices ``start`` to ``stop - 1``.
        """
        job = jobs[number]
        if not isinstance(job, Job):
            return job.slices(start, stop).tobytes()
        worker = self._worker or Worker(pickle.loads(self._setup), self._lanes)
        self._worker = None  # lanes in which an error was raised are not used again
        work = (job.plan, job.point, range(start, stop))
        try:
            outcomes = worker.evaluate(*work)
            self._worker = worker
        except BaseException as error:
            let_go([worker.close])
            is_known = isinstance(error, Exception) and is_of_task(error)
            if worker.setup.on_error == "abort" or not is_known:
                raise
            outcomes = spare(worker.setup, self._lanes, *work)
        return outcomes.tobytes()

    def close(self) -> str:
        """Close the environments; return the reason if that failed, or an empty text."""
        worker, self._worker = self._worker, None
        return "" if worker is None else let_go([worker.close])
