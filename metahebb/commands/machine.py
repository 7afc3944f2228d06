"""``metahebb presets`` lists presets, and ``metahebb doctor`` checks this machine."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from metahebb.commands.orphans import orphans
from metahebb.fingerprint import NOT_COMPARED, fingerprint, summary
from metahebb.runs.learn_presets import LEARN_PRESETS
from metahebb.runs.manifest import PACKAGES, machine
from metahebb.runs.presets import PRESETS
from metahebb.settings.parsing import parse

OPTIONAL = ("tensorboard", "wandb", "mlflow-skinny")


@dataclass(frozen=True)
class Presets:
    """List the presets."""


@dataclass(frozen=True)
class Doctor:
    """Check this machine: versions, cores, kernel cache, physics, rendering."""


def presets(subject: str, rest: list[str]) -> int:
    """Print the name and a description of each preset."""
    parse(Presets, Presets(), rest, "metahebb presets")
    groups: dict[str, dict[str, tuple[object, str]]] = {
        "metahebb evolve": {**PRESETS},
        "metahebb learn": {**LEARN_PRESETS},
    }
    width = max(len(name) for group in groups.values() for name in group)
    for number, (command, group) in enumerate(groups.items()):
        print(f"{'' if number == 0 else chr(10)}{command}")
        for name, (_, description) in group.items():
            print(f"  {name:{width}}  {description}")
    return 0


def doctor(subject: str, rest: list[str]) -> int:
    """Print a line per check, and return 0 if runs are possible on this machine, else 2."""
    parse(Doctor, Doctor(), rest, "metahebb doctor")
    here = machine()
    print(f"machine    {here['cpu']}, {here['cores']} cores, {here['memory_gb']} GB")
    print(f"system     {here['platform']}")
    missing = 0
    for package in (*PACKAGES, *OPTIONAL):
        try:
            print(f"{package:10} {version(package)}")
        except PackageNotFoundError:
            needed = package in PACKAGES
            missing += needed
            print(f"{package:10} {'MISSING: pip install metahebb' if needed else 'not installed'}")
    for left in orphans():
        print(f"orphan     {left.name} of {left.session}, which has ended: kill {left.pid}")
    checks: dict[str, Callable[[], str]] = {
        "cache": _cache,
        "kernel": _kernel,
        "arithmetic": _arithmetic,
        "physics": _physics,
        "rendering": _rendering,
    }
    failed = 0
    for name, check in checks.items():
        try:
            print(f"{name:10} {check()}")
        except Exception as error:
            failed += 1
            print(f"{name:10} FAILED: {type(error).__name__}: {error}")
    return 2 if failed or missing else 0


def _cache() -> str:
    from metahebb.compiler import cache_folder

    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    writable = os.access(folder, os.W_OK)
    return f"{folder}" if writable else f"{folder} cannot be written; set METAHEBB_CACHE"


def _kernel() -> str:
    from metahebb.networks import FeedForward

    began = time.perf_counter()
    FeedForward().lanes(27, 8, 1)
    return f"compiled or loaded in {time.perf_counter() - began:.1f} s"


def _arithmetic() -> str:
    """Return the fingerprint, with a line for each part that `doctor` shows nowhere else."""
    own = fingerprint()
    parts = [f"{k} {v}" for k, v in own.items() if k not in (*NOT_COMPARED, *PACKAGES)]
    return "\n             ".join([f"fingerprint {summary(own)}", *parts])


def _physics() -> str:
    import numpy as np

    from metahebb.tasks import Locomotion

    task = Locomotion("ant", integrator="implicitfast").lanes(1)
    lane = np.zeros(1, np.intp)
    task.reset(lane, [0], lane)
    began = time.perf_counter()
    for _ in range(200):
        task.step(np.zeros((1, 8), np.float32), lane)
    return f"{200 / (time.perf_counter() - began):,.0f} env steps/s on one core, one lane"


def _rendering() -> str:
    from metahebb.report.gl import gl_backend

    backend = gl_backend()
    return f"MuJoCo with {backend}" if backend else "no GL found; films are drawn stick figures"
