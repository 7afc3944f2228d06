"""Presets: configurations of runs by name, which flags can change."""

from __future__ import annotations

from metahebb.errors import unknown_name
from metahebb.evolution.config import SearchConfig
from metahebb.modulators import PredictionError, Reward
from metahebb.networks import Convolutional, FeedForward, Rate
from metahebb.neurons import NEURONS
from metahebb.plasticity import Bounds
from metahebb.plasticity.rules import RULES
from metahebb.runs.config import RunConfig, Stage
from metahebb.tasks import Bandit, CarRacing, GymTask, Locomotion, Pairs, Reversal
from metahebb.tasks.trials.pairs import TRAINING

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

# A generation lives with two functions, one of them the negation of the other. A network that does
# not learn is then right in half of its trials, whatever its weights are.
_PAIRS = Pairs(trials=120, counted=40)
PAIRS = RunConfig(
    task=_PAIRS,
    network=Rate(
        hidden=(40,),
        rule=RULES["gained_perturbation"].with_constants(eta=0.1),
        birth="coevolved",
        neuron=NEURONS["perturbed"].with_constants(
            tau=100.0, dt=20.0, amplitude=0.5, rate=5.0, inside=0.0
        ),
        biases=(1.0,),
        plastic_senses=True,
    ),
    search=SearchConfig(popsize=96, stdev=0.04, learning_rate=0.02, initial_stdev=0.24),
    schedule=tuple(
        Stage(generation, _PAIRS.max_steps, (TRAINING[number], TRAINING[-1 - number]))
        for generation in range(250)
        for number in (generation % (len(TRAINING) // 2),)
    ),
    generations=250,
    modulator=PredictionError(keep=0.9, scale_by_mean=True, warm_up=8, begin_with_first=True),
)

PRESETS: dict[str, tuple[RunConfig, str]] = {
    "cartpole": (CARTPOLE, "a plastic pole balancer, within seconds"),
    "reversal": (REVERSAL, "finds out by plasticity which way its actuator works, within seconds"),
    "bandit": (BANDIT, "learns from reward alone which cue asks for which action, within seconds"),
    "pairs": (PAIRS, "innate weights and gains from which a network learns any function by reward"),
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
