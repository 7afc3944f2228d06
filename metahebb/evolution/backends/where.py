"""From flags to a backend."""

from __future__ import annotations

from dataclasses import dataclass

from metahebb.errors import InputError
from metahebb.evolution.backends.base import Backend
from metahebb.worker import Setup


@dataclass(frozen=True)
class Where:
    """Where lives are lived; none of it changes a number, unless machines may be mixed."""

    workers: int = 0
    """Ray workers; 0: threads of this process, without the seconds that starting Ray costs."""
    threads: int = 0
    """Threads where there are no workers; 0: one per core."""
    lanes: int = 16
    """Lives at a time per thread or worker."""
    address: str | None = None
    """A Ray cluster to join: auto, or host:port; none: a private one on this machine."""
    allow_heterogeneous: bool = False
    """Work with Ray workers of another processor class or versions, too: bits then depend on which
    of them does what."""

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
        """Set what must be set before EvoTorch, and with it Ray, is imported."""
        from metahebb.evolution.backends.environment import prepare_environment

        prepare_environment(joins_cluster=bool(self.address))
