"""Settings as keyword arguments: the same names and the same checks as the flags of ``evolve``.

A flag's dashes are underscores in Python, and its dots are two of them: ``--popsize 64`` is
``popsize=64``, ``--search.learning-rate 0.1`` is ``search__learning_rate=0.1``. A part may be named
by its word, as with flags, or given as an object.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from types import FunctionType
from typing import Any, TypeAlias

import gymnasium

from metahebb.compiler import ScalarFunction
from metahebb.errors import InputError
from metahebb.genomes import GENOME_MAPS
from metahebb.learning.registry import LEARNERS
from metahebb.modulators import MODULATORS
from metahebb.networks import NETWORKS, TOPOLOGIES
from metahebb.neurons import Neuron
from metahebb.plasticity import Rule
from metahebb.probes.registry import line_of
from metahebb.registry import Registry
from metahebb.runs.config import RunConfig, Stage
from metahebb.settings.asked import Asked, config_asked, config_of_task, with_parts
from metahebb.settings.in_python import in_python
from metahebb.settings.own_env import file_of_env
from metahebb.settings.parsing import SHORT, parse
from metahebb.tasks import TASKS

Given: TypeAlias = Mapping[str, object]

_PARTS: dict[str, Registry[Any]] = {
    "task": TASKS,
    "network": NETWORKS,
    "network.topology": TOPOLOGIES,
    "genome": GENOME_MAPS,
    "birth_genome": GENOME_MAPS,
    "modulator": MODULATORS,
    "learner": LEARNERS,
}
"""Registries of the parts that may be given as objects, by the field of the config."""
_FUNCTIONS: dict[str, type[ScalarFunction]] = {"network.rule": Rule, "network.neuron": Neuron}
"""Kinds of the functions that may be given as objects, likewise."""
_SHORT = {"topology": "network.topology"} | {
    short[2:]: long[2:].replace("-", "_") for short, long in SHORT.items()
}


def config_from(what: str | RunConfig | None, given: Given, folder: Path) -> tuple[str, RunConfig]:
    """Return a name for a run, and its config.

    Args:
        what: a preset's name, a config that is changed by what is ``given``, or None, where an
            ``env`` or a ``task`` is given.
        given: settings by name.
        folder: the folder for the file of an environment that is given as a class.

    Raises:
        InputError: nothing says what to evolve, or a setting is wrong.
    """
    objects, words = sorted_settings(given, folder)
    task = objects.pop("task", None)
    name, config = "run", what
    if not isinstance(what, RunConfig):
        if what is not None and not isinstance(what, str):
            raise InputError(f"expected a preset's name or a RunConfig, got {what!r}; give one")
        said, config = config_asked(what or "", words)
        name = said.rpartition(" ")[2] or "run"
    if task is not None:
        config = config_of_task(task) if config is None else replaced(config, "task", task)
    if not isinstance(config, RunConfig):
        raise InputError(
            'expected something to evolve, got nothing; give a preset ("ant-quick"), env="ID", '
            "task=... or a RunConfig"
        )
    if not isinstance(what, str) and "--env" not in words:  # else `config_asked` has done it
        config = with_parts(config, words)
    for path, value in sorted(objects.items()):  # a network comes before its rule
        config = replaced(config, path, value)
    try:
        return name, parse(Asked, Asked(config), words, "metahebb.evolve").run
    except InputError as error:
        raise InputError(in_python(str(error))) from None


def sorted_settings(given: Given, folder: Path) -> tuple[dict[str, Any], list[str]]:
    """Return the settings that are objects, by the field of the config, and the words of others.

    Args:
        given: settings by name.
        folder: the folder for the file of an environment that is given as a class.
    """
    objects: dict[str, Any] = {}
    words: list[str] = []
    for name, value in given.items():
        path = name.replace("__", ".")
        path = _SHORT.get(path, path)
        if path == "env" and not isinstance(value, (str, type(None))):
            words += ["--env", file_of_env(_env_maker(value), folder)]
        elif path == "probes":
            several = value if isinstance(value, (list, tuple)) else [value]
            objects[path] = tuple(map(line_of, several))
        elif path in _FUNCTIONS and not isinstance(value, str):
            objects[path] = _function(_FUNCTIONS[path], value)
        elif path in _PARTS and not isinstance(value, (str, type(None))):
            objects[path] = _PARTS[path].adopt(value)
        elif dataclasses.is_dataclass(value) and not isinstance(value, Stage):
            objects[path] = value
        else:
            words += _words(name.replace("__", "."), value)
    return objects, words


def _env_maker(value: object) -> type[Any] | FunctionType:
    """Return ``value`` if it is a class of environments, or a function with a name of its own.

    Raises:
        InputError: it is something else, such as an environment that is made already.
    """
    if isinstance(value, type):
        if issubclass(value, gymnasium.Env):
            return value
        raise InputError(
            f"expected an environment, got the class {value.__name__} (env); derive it from "
            "gymnasium.Env"
        )
    if isinstance(value, FunctionType) and value.__name__ != "<lambda>":
        return value
    wanted = "an environment's id, its class, or a function that makes it"
    if isinstance(value, gymnasium.Env):
        name = type(value.unwrapped).__name__
        spec = value.spec
        how = f"id: env={spec.id!r}" if spec and ".py:" not in spec.id else f"class: env={name}"
        raise InputError(f"expected {wanted}, got an instance of {name}; give its {how}")
    if isinstance(value, FunctionType):
        raise InputError(f"expected {wanted}, got a lambda; define it with def, and give its name")
    raise InputError(f'expected {wanted}, got {value!r}; write for example env="Pendulum-v1"')


def _function(kind: type[ScalarFunction], value: object) -> ScalarFunction:
    word = kind.language.kind
    if isinstance(value, kind):
        return value
    if isinstance(value, ScalarFunction):
        raise InputError(
            f"expected a {word}, got the {value.language.kind} {value.name}; give a {word}, or the "
            "name of one"
        )
    got = f"the function {value.__name__}" if isinstance(value, FunctionType) else repr(value)
    raise InputError(f"expected a {word}, got {got}; decorate its function with @metahebb.{word}")


def _words(name: str, value: object) -> list[str]:
    """Return a setting as a flag and its words."""
    group, _, last = name.rpartition(".")
    flag = "--" + name.replace("_", "-")
    if isinstance(value, bool):
        off = f"--{group + '.' if group else ''}no-{last}".replace("_", "-")
        return [flag if value else off]
    if isinstance(value, Mapping):
        return [flag, *(str(word) for pair in value.items() for word in pair)]
    if isinstance(value, (list, tuple)):
        return [flag, *map(str, value)]
    text = str(value)
    return [f"{flag}={text}"] if text.startswith("-") else [flag, text]


def replaced(config: Any, path: str, value: object) -> Any:
    """Return ``config`` with another value of the field at a dotted ``path``."""
    name, _, rest = path.partition(".")
    if not hasattr(config, name):
        raise InputError(
            f"expected a setting of {type(config).__name__}, got {name}={value!r}; leave it out"
        )
    changed = replaced(getattr(config, name), rest, value) if rest else value
    return dataclasses.replace(config, **{name: changed})
