"""The configs that results keep: a schedule that repeats is kept as its cycle, and reads back."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from committed_results import RESULTS

from experiments.kit.configs import Cycle, compact, cycle_of, read_config, read_configs
from experiments.protocols.arms import ARMS
from experiments.protocols.legs.bodies import ONE, WEAKENED, Fold
from experiments.protocols.legs.budgets import BUDGETS
from experiments.protocols.legs.runs import run_config
from metahebb.errors import InputError
from metahebb.runs.config import RunConfig, Stage
from metahebb.runs.manifest import config_sha256
from metahebb.runs.presets import CARTPOLE
from metahebb.runs.serial import to_json

QUICK = BUDGETS["quick"]
KEPT = [file for file in sorted(RESULTS.glob("*/config.json")) if file.parent.name != "scale"]
"""The study of scale evolves nothing."""


def config_of(fold: Fold, generations: int) -> RunConfig:
    return run_config(QUICK, ARMS["hebbian"], fold, 0, generations)


@pytest.mark.parametrize(
    ("fold", "generations", "turn"), [(WEAKENED[3], 120, 5), (WEAKENED[0], 13, 5), (ONE[1], 7, 1)]
)
def test_a_schedule_that_repeats_is_kept_as_its_cycle(
    fold: Fold, generations: int, turn: int
) -> None:
    config = config_of(fold, generations)
    kept = json.loads(json.dumps(compact(config)))
    assert kept["schedule"]["every"] == len(kept["schedule"]["stages"]) == turn
    assert kept["schedule"]["count"] == generations
    assert read_config(kept) == config
    assert to_json(read_config(kept)) == to_json(config)


def test_other_schedules_are_kept_as_they_are() -> None:
    for schedule in ((), (Stage(0, 20),), (Stage(0, 20), Stage(9, 30), Stage(10, 20))):
        assert cycle_of(schedule) is None
    config = config_of(WEAKENED[3], 4)  # not a whole turn
    assert compact(config) == to_json(config)
    assert read_config(to_json(config)) == config
    assert read_config(compact(CARTPOLE)) == CARTPOLE


def test_stages_of_several_lengths_repeat_too() -> None:
    turn = Stage(0, 20), Stage(3, 40, ("intact",))
    later = Stage(10, 20), Stage(13, 40, ("intact",)), Stage(20, 20)
    cycle = cycle_of((*turn, *later))
    assert cycle == Cycle(("0:20", "3:40:intact"), 10, 5)
    assert cycle.schedule() == (*turn, *later)


def test_a_cycle_without_stages_is_refused() -> None:
    data = compact(config_of(WEAKENED[3], 20))
    data["schedule"]["stages"] = []
    with pytest.raises(InputError, match=r"expected stages at config.schedule, got none"):
        read_config(data)


def test_a_run_folder_keeps_the_schedule_that_it_always_had() -> None:
    """Finished runs of the walking studies open: a run is known by the hash of its whole config."""
    config = config_of(WEAKENED[3], 120)
    text = json.dumps(to_json(config.schedule))
    assert hashlib.sha256(text.encode()).hexdigest().startswith("682b10f940bdf614")
    assert config_sha256(read_config(compact(config))) == config_sha256(config)


@pytest.mark.parametrize("file", KEPT, ids=lambda file: file.parent.name)
def test_configs_of_results_are_compact_and_open(file: Path) -> None:
    configs = read_configs(file)
    assert configs
    # The texts of a rule and of a neuron may come to that.
    assert file.stat().st_size < 3_000 * (1 + len(configs))
    for config in configs.values():
        assert read_config(compact(config)) == config
