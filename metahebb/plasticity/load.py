"""Find a rule by its name, or in a user's file."""

from __future__ import annotations

from metahebb.compiler.load import load_function
from metahebb.plasticity.rule import Rule
from metahebb.plasticity.rules import RULES


def load_rule(text: str) -> Rule:
    """Return the rule called ``text``, or that of ``FILE.py:RULE``; see `load_function`."""
    return load_function(text, Rule, RULES)
