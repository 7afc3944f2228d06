"""A private Ray for rows that need one, and the bytes that go through its serialiser."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import ray
from ray._private.serialization import SerializationContext

from metahebb.evolution.backends.base import Job
from metahebb.evolution.backends.ray import start_local


@contextlib.contextmanager
def local_ray(cpus: int) -> Iterator[None]:
    """Have a private Ray of ``cpus`` cores on this machine, ended afterwards."""
    start_local(cpus)
    try:
        yield
    finally:
        ray.shutdown()


@dataclass
class Traffic:
    """Bytes that this process gave to Ray's serialiser and got from it.

    Attributes:
        jobs: of the jobs of each round, which go to each node once.
        sent: of all other arguments.
        received: of replies.
    """

    jobs: list[int] = field(default_factory=list)
    sent: int = 0
    received: int = 0


@contextlib.contextmanager
def counted() -> Iterator[Traffic]:
    """Count what this process exchanges with its workers meanwhile."""
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
