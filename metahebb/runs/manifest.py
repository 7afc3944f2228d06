"""The manifest: what made a run, so that somebody else can make it again."""

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
from typing import Any

import metahebb
from metahebb.fingerprint import Fingerprint, cpu_name, fingerprint, version_of
from metahebb.runs.config import RunConfig
from metahebb.runs.serial import from_json, to_json

PACKAGES = ("numpy", "numba", "mujoco", "gymnasium", "torch", "evotorch", "ray", "scipy")
LEADS = ("torch", "evotorch")
"""What takes part in the update of a center, and in no life."""

KEYS = (
    *("metahebb", "commit", "dirty", "command", "seed", "started", "versions", "machine"),
    *("generations", "env_steps", "elapsed_s"),
)
"""What every manifest of a run has."""


def make_manifest(seed: int) -> dict[str, Any]:
    """Return the manifest of a run that starts now; cost is filled in as it goes."""
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
        "generations": 0,
        "env_steps": 0,
        "elapsed_s": 0.0,
    }


def _program() -> list[str]:
    """Return the words with which this program was called: a name, or ``python -m PACKAGE``."""
    name = Path(sys.argv[0]).name
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return ["python", "-m", spec.parent] if name == "__main__.py" and spec else [name]


def as_read(config: RunConfig) -> RunConfig:
    """Return ``config`` as a run folder gives it back: a 1 given for a float comes back as 1.0."""
    return from_json(RunConfig, json.loads(json.dumps(to_json(config))))  # type: ignore[no-any-return]


def config_sha256(config: RunConfig) -> str:
    """Return the SHA-256 of ``config`` as a run folder gives it back, but for its generations.

    Generations are left out because a run may go on for longer; all else decides its numbers.
    """
    data = to_json(as_read(config))
    del data["generations"]
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


def own_fingerprint() -> Fingerprint:
    """Return the fingerprint of a process that leads a run: it moves the center, too."""
    return fingerprint() | {package: version_of(package) for package in LEADS}


def machine() -> dict[str, Any]:
    """Return what decides speed, and the bits of arithmetic: processor, cores, memory, system."""
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
            return None, None  # installed somewhere inside another project's checkout
        commit = _git(folder, "rev-parse", "HEAD")
        return commit, bool(_git(folder, "status", "--porcelain", "--untracked-files=no"))
    except (OSError, subprocess.SubprocessError):
        return None, None


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=True)
    return os.fsdecode(done.stdout).strip()  # perhaps a path
