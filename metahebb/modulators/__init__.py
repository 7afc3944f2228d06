"""What a life tells its synapses: modulators, one per file; to add one, list it here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from metahebb.modulators.base import Modulator as Modulator
from metahebb.modulators.base import ModulatorLanes as ModulatorLanes
from metahebb.modulators.prediction_error import PredictionError as PredictionError
from metahebb.modulators.reward import Reward as Reward
from metahebb.registry import Registry

MODULATORS: Registry[type[Modulator]] = Registry(
    "modulator",
    {
        "reward": Reward,
        "prediction_error": PredictionError,
    },
    needs=("lanes",),
    optional=True,
)
"""All shipped modulators by name."""

if TYPE_CHECKING:
    AnyModulator: TypeAlias = Modulator | None
else:
    AnyModulator = Annotated[Any, MODULATORS]
"""The type of a config's field that may hold any modulator, or none."""
