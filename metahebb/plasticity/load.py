"""Find a rule by its name, or in a user's file."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

from metahebb.errors import InputError, unknown_name
from metahebb.plasticity.rule import Rule
from metahebb.plasticity.rules import RULES
from metahebb.user_code import is_of_user


def load_rule(name: str) -> Rule:
    """Return the rule called ``name``, or the rule ``func`` of ``path/to/file.py:func``.

    Raises:
        InputError: no such rule, file or function; the nearest name is suggested.
    """
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
    except BaseException as error:
        if not is_of_user(error):
            raise
        raise InputError(f"expected {path} to import cleanly, got {error!r}; mend it") from error
    return {key: value for key, value in vars(module).items() if isinstance(value, Rule)}
