"""What each product of signals is called where a change is made of it."""

from __future__ import annotations

from metahebb.analysis.rule_parts import NONLINEAR

_STATE = ("weight", "trace")
"""What a synapse keeps from step to step."""

_PHRASES = {
    ("pre·post", 1): "Hebbian: strengthens when pre and post agree",
    ("pre·post", -1): "anti-Hebbian: weakens when pre and post agree",
    ("pre", 1): "pre-driven: strengthens when pre is positive, weakens when it is negative",
    (
        "pre",
        -1,
    ): "inversely pre-driven: weakens when pre is positive, strengthens when it is negative",
    ("post", 1): "post-driven: strengthens when post is positive, weakens when it is negative",
    (
        "post",
        -1,
    ): "inversely post-driven: weakens when post is positive, strengthens when it is negative",
    ("post²", 1): "driven by post²: strengthens while post is active",
    ("post²", -1): "driven by −post²: weakens while post is active",
    ("pre²", 1): "driven by pre²: strengthens while pre is active",
    ("pre²", -1): "driven by −pre²: weakens while pre is active",
    (
        "pre·post²",
        1,
    ): "driven by pre·post²: strengthens when pre is positive, weakens when it is negative",
    (
        "pre·post²",
        -1,
    ): "driven by −pre·post²: weakens when pre is positive, strengthens when it is negative",
    (
        "pre²·post",
        1,
    ): "driven by pre²·post: strengthens when post is positive, weakens when it is negative",
    (
        "pre²·post",
        -1,
    ): "driven by −pre²·post: weakens when post is positive, strengthens when it is negative",
    ("1", 1): "constant drift up",
    ("1", -1): "constant drift down",
}

_OWN = {
    "": ("grows", "decays"),
    "post²": ("grows with post", "bounds by post"),
    "pre²": ("grows with pre", "bounds by pre"),
    "pre·post": ("scales by pre·post", "scales by −pre·post"),
    "pre": ("scales by pre", "scales by −pre"),
    "post": ("scales by post", "scales by −post"),
    "trace": ("scales by its trace", "scales by −its trace"),
    "weight": ("scales by its weight", "scales by −its weight"),
}
"""What a change is called that is a product with what changes itself, by sign."""
_WHEN = {
    "": "",
    "post²": " while post is active",
    "pre²": " while pre is active",
    "pre·post": " when pre and post agree, else the other way",
    "pre": " when pre is positive, else the other way",
    "post": " when post is positive, else the other way",
    "trace": " when its trace is positive, else the other way",
    "weight": " when its weight is positive, else the other way",
}
"""When such a change happens."""


def phrase(name: str, sign: int, own: str) -> str:
    """Return what a change does that is the product ``name``: a head, a colon, an explanation.

    Args:
        name: name of a product, see `products`, or `NONLINEAR`.
        sign: sign of the product's factor, 1 or -1.
        own: the number that changes, ``weight`` or ``trace``.
    """
    if name == NONLINEAR:
        return "nonlinear in its signals"
    factors = name.split("·")
    if factors[0] == "modulator":
        text = phrase("·".join(factors[1:]) or "1", sign, own)
        head, colon, rest = text.partition(":")
        return f"{head}, times the modulator{colon}{rest}"
    if own in factors:
        rest = "·".join(factor for factor in factors if factor != own)
        heads, to = _OWN[rest], ("away from", "towards")
        negative = sign < 0
        return f"{heads[negative]}: moves the {own} {to[negative]} 0{_WHEN[rest]}"
    state = [factor for factor in factors if factor in _STATE]
    if not state:
        return _PHRASES[name, sign]
    others = [factor for factor in factors if factor not in _STATE]
    minus = "−" if sign < 0 else ""
    what = " · ".join([f"its {state[0]}", *others])
    does = ("weakens", "strengthens") if sign < 0 else ("strengthens", "weakens")
    return f"driven by {minus}{what}: {does[0]} when that is positive, {does[1]} when negative"
