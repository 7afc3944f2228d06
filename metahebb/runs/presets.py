"""Presets: configurations of runs by name, which flags can change."""

from __future__ import annotations

from metahebb.errors import unknown_name
from metahebb.evolution.config import SearchConfig
from metahebb.modulators import Reward
from metahebb.networks import Convolutional, FeedForward
from metahebb.plasticity import Bounds
from metahebb.plasticity.rules import RULES
from metahebb.runs.config import RunConfig, Stage
from metahebb.tasks import Bandit, CarRacing, GymTask, Locomotion, Reversal

CARTPOLE = RunConfig(
    task=GymTask("CartPole-v1"),
    network=FeedForward(hidden=(16,), output="linear"),
    search=SearchConfig(popsize=64, learning_rate=0.05, stdev=0.1),
    generations=30,
)

REVERSAL = RunConfig(
    task=Reversal(),
    network=FeedForward(hidden=(8,)),
    search=SearchConfig(popsize=64, stdev=0.1, learning_rate=0.05),
    episodes=2,
    generations=40,
)

BANDIT = RunConfig(
    task=Bandit(),
    network=FeedForward(hidden=(), rule=RULES["reward_abcd"]),
    search=SearchConfig(popsize=64, stdev=0.1, learning_rate=0.1),
    episodes=4,
    generations=120,
    modulator=Reward(),
)

# With two small hidden layers, there are 7,520 genes instead of 60,800, and the same population
# gives a far better gradient (at generation 90, the ant walks 4 m; with layers of 128 and 64, 0.3
# m; seed 0).
ANT_QUICK = RunConfig(
    task=Locomotion("ant", integrator="implicitfast", max_steps=250),
    network=FeedForward(hidden=(32, 16)),
    search=SearchConfig(popsize=128, learning_rate=0.03),
    generations=150,
)

ANT = RunConfig(
    task=Locomotion("ant", damages=("intact", "short_fourth_ankle")),
    network=FeedForward(),
    search=SearchConfig(popsize=500),
    schedule=(
        Stage(0, 250, ("intact",)),
        Stage(150, 400),
        Stage(300, 1000),
    ),
    generations=600,
)

ANT_FAITHFUL = RunConfig(
    task=Locomotion(
        "ant",
        damages=("intact", "short_fourth_ankle"),
        ending="stalled",
        burn_in=40,
        max_steps=960,
    ),
    network=FeedForward(normalization=Bounds("none")),
    search=SearchConfig(
        popsize=500,
        stdev=0.1,
        stdev_decay=0.999,
        stdev_floor=0.01,
        learning_rate=0.2,
        learning_rate_decay=0.995,
        learning_rate_floor=0.001,
        optimizer="sgd",
        ranking="standardized",
        initial_stdev=1.0,
    ),
    generations=500,
)

# A car learns to move with a large stdev, and to steer with a small one (study car_racing).
CAR_RACING = RunConfig(
    task=CarRacing(),
    network=Convolutional(output="linear"),
    search=SearchConfig(
        popsize=128,
        stdev=0.1,
        stdev_decay=0.985,
        stdev_floor=0.03,
        learning_rate=0.06,
        learning_rate_decay=0.985,
        learning_rate_floor=0.01,
        initial_stdev=0.3,
    ),
    generations=300,
)

PRESETS: dict[str, tuple[RunConfig, str]] = {
    "cartpole": (CARTPOLE, "a plastic pole balancer, within seconds"),
    "reversal": (REVERSAL, "finds out by plasticity which way its actuator works, within seconds"),
    "bandit": (BANDIT, "learns from reward alone which cue asks for which action, within seconds"),
    "ant-quick": (ANT_QUICK, "a Hebbian ant that walks within minutes on two cores"),
    "ant": (ANT, "the clean recipe at full size: two bodies, curriculum, RK4 physics"),
    "car-racing": (CAR_RACING, "drives from pixels: 1,362 inherited and 456,640 plasticity genes"),
    "ant-faithful": (ANT_FAITHFUL, "the settings of Najarro & Risi's public code, on MuJoCo's ant"),
}
"""Presets by name, each with one line of description."""


def preset(name: str) -> RunConfig:
    """Return the preset called ``name``.

    Raises:
        InputError: there is no such preset; the error suggests the nearest name.
    """
    if name not in PRESETS:
        raise unknown_name("preset", name, PRESETS)
    return PRESETS[name][0]
