"""What the lesion study claims of its arms."""

from __future__ import annotations

import numpy as np

from experiments.kit.claims import Claim
from experiments.protocols.lesions.lives import CONTROLS
from experiments.protocols.lesions.numbers import Estimate, Pairs

ByLesion = dict[tuple[str, str], Pairs]
"""Lives with and without a lesion, by arm and name of the lesion."""


def claims_of(lived: ByLesion, made_by: str) -> list[Claim]:
    """Return what every arm gets back, the differences, then what controls get back."""
    arms = list(dict.fromkeys(arm for arm, _ in lived))
    claims = [claim for arm in arms for claim in _zeroed(lived[arm, "zero"], made_by)]
    for arm in arms:
        if arm != "hebbian":
            claims += _differences(lived["hebbian", "zero"], lived[arm, "zero"], made_by)
    return claims + _controls(lived, made_by)


def _claim(
    name: str, estimate: Estimate, pairs: Pairs, made_by: str, goal: str | None = None
) -> Claim:
    value, low, high = (
        float(v) if np.isfinite(v) else None for v in (estimate.value, *estimate.interval())
    )
    return Claim(name, value, low, high, goal, pairs.seeds, made_by, len(pairs.with_))


def _zeroed(zero: Pairs, made_by: str) -> list[Claim]:
    """Return what an arm gets back after all weights were set to zero."""
    folds = len(zero.with_)
    who = f"{zero.arm}, {folds} fold{'s' * (folds > 1)}"
    goal = ">= 0.95" if zero.arm == "hebbian" else None
    back, unharmed = zero.iqm("back"), zero.iqm("back", "without")
    speed = zero.iqm("after") - zero.iqm("after", "without")
    alive = zero.part("survival") - zero.part("survival", "without")
    return [
        _claim(f"{who}, {what}", estimate, zero, made_by, aim)
        for what, estimate, aim in (
            ("all weights zeroed: speed after 5 s / before", back, goal),
            ("the same lives unharmed: speed after 5 s / before", unharmed, None),
            ("all weights zeroed − unharmed: speed after 5 s / before", back - unharmed, None),
            ("all weights zeroed: walkers with 80 % of the speed in 5 s", zero.part("soon"), None),
            ("the same lives unharmed: likewise", zero.part("soon", "without"), None),
            ("all weights zeroed − unharmed: speed after 5 s [m/s]", speed, None),
            ("all weights zeroed: survival", zero.part("survival"), goal),
            ("all weights zeroed − unharmed: survival", alive, None),
        )
    ]


def _differences(hebbian: Pairs, other: Pairs, made_by: str) -> list[Claim]:
    """Return how much more the Hebbian arm gets back than another one."""
    seeds = tuple(seed for seed in hebbian.seeds if seed in other.seeds)
    # Run i of both arms has the same seed: the same births and worlds, drawn together.
    one, two = hebbian.only(seeds), other.only(seeds)
    name, back = f"hebbian − {other.arm}, 1 fold", one.iqm("back") - two.iqm("back")
    alive = one.part("survival") - two.part("survival")
    speed = f"{name}, all weights zeroed: speed after 5 s / before"
    return [
        _claim(speed, back, one, made_by),
        _claim(f"{name}, all weights zeroed: survival", alive, one, made_by),
    ]


def _controls(lived: ByLesion, made_by: str) -> list[Claim]:
    """Return what the Hebbian arm gets back where its plasticity was frozen."""
    claims = []
    for name in CONTROLS:
        pairs = lived["hebbian", name].only()
        back = pairs.iqm("back")
        gap = lived["hebbian", "zero"].only().iqm("back") - back
        what = f"hebbian, 1 fold, {pairs.lesion.what}: speed after 5 s / before"
        difference = f"hebbian, 1 fold, all weights zeroed − {pairs.lesion.what}: likewise"
        claims += [
            _claim(what, back, pairs, made_by),
            _claim(difference, gap, pairs, made_by),
        ]
    return claims
