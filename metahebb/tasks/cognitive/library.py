"""neurogym is imported here, and late because that takes seconds; its environments are made."""

from __future__ import annotations

import functools
import importlib.metadata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium
from gymnasium.envs.registration import load_env_creator
from gymnasium.spaces import Box, Discrete

from metahebb.errors import InputError
from metahebb.own_files import described, import_file
from metahebb.user_code import is_of_user

VERSION = "2.3.1"
"""The version of neurogym whose defects are known and mended (`context`, `detection`, `wager`)."""
REMEDY = (
    f"run make cognitive, or: pip install 'metahebb[cognitive]' && pip install --no-deps "
    f"neurogym=={VERSION}"
)
"""The commands that install neurogym. Its own pins clash with metahebb's, hence --no-deps."""


@functools.cache
def base_class() -> type[Any]:
    """Return ``neurogym.core.TrialEnv``, and register neurogym's environments with Gymnasium.

    Raises:
        InputError: neurogym is missing, lacks a package that it needs, or has another version.
    """
    try:
        version = importlib.metadata.version("neurogym")
    except importlib.metadata.PackageNotFoundError:
        raise _error(f"neurogym {VERSION}", "none") from None
    if version != VERSION:
        raise _error(f"neurogym {VERSION}", version)
    try:
        from neurogym.core import TrialEnv
    except ImportError as error:
        raise _error(f"the packages that neurogym {VERSION} needs", str(error)) from error
    kind: type[Any] = TrialEnv
    return kind


def _error(expected: str, got: str) -> InputError:
    return InputError(f"expected {expected}, got {got} (task cognitive); {REMEDY}")


def made(env_id: str, kwargs: dict[str, Any]) -> Any:
    """Return a new environment of neurogym, without wrappers.

    Args:
        env_id: an id that is registered with Gymnasium, or ``FILE.py:CLASS``.
        kwargs: the arguments of the environment.

    Raises:
        InputError: there is no such environment, it refuses an argument or is not neurogym's, its
            trials are made by a wrapper, or its actions are not discrete.
    """
    kind = base_class()
    maker = _maker(env_id)
    try:
        env: Any = maker(**kwargs).unwrapped
    except InputError:
        raise
    except BaseException as error:  # any error of its module or constructor
        if not is_of_user(error):
            raise
        given = f" with {kwargs}" if kwargs else ""
        raise InputError(
            f"expected {env_id} to be made{given}, got {described(error)}; change its arguments "
            "(kwargs, dt), or mend it"
        ) from error
    if not isinstance(env, kind):
        raise InputError(
            f"expected an environment of neurogym, got {type(env).__name__} ({env_id}); derive it "
            "from neurogym.core.TrialEnv, or use the task gym"
        )
    if env._top is not env:
        raise InputError(
            f"expected an environment that makes its trials itself, got {env_id}, in which "
            f"{type(env._top).__name__} makes them; use the environment inside of it"
        )
    acted, seen = env.action_space, env.observation_space
    if not isinstance(acted, Discrete) or acted.start or not isinstance(seen, Box):
        raise InputError(
            f"expected Discrete actions from 0 on and observations in a Box, got {acted} and "
            f"{seen} ({env_id}); use the task gym"
        )
    return env


def _maker(env_id: str) -> Callable[..., Any]:
    """Return the function that makes the environment.

    `gymnasium.make` would add wrappers, and warn that neurogym's environments draw no pictures.
    """
    path, _, name = env_id.rpartition(":")
    if path.endswith(".py"):
        maker = getattr(import_file(Path(path)), name, None)
        if not callable(maker):
            raise InputError(f"expected a class {name} in {path}, got none; define it there")
        of_file: Callable[..., Any] = maker
        return of_file
    try:
        spec = gymnasium.spec(env_id)
    except gymnasium.error.Error as error:
        raise InputError(
            f"expected the id of one of neurogym's environments, got {env_id!r}: {error}"
        ) from error
    entry: Any = spec.entry_point
    creator = load_env_creator(entry) if isinstance(entry, str) else entry
    return functools.partial(creator, **spec.kwargs)
