"""metahebb: networks that keep learning while they live, by plasticity rules that evolve.

    import metahebb as mh

    run = mh.evolve("cartpole", seed=1, out="runs/a")
    run.evaluate(lives=32)
    life = run.live()

Importing this module imports nothing heavy: each name is loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from metahebb.api.comparing import Comparison as Comparison
    from metahebb.api.comparing import compare as compare
    from metahebb.api.evolve import estimate as estimate
    from metahebb.api.evolve import evolve as evolve
    from metahebb.api.evolve import presets as presets
    from metahebb.api.learn import learn as learn
    from metahebb.api.learn import open_any as open  # noqa: F401  not in __all__, see there
    from metahebb.api.learned import LearnedRun as LearnedRun
    from metahebb.api.run import Run as Run
    from metahebb.api.runs import Runs as Runs
    from metahebb.api.runs import open_all as open_all
    from metahebb.api.tuning import Tuning as Tuning
    from metahebb.api.tuning import tune as tune
    from metahebb.errors import InputError as InputError
    from metahebb.errors import MetahebbError as MetahebbError
    from metahebb.evolution.config import SearchConfig as SearchConfig
    from metahebb.modulators import PredictionError as PredictionError
    from metahebb.modulators import Reward as Reward
    from metahebb.networks import Convolutional as Convolutional
    from metahebb.networks import FeedForward as FeedForward
    from metahebb.networks import Gated as Gated
    from metahebb.networks import Rate as Rate
    from metahebb.networks import Recurrent as Recurrent
    from metahebb.neurons import neuron as neuron
    from metahebb.plasticity import Bounds as Bounds
    from metahebb.plasticity import bounded as bounded
    from metahebb.plasticity import positive as positive
    from metahebb.plasticity import rule as rule
    from metahebb.runs.config import RunConfig as RunConfig
    from metahebb.runs.config import Stage as Stage
    from metahebb.runs.learn_config import LearnConfig as LearnConfig
    from metahebb.tasks import Bandit as Bandit
    from metahebb.tasks import CarRacing as CarRacing
    from metahebb.tasks import GymTask as GymTask
    from metahebb.tasks import Locomotion as Locomotion
    from metahebb.tasks import Reversal as Reversal

__version__ = "0.1.0"

_HOMES = {
    "metahebb.api.comparing": ("Comparison", "compare"),
    "metahebb.api.evolve": ("estimate", "evolve", "presets"),
    "metahebb.api.learn": ("learn", "open_any as open"),
    "metahebb.api.learned": ("LearnedRun",),
    "metahebb.api.run": ("Run",),
    "metahebb.api.runs": ("Runs", "open_all"),
    "metahebb.api.tuning": ("Tuning", "tune"),
    "metahebb.errors": ("InputError", "MetahebbError"),
    "metahebb.evolution.config": ("SearchConfig",),
    "metahebb.modulators": ("PredictionError", "Reward"),
    "metahebb.networks": ("Convolutional", "FeedForward", "Gated", "Rate", "Recurrent"),
    "metahebb.neurons": ("neuron",),
    "metahebb.plasticity": ("Bounds", "bounded", "positive", "rule"),
    "metahebb.runs.config": ("RunConfig", "Stage"),
    "metahebb.runs.learn_config": ("LearnConfig",),
    "metahebb.tasks": ("Bandit", "CarRacing", "GymTask", "Locomotion", "Reversal"),
}
"""The names that this module offers, by the module that has them."""
_PLACES = {
    name.rpartition(" ")[2]: (home, name.partition(" ")[0])
    for home, names in _HOMES.items()
    for name in names
}

# Without open: ``from metahebb import *`` must not take the place of Python's own.
__all__ = sorted([*(name for name in _PLACES if name != "open"), "__version__"])


def __getattr__(name: str) -> Any:
    """Return one of the names above, and load the module that has it."""
    if name not in _PLACES:
        raise AttributeError(f"module 'metahebb' has no attribute {name!r}; see dir(metahebb)")
    home, original = _PLACES[name]
    value = globals()[name] = getattr(importlib.import_module(home), original)
    return value


def __dir__() -> list[str]:
    """Return what this module offers."""
    return sorted([*__all__, "open"])
