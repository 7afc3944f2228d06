"""Small environments that misbehave in ways that were reported of real ones.

Each of them must lead to a clear error or to a whole run. Use one in a command: ``PYTHONPATH=tests
metahebb evolve --env odd_envs:NAME-v0 …``.
"""

import os
import subprocess
import sys
import time
from typing import ClassVar

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from gymnasium.envs.registration import register


class Plain(gym.Env):
    """A well-behaved environment (4 sensors, 2 outputs, 20 steps), the base of all others."""

    metadata: ClassVar = {"render_modes": ["rgb_array"], "render_fps": 20}
    observation_space = spaces.Box(-1, 1, (4,), np.float32)
    action_space = spaces.Box(-1, 1, (2,), np.float32)

    def __init__(self, render_mode=None, **options):
        self.render_mode, self.options, self.age = render_mode, options, 0

    def observe(self):
        return self.np_random.uniform(-1, 1, 4).astype(np.float32)

    def reward(self, action):
        return -float(np.sum(np.square(np.asarray(action, dtype=float))))

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.age = 0
        return self.observe(), {}

    def step(self, action):
        self.age += 1
        return self.observe(), self.reward(action), self.age >= 20, False, {}

    def render(self):
        frame = np.zeros((40, 60, 3), np.uint8)
        frame[:, : self.age % 60] = 255
        return frame


def env(name, **members):
    globals()[name] = type(name, (Plain,), members)
    register(id=f"{name}-v0", entry_point=f"{__name__}:{name}")


def elsewhere(self, **more):
    """Change the working directory, as bindings of simulators do when they load or reset."""
    os.chdir(os.environ["ELSEWHERE"])
    return Plain.reset(self, **more)


def raises(error):
    def step(self, action):
        raise error

    return step


def licence(self, action):
    raise ValueError("the simulator has no licence")


env("GoesElsewhere", reset=elsewhere)
env("GoesElsewhereAndFails", reset=elsewhere, step=licence)
env("ExitsWithZero", step=raises(SystemExit(0)))
env("ExitsWithThree", step=raises(SystemExit(3)))
env("Hangs", step=lambda self, action: time.sleep(10**6))
env("OneNumberForFour", observe=lambda self: np.float32(0.3))
env("NothingForFour", observe=lambda self: None)
env("BelowItsRange", observation_space=spaces.Discrete(5), observe=lambda self: -1)
env("AboveItsRange", observation_space=spaces.Discrete(5), observe=lambda self: 5)
env(
    "ComponentOutOfRange",
    observation_space=spaces.MultiDiscrete([3, 3, 3]),
    observe=lambda self: np.array([5, 0, 0]),
)
env(
    "DiscreteAsArray",
    observation_space=spaces.Discrete(5),
    observe=lambda self: np.array([self.np_random.integers(5)]),
)
env("TooLong", observe=lambda self: np.zeros(5, np.float32))
env("TooShort", observe=lambda self: np.zeros(3, np.float32))
env("WordsForNumbers", observe=lambda self: "hello")
env(
    "MixedKeys",
    observation_space=spaces.Dict({"a": spaces.Discrete(3), 1: spaces.Box(-1, 1, (2,))}),
    observe=lambda self: {"a": 1, 1: np.zeros(2, np.float32)},
)
env(
    "MissingKey",
    observation_space=spaces.Dict(a=spaces.Discrete(3), b=spaces.Box(-1, 1, (2,))),
    observe=lambda self: {"a": 1},
)
env("SeesNan", observe=lambda self: np.full(4, np.nan, np.float32))
env("PaysNan", reward=lambda self, action: float("nan"))
env(
    "NoSensors",
    observation_space=spaces.Box(-1, 1, (0,)),
    observe=lambda self: np.zeros(0, np.float32),
)
env("UnboundedActions", action_space=spaces.Box(-np.inf, np.inf, (2,), np.float32))
env("HalfBoundedActions", action_space=spaces.Box(0, np.inf, (2,), np.float32))
env("ListOfFrames", render=lambda self: [np.zeros((40, 60, 3), np.uint8)])


class Spawns(Plain):
    """An environment with a child process, which close() ends, as many simulators have it."""

    def __init__(self, **options):
        super().__init__(**options)
        self.child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])

    def close(self):
        self.child.kill()
        self.child.wait()


register(id="Spawns-v0", entry_point=f"{__name__}:Spawns")
