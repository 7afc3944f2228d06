"""The answer of the study ``delay``."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.kit.claims import Answer, Claim, in_words, named


def answer(claims: Sequence[Claim]) -> Answer:
    """Return the answer: areas under learning curves and last returns, by preset."""
    area, ant_area = (_difference(claims, world, "/", "curve") for world in ("reversal", "ant"))
    ends, ant_ends = (_difference(claims, w, "−", "generations") for w in ("reversal", "ant"))
    costs = "speed" if area.ends[1] < 1 else "nothing that this study can see"
    low, high = ant_ends.ends
    more = f"{abs(ant_ends.figure):.1f} m {'less' if ant_ends.figure < 0 else 'more'}"
    tell = "cannot tell from nothing" if ant_ends.sign == 0 else "can tell from nothing"
    text = (
        f"At the same learning rate it costs {costs}: over {in_words(len(area.seeds))} seeds of "
        f"`reversal` the area under the learning curve is {area.shown()} of that without a delay, "
        f"and the ends differ by {ends.shown()}, while on the ant the area is {ant_area.shown()} "
        f"and the end {more} [{low:.1f}, {high:.1f}], which {in_words(len(ant_ends.seeds))} seeds "
        f"{tell}."
    )
    return Answer(text, (area, ends, ant_area, ant_ends))


def _difference(claims: Sequence[Claim], world: str, sign: str, end: str) -> Claim:
    """Return a claim that compares the delayed arm to the synchronous one in a world.

    Args:
        claims: the claims of the study.
        world: the beginning of the name of the preset.
        sign: the sign between the names of the arms, ``/`` or ``−``.
        end: the end of the name of the claim.
    """
    some = [claim for claim in claims if f", delayed {sign} synchronous: " in claim.name]
    return named(some, world, end)
