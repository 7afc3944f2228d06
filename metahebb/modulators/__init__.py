"""What a life tells its synapses: modulators, one per file; to add one, list it here."""

from __future__ import annotations

from typing import TypeAlias

from metahebb.modulators.base import Modulator as Modulator
from metahebb.modulators.base import ModulatorLanes as ModulatorLanes
from metahebb.modulators.prediction_error import PredictionError as PredictionError
from metahebb.modulators.reward import Reward as Reward

AnyModulator: TypeAlias = Reward | PredictionError
"""Every modulator that a run's config may hold."""

MODULATORS: dict[str, type[AnyModulator]] = {
    "reward": Reward,
    "prediction_error": PredictionError,
}
"""All shipped modulators by name."""
