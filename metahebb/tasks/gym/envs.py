"""The way from names to environments: Gymnasium's ids, and names in a user's own files."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any

import gymnasium
from gymnasium.envs.registration import EnvSpec

from metahebb.errors import InputError, unknown_name
from metahebb.own_files import ADDED, described, import_file
from metahebb.paths import absolute
from metahebb.tasks.unstable import quieten_mujoco
from metahebb.user_code import is_of_user


def located(env_id: str) -> str:
    """Return ``env_id`` with the whole path of the file, if it names a user's own file.

    An ``env_id`` names a file as ``FILE.py:NAME``, or as ``MODULE:NAME`` with a module that only
    the current folder has. The path becomes part of a run's config, so that the run can be opened
    from any folder.

    Raises:
        InputError: ``env_id`` is a file without a name behind it.
    """
    module, colon, name = env_id.rpartition(":")
    if not colon:
        if env_id.endswith(".py"):
            raise InputError(
                f"expected FILE.py:NAME, got {env_id!r}; add a class or an id in the file: "
                f"{env_id}:Mine"
            )
        return env_id
    if module.endswith(".py"):
        return f"{os.path.normpath(absolute(Path(module).expanduser()))}:{name}"
    try:
        stem = absolute(Path(*module.split(".")))
    except InputError:
        return env_id  # the current folder was removed, so no file can be in it
    for file in (stem.with_name(f"{stem.name}.py"), stem / "__init__.py"):
        if file.is_file() and _is_only_here(module.partition(".")[0]):
            return f"{file}:{name}"
    return env_id


def _is_only_here(module: str) -> bool:
    """Return whether Python finds ``module`` nowhere but in the current folder."""
    spec = importlib.util.find_spec(module)
    if spec is None:
        return True
    here = str(Path.cwd())
    return here in ADDED and (spec.origin or "").startswith(os.path.join(here, module))


def short(env_id: str) -> str:
    """Return ``env_id`` without the folder of a file."""
    return os.path.basename(env_id) if ".py:" in env_id else env_id


def make_env(env_id: str, kwargs: dict[str, Any]) -> gymnasium.Env[Any, Any]:
    """Return a new environment.

    Raises:
        InputError: the environment cannot be made, for whatever reason.
    """
    try:
        env = gymnasium.make(_spec_of(env_id), disable_env_checker=True, **kwargs)
    except InputError:  # one of our own environments says itself what is wrong
        raise
    except BaseException as error:  # any error of its module or constructor
        if not is_of_user(error):
            raise
        given = f" with {kwargs}" if kwargs else ""
        raise InputError(
            f"expected an environment that Gymnasium can make, got {env_id!r}{given}: "
            f"{_reason(error)}"
        ) from error
    quieten_mujoco()
    return env


def _reason(error: BaseException) -> str:
    text = " ".join(str(error).split())
    if not text or isinstance(error, SystemExit):
        return described(error)
    if isinstance(error, ModuleNotFoundError):
        text += " Install it, or name the file: FILE.py:NAME"
    return text if isinstance(error, gymnasium.error.Error) else f"{type(error).__name__}: {text}"


def _spec_of(env_id: str) -> str | EnvSpec:
    """Return the argument of ``gymnasium.make`` for ``env_id``: an id, or a spec for a file."""
    path, _, name = env_id.rpartition(":")
    if not path.endswith(".py"):
        return env_id
    module = import_file(Path(path))
    if name in gymnasium.registry:
        return name
    maker: Any = getattr(module, name, None)
    if isinstance(maker, type) and not issubclass(maker, gymnasium.Env):
        raise InputError(
            f"expected a gymnasium.Env, got the class {name} ({path}); derive it from gymnasium.Env"
        )
    if not callable(maker):
        known = _known(module.__name__, vars(module))
        if not known:
            raise InputError(
                f"expected an environment in {path}, got none; derive a class from gymnasium.Env"
            )
        raise unknown_name(f"class or id of {path}", name, known)
    return EnvSpec(name, entry_point=maker)


def _known(module: str, members: dict[str, Any]) -> list[str]:
    """Return the names of the environments in a file: its classes, and ids that it registers."""
    classes = [
        name
        for name, each in members.items()
        if isinstance(each, type) and issubclass(each, gymnasium.Env) and each.__module__ == module
    ]
    ids = [
        env_id
        for env_id, spec in gymnasium.registry.items()
        if getattr(spec.entry_point, "__module__", str(spec.entry_point).partition(":")[0])
        == module
    ]
    return classes + ids
