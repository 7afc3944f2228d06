"""Find a rule by its name, or in a user's file."""

from __future__ import annotations

import importlib.util
import math
import sys
from pathlib import Path

from metahebb.errors import InputError, unknown_name
from metahebb.plasticity.rule import Rule
from metahebb.plasticity.rules import RULES


def load_rule(text: str) -> Rule:
    """Return the rule called ``text``, or the rule ``func`` of ``path/to/file.py:func``.

    Constants may follow a colon: ``NAME:limit=0.001,decay=0.9``.

    Raises:
        InputError: no such rule, file, function or constant; the nearest name is suggested.
    """
    name, constants = split_constants(text)
    return _named(name).with_constants(**constants) if constants else _named(name)


def split_constants(text: str) -> tuple[str, dict[str, float]]:
    """Return what stands before a last ``:NAME=VALUE,...``, and those values by name.

    Raises:
        InputError: a value is no number, or a constant stands there twice.
    """
    name, colon, rest = text.rpartition(":")
    if not colon or "=" not in rest:
        return text, {}
    constants: dict[str, float] = {}
    for part in rest.split(","):
        key, _, value = part.partition("=")
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not math.isfinite(number) or key in constants:
            raise InputError(
                f"expected each constant once, as NAME=NUMBER, got {part!r} in {text!r}; write "
                "for example limit=0.001"
            )
        constants[key] = number
    return name, constants


def _named(name: str) -> Rule:
    if ".py" not in name:
        # Published names (ABCD_lr) and ours (abcd_lr) differ by case only.
        found = RULES.get(name.lower())
        if found is None:
            raise unknown_name("rule", name, RULES)
        return found
    path_text, _, function = name.rpartition(":")
    path = Path(path_text)
    if not path_text or not path.is_file():
        raise InputError(
            f"expected FILE.py:RULE with an existing file, got {name!r}; check the path"
        )
    rules = _rules_in(path)
    if function not in rules:
        if not rules:
            raise InputError(f"expected an @rule in {path}, got none; decorate it with @rule")
        raise unknown_name(f"rule in {path}", function, rules)
    return rules[function]


def _rules_in(path: Path) -> dict[str, Rule]:
    module_name = f"_metahebb_user_rules_{path.stem}"
    spec = importlib.util.spec_from_file_location(module_name, path.resolve())
    if spec is None or spec.loader is None:
        raise InputError(f"expected a Python file with rules, got {path}; give it a .py ending")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        spec.loader.exec_module(module)
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"expected {path} to import cleanly, got {error!r}; mend it") from error
    return {key: value for key, value in vars(module).items() if isinstance(value, Rule)}
