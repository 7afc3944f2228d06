"""Small environments that exit, hang or panic, each in one of its methods or in its constructor.

Use one in a command: ``PYTHONPATH=tests metahebb evolve --env leaving_envs:NAME-v0 …``.
"""

import os
import pathlib
import subprocess
import sys
import time

from gymnasium import spaces
from gymnasium.envs.registration import register
from odd_envs import Plain

CHILD = [sys.executable, "-c", "import time; time.sleep(600)  # a simulator"]


class PanicError(BaseException):
    """An error that is no Exception, as environments that are written in Rust raise it."""


def add(name, *bases, **members):
    globals()[name] = type(name, (*bases, Plain), members)
    register(id=f"{name}-v0", entry_point=f"{__name__}:{name}")


def exits(self, *_, **more):
    sys.exit(3)


def hangs(self, *_, **more):
    if "HANGS" in os.environ:
        pathlib.Path(os.environ["HANGS"]).touch()
    time.sleep(10**6)


def panics(self, *_, **more):
    raise PanicError("unwrap on None")


def fails(self, *_, **more):
    raise ValueError("closed already")


class Spawning(Plain):
    """An environment with a child process, which close() ends."""

    most = None  # number of environments that may still be made; None for no limit

    def __init__(self, **options):
        super().__init__(**options)
        if self.most is not None:
            type(self).most -= 1
            if self.most < 0:
                sys.exit(3)
        self.child = subprocess.Popen(CHILD)

    def close(self):
        self.child.kill()
        self.child.wait()


def says_closed(self):
    with pathlib.Path(os.environ["CLOSED"]).open("a") as file:
        file.write("closed\n")


def exits_for_some(self, *, seed=None, options=None):
    if seed % 4 == 0:
        sys.exit(0)
    return Plain.reset(self, seed=seed)


def interrupts(self, *_, **more):
    raise KeyboardInterrupt


for where in ("__init__", "reset", "step", "render", "close"):
    word = where.strip("_").capitalize()
    add(f"ExitsIn{word}", **{where: exits})
    add(f"HangsIn{word}", **{where: hangs})
    add(f"PanicsIn{word}", **{where: panics})
add("FailsInClose", close=fails)
add("SpawnsAndHangs", Spawning, step=hangs)
add("SpawnsAndExits", Spawning, step=exits)
add("SpawnsAndIsRefused", Spawning, action_space=spaces.MultiBinary(3))
add("ExitsForSome", Spawning, reset=exits_for_some)
add("InterruptsInStep", step=interrupts)
add("SpawnsFew", Spawning)
add("SaysClosed", close=says_closed)
