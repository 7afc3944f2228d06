"""What runs in a Ray worker's process: a worker and nothing else.

This module imports neither ray nor torch, so that the process starts fast and stays small.
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
    """What a worker says of itself when it is there.

    Attributes:
        pid: of its process.
        host: its machine's name.
        node: of the cluster, on which it is.
        fingerprint: of its arithmetic.
    """

    pid: int
    host: str
    node: str
    fingerprint: Fingerprint


class RemoteWorker:
    """A worker that opens its lanes with the first call and may lose them at any time.

    Calls carry all that they depend on: Ray restarts an actor whose process died with an empty
    state, and without a word.
    """

    def __init__(self, setup: bytes, lanes: int) -> None:
        """Keep the pickled set-up: Ray reports an error in a constructor as a dead actor."""
        self._setup = setup
        self._lanes = lanes
        self._worker: Worker | None = None

    def greet(self) -> Greeting:
        """Return a sign of life, and who gives it."""
        # A machine may have several nodes; Ray tells workers who started them.
        host = socket.gethostname()
        node = f"{host}/{os.environ.get('RAY_RAYLET_PID', '')}"
        return Greeting(os.getpid(), host, node, fingerprint())

    def evaluate(self, jobs: Sequence[Job | Gradient], number: int, start: int, stop: int) -> bytes:
        """Return the outcomes of candidates ``start`` to ``stop - 1`` of a job, as bytes.

        Of a gradient, these are slices of it.
        """
        job = jobs[number]
        if not isinstance(job, Job):
            return job.slices(start, stop).tobytes()
        worker = self._worker or Worker(pickle.loads(self._setup), self._lanes)
        self._worker = None  # lanes in which something raised are not used again
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
        """Close the environments; return what went wrong, if anything did."""
        worker, self._worker = self._worker, None
        return "" if worker is None else let_go([worker.close])
