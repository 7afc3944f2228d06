"""The manifest of a run: the command, versions and machine that made it, and what it cost."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shlex
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import metahebb
from metahebb.fingerprint import Fingerprint, cpu_name, fingerprint, version_of
from metahebb.runs.serial import from_json, to_json

T = TypeVar("T")

PACKAGES = ("numpy", "numba", "mujoco", "gymnasium", "torch", "evotorch", "ray", "scipy")
LEADS = ("torch", "evotorch")
"""Packages that take part in updates of the center, and in no life."""

_FACTS = ("metahebb", "commit", "dirty", "command", "seed", "started", "versions", "machine")


def keys_of(unit: str) -> tuple[str, ...]:
    """Return the keys that every manifest of a run has, whose length is counted in ``unit``."""
    return (*_FACTS, unit, "env_steps", "elapsed_s")


def make_manifest(seed: int, unit: str = "generations") -> dict[str, Any]:
    """Return the manifest of a run that starts now, with a cost of 0, which the run updates.

    ``unit`` is the name under which the run's length is counted: ``generations`` or ``trials``.
    """
    commit, dirty = _commit()
    return {
        "metahebb": metahebb.__version__,
        "commit": commit,
        "dirty": dirty,
        "command": shlex.join([*_program(), *sys.argv[1:]]),
        "seed": seed,
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {
            "python": platform.python_version(),
            **{package: version_of(package) for package in PACKAGES},
        },
        "machine": machine(),
        unit: 0,
        "env_steps": 0,
        "elapsed_s": 0.0,
    }


def _program() -> list[str]:
    """Return the words with which this program was called: a name, or ``python -m PACKAGE``."""
    name = Path(sys.argv[0]).name
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return ["python", "-m", spec.parent] if name == "__main__.py" and spec else [name]


def as_read(config: T) -> T:
    """Return ``config`` as it is after writing and reading: a float given as 1 becomes 1.0."""
    return from_json(type(config), json.loads(json.dumps(to_json(config))))  # type: ignore[no-any-return]


def config_sha256(config: object, unit: str = "generations") -> str:
    """Return the SHA-256 of ``config`` as a run folder keeps it, without its length.

    The length, in ``unit``, is left out because a run may be extended; all other fields decide its
    numbers.
    """
    data = to_json(as_read(config))
    del data[unit]
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


def own_fingerprint() -> Fingerprint:
    """Return this process's fingerprint, with the versions of packages that move the center."""
    return fingerprint() | {package: version_of(package) for package in LEADS}


def machine() -> dict[str, Any]:
    """Return the facts that decide speed and bits: processor, cores, memory, system."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cpu": cpu_name(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(memory / 2**30, 1),
        "platform": platform.platform(),
    }


def _commit() -> tuple[str | None, bool | None]:
    """Return the package's git commit and whether files differ from it; None outside a checkout."""
    folder = Path(metahebb.__file__).parent
    try:
        if Path(_git(folder, "rev-parse", "--show-toplevel")) != folder.parent:
            return None, None  # metahebb lies inside the checkout of another project
        commit = _git(folder, "rev-parse", "HEAD")
        return commit, bool(_git(folder, "status", "--porcelain", "--untracked-files=no"))
    except (OSError, subprocess.SubprocessError):
        return None, None


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=True)
    return os.fsdecode(done.stdout).strip()  # the output may be a path
