"""The world of a run: files that its config names, and versions of its environment's code.

The manifest has the hashes of the files, and the versions, under ``world``, so that later commands
can warn of a change. Files that a named file includes, and packages that the environment's package
depends on, do not belong to the world.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import packages_distributions

import gymnasium
from gymnasium.envs.registration import find_highest_version, get_env_id, parse_env_id

from metahebb.errors import InputError
from metahebb.fingerprint import PACKAGES, version_of
from metahebb.paths import absolute
from metahebb.runs.base_config import Config
from metahebb.tasks.base import Foreign

World = dict[str, str]
"""The version of each package, and ``sha256:...`` of each file or module without a package, by
name."""

_SHOWN = len("sha256:") + 12
_ABSENT = "absent"
_OURS = ("metahebb", "gymnasium")
"""Modules that the manifest lists elsewhere with their versions."""


def world_of(config: Config) -> World:
    """Return the world of ``config``, which is empty for the tasks that metahebb brings along.

    The world consists of the files that arguments of the environment name, and of the package that
    the environment's code comes from. If the code belongs to no package (a user's own file, for
    example), the world has the file of the code instead.
    """
    task = config.task
    if not isinstance(task, Foreign):
        return {}
    named = {value for body in task.bodies for value in task.kwargs_of(body).values()}
    texts = sorted(value for value in named if isinstance(value, str))
    files = {text: digest for text in texts if (digest := _digest(_path_of(text))) != _ABSENT}
    return files | dict(_code_of(task.env_id))


def changes(began: Mapping[str, str], now: Mapping[str, str]) -> str:
    """Return in words how ``now`` differs from ``began``; an empty text if nothing changed.

    Names that only ``now`` has do not count: an earlier version may not have looked for them.
    """
    return ", ".join(
        f"{name} {_short(then)} then and {_short(now.get(name, _ABSENT))} now"
        for name, then in began.items()
        if now.get(name, _ABSENT) != then
    )


def _code_of(env_id: str) -> Iterator[tuple[str, str]]:
    """Yield the packages of an environment with their versions, or its modules with their hash."""
    module, _, name = env_id.rpartition(":")
    if module.endswith(".py"):
        yield module, _digest(_path_of(module))
        return
    try:
        entry_point = _spec(name).entry_point
    except gymnasium.error.Error:
        return  # the environment is not installed any more
    if isinstance(entry_point, str):
        code = entry_point.partition(":")[0]
    else:
        code = getattr(entry_point, "__module__", "")
    for each in dict.fromkeys(filter(None, (module, code))):
        top = each.partition(".")[0]
        if top in _OURS:
            continue
        packages = packages_distributions().get(top, [])
        for package in sorted({package for package in packages if package not in PACKAGES}):
            yield package, version_of(package)
        if not packages:
            yield each, _digest(getattr(sys.modules.get(each), "__file__", None) or "")


def _spec(name: str) -> gymnasium.envs.registration.EnvSpec:
    """Return the specification registered as ``name``, of the highest version if it names none."""
    namespace, base, version = parse_env_id(name)
    if version is None:
        version = find_highest_version(namespace, base)
    return gymnasium.spec(get_env_id(namespace, base, version))


def _path_of(text: str) -> str:
    with contextlib.suppress(InputError):  # a relative path, and the working directory is gone
        return str(absolute(os.path.expanduser(text)))
    return ""


def _digest(path: str) -> str:
    """Return ``sha256:...`` of the file at ``path``; "absent" if no file can be read there."""
    if not os.path.isfile(path):
        return _ABSENT
    try:
        with open(path, "rb") as file:
            return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
    except OSError:
        return _ABSENT


def _short(value: str) -> str:
    return value[:_SHOWN] + "…" if value.startswith("sha256:") else value
