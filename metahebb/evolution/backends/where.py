"""The flags that say where lives are lived, and the backend that follows from them."""

from __future__ import annotations

from dataclasses import dataclass

from metahebb.errors import InputError
from metahebb.evolution.backends.base import Backend
from metahebb.worker import Setup


@dataclass(frozen=True)
class Where:
    """The place where lives are lived; it changes no number, unless machines may be mixed."""

    workers: int = 0
    """Number of Ray workers; 0 for threads of this process, which start without Ray's delay."""
    threads: int = 0
    """Number of threads if there are no workers; 0 for one per core."""
    lanes: int = 16
    """Number of lives that each thread or worker advances together."""
    address: str | None = None
    """Address of a Ray cluster to join: auto, or host:port; none for a private Ray here."""
    allow_heterogeneous: bool = False
    """Whether Ray workers with another class of processor or other versions may work, too; the bits
    then depend on which worker does what."""

    def __post_init__(self) -> None:
        """Check every field."""
        for name, least in (("workers", 0), ("threads", 0), ("lanes", 1)):
            if getattr(self, name) < least:
                raise InputError(f"expected {name} of at least {least}, got {getattr(self, name)}")
        if self.address and not self.workers:
            raise InputError("expected --workers N with --address, got 0; say how many to start")
        if self.allow_heterogeneous and not self.workers:
            raise InputError(
                "expected --workers N with --allow-heterogeneous, got 0; leave it out: threads of "
                "one process compute alike"
            )

    def backend(self, setup: Setup) -> Backend:
        """Start the backend."""
        if not self.workers:
            from metahebb.evolution.backends.in_process import InProcess

            return InProcess(setup, self.threads, self.lanes)
        from metahebb.evolution.backends.ray import RayWorkers

        return RayWorkers(
            setup,
            self.workers,
            lanes=self.lanes,
            address=self.address,
            allow_heterogeneous=self.allow_heterogeneous,
        )

    def prepare(self) -> None:
        """Set the environment variables for Ray, before EvoTorch imports Ray."""
        from metahebb.evolution.backends.environment import prepare_environment

        prepare_environment(joins_cluster=bool(self.address))
