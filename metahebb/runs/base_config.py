"""What the configs of all kinds of runs have."""

from __future__ import annotations

from typing import Any, ClassVar, Protocol, TypeVar

from metahebb.networks import AnyNetwork
from metahebb.tasks.base import Task


class Config(Protocol):
    """The config of a run of any kind."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def task(self) -> Task:
        """The task in which networks live."""

    @property
    def network(self) -> AnyNetwork:
        """The network that lives in the task."""

    @property
    def seed(self) -> int:
        """The seed of all random numbers."""


C = TypeVar("C", bound=Config)
"""The type of a run's config, where a function returns a config of the kind that it was given."""
