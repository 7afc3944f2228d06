"""A private Ray for rows of the benchmark, and a count of the bytes that Ray serializes."""

from __future__ import annotations

import collections
import contextlib
import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import ray
from ray._private.serialization import SerializationContext

from metahebb.bench.scale.lives import Lives, VirtualWorker
from metahebb.errors import ProgressError
from metahebb.evolution.backends.alike import Alike
from metahebb.evolution.backends.base import Job
from metahebb.evolution.backends.ray import _Actors, start_local

THREADS = 128
"""The largest number of virtual workers in one process."""
_READY_S = 120.0


@contextlib.contextmanager
def local_ray(cpus: int) -> Iterator[None]:
    """Run a private Ray with ``cpus`` cores on this machine inside the block."""
    start_local(cpus)
    try:
        yield
    finally:
        ray.shutdown()


@contextlib.contextmanager
def virtual_workers(lives: Lives, workers: int) -> Iterator[_Actors]:
    """Hire ``workers`` workers that sleep through ``lives``, in a few processes of the present Ray.

    The pool is that of a run, but its actors are `VirtualWorker`s, which run calls in threads.
    """
    remote: Any = ray.remote(VirtualWorker)
    threaded = remote.options(num_cpus=0, max_concurrency=THREADS)
    hired = [threaded.remote() for _ in range(-(-workers // THREADS))]
    shared = itertools.cycle(hired)
    pool = _Actors(lambda: next(shared), workers, Alike(workers, allowed=False))
    deadline = time.monotonic() + _READY_S
    while len(pool.pids) < workers:
        pool.receive()
        if time.monotonic() > deadline:
            raise ProgressError(
                f"expected {workers} virtual workers within {_READY_S:.0f} s, got "
                f"{len(pool.pids)}; see that the machine has nothing else to do"
            )
    reference = ray.put([lives])
    pool.jobs = collections.defaultdict(lambda: reference)  # the same for each round
    try:
        yield pool
    finally:
        for handle in hired:
            ray.kill(handle)


def asking_s(pool: _Actors, times: int) -> list[float]:
    """Ask Ray ``times`` times which replies are there; return the seconds of each, ``(times,)``."""
    due, took = list(pool._due), []
    for _ in range(times):
        began = time.perf_counter()
        ray.wait(due, num_returns=min(32, len(due)), timeout=0)
        took.append(time.perf_counter() - began)
    return took


@dataclass
class Traffic:
    """Bytes that this process exchanged with its workers through Ray's serializer.

    Attributes:
        jobs: bytes of the jobs of each round, which go to each node once.
        sent: bytes of all other arguments.
        received: bytes of replies.
    """

    jobs: list[int] = field(default_factory=list)
    sent: int = 0
    received: int = 0


@contextlib.contextmanager
def counted() -> Iterator[Traffic]:
    """Count the bytes that this process exchanges with its workers inside the block."""
    traffic = Traffic()
    serialize = SerializationContext.serialize
    deserialize = SerializationContext.deserialize_objects

    def counting_serialize(self: Any, value: Any) -> Any:
        serialized = serialize(self, value)
        if isinstance(value, tuple) and value and isinstance(value[0], Job):
            traffic.jobs.append(serialized.total_bytes)
        else:
            traffic.sent += serialized.total_bytes
        return serialized

    def counting_deserialize(self: Any, objects: Any, *rest: Any) -> Any:
        traffic.received += sum(len(data) for data, *_ in objects if data is not None)
        return deserialize(self, objects, *rest)

    context: Any = SerializationContext
    context.serialize, context.deserialize_objects = counting_serialize, counting_deserialize
    try:
        yield traffic
    finally:
        context.serialize, context.deserialize_objects = serialize, deserialize
