# %% [markdown]
# # metahebb in ten cells
#
# metahebb makes networks that keep learning while they live: evolution finds the rules by which
# synapses change, and not the weights. Open this file in Jupyter (with jupytext) or VS Code, and
# run it cell by cell; or run all of it with `python docs/tour.py`. It takes some minutes on two
# cores. With fewer `GENERATIONS` it takes less time, and the ant walks less far.

# %% 1. Evolve an ant
# A preset is a task, a network and a search. Every flag of `metahebb evolve` is an argument here.
import metahebb as mh

GENERATIONS = 150
ant = mh.evolve("ant-quick", out="runs/tour/ant", seed=1, generations=GENERATIONS)
ant

# %% 2. How good is it?
# The ant lives 32 fresh lives, which selection has never seen. Each mean has a 95 % bootstrap
# interval.
ant.evaluate(lives=32)

# %% 3. Watch it
# Each life begins with random weights, and so the film shows a network that wires itself.
ant.film()

# %% 4. Look inside one life
# A life has arrays with names. Layers are counted from 1. A matrix has one row per postsynaptic
# unit and one column per presynaptic unit, (n_out, n_in).
life = ant.live()
change = abs(life.weights[1][-1] - life.weights[1][0]).mean()
print(life)
way = life.measures["distance"][-1]
print(f"a weight of layer 1 changed by {change:.3f} (mean); the ant came {way:.2f} m far")

# %% 5. What evolved?
# The run has the coefficients as arrays. `rules` says in words what they do to weights, and lives
# the same lives without each term of the rule.
print(ant.coefficients[1]["A"].shape, "coefficients A from the sensors to layer 1")
ant.rules(lives=8)

# %% 6. Hurt it
# A probe compares the same lives with and without it. Here, all weights become zero in mid-life.
ant.probe("zero_weights:at=125", lives=32)

# %% 7. A probe of your own
# A probe is a frozen dataclass that is called before every step. `moment` has the lanes in which
# lives go on at this step.
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Blink:
    """Close all senses for some steps."""

    at: int = 50
    steps: int = 25

    def __call__(self, moment):
        rows = moment.rows_within(self.at, self.steps)
        moment.task.observations[moment.lanes[rows]] = 0


ant.probe(Blink(at=100), lives=32)


# %% 8. A rule of your own
# A rule is one scalar function. Signals that a synapse senses stand before the slash, and
# coefficients that evolve stand after it.
@mh.rule
def oja_d(pre, post, weight, /, A, D, eta):
    """Oja's rule with a drift."""
    return eta * (A * post * (pre - post * weight) + D)


oja = mh.evolve(
    "cartpole", rule=oja_d, out="runs/tour/oja", seed=1, generations=min(GENERATIONS, 30)
)
oja.metrics

# %% 9. An environment of your own
# `env` is any Gymnasium environment: an id such as "Pendulum-v1", or a class.
import gymnasium


class Wind(gymnasium.Env):
    """Hold a point near 0 against a wind that differs from life to life."""

    observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (2,), np.float32)
    action_space = gymnasium.spaces.Box(-1, 1, (1,), np.float32)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.wind = self.np_random.uniform(-0.5, 0.5)
        self.place, self.speed, self.age = 0.0, 0.0, 0
        return np.zeros(2, np.float32), {}

    def step(self, action):
        self.speed = 0.9 * self.speed + 0.1 * (float(action[0]) + self.wind)
        self.place += 0.1 * self.speed
        self.age += 1
        seen = np.array([self.place, self.speed], np.float32)
        return seen, -abs(self.place), abs(self.place) > 2, self.age >= 200, {}


wind = mh.evolve(env=Wind, out="runs/tour/wind", generations=min(GENERATIONS, 20), finish=False)
wind.evaluate(lives=32)

# %% 10. Compare two arms over three seeds, and take the figure to a talk
# The bands in the figure are over seeds.
few = {"seeds": (0, 1, 2), "generations": min(GENERATIONS, 20), "finish": False}
mh.evolve("reversal", out="runs/tour/plastic", **few)
mh.evolve("reversal", out="runs/tour/static", rule="static", **few)
mh.compare(plastic="runs/tour/plastic", static="runs/tour/static", out="runs/tour/compare.pdf")
