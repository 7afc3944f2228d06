"""Modulators: each turns what happens in a life into a signal for the life's synapses.

Each modulator has a file of its own. To add one, write a file and list the modulator here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from metahebb.modulators.base import Modulator as Modulator
from metahebb.modulators.base import ModulatorLanes as ModulatorLanes
from metahebb.modulators.given import Given as Given
from metahebb.modulators.output import Output as Output
from metahebb.modulators.prediction_error import PredictionError as PredictionError
from metahebb.modulators.reward import Reward as Reward
from metahebb.registry import Registry

MODULATORS: Registry[type[Modulator]] = Registry(
    "modulator",
    {
        "reward": Reward,
        "prediction_error": PredictionError,
        "given": Given,
        "output": Output,
    },
    needs=("lanes",),
    optional=True,
)
"""All modulators that metahebb ships, by name."""

if TYPE_CHECKING:
    AnyModulator: TypeAlias = Modulator | None
else:
    AnyModulator = Annotated[Any, MODULATORS]
"""The type of a config's field that may hold any modulator, or None."""
