"""What the latent study claims of its arms, and of what probes make of them."""

from __future__ import annotations

from experiments.kit.claims import Claim
from experiments.kit.running import Size
from experiments.protocols.hidden_variable.lives import Lived
from experiments.protocols.hidden_variable.runs import TASK

FLIPS_FROM = TASK.max_steps // 3
"""The first step at which a life's variable can flip."""
PROBES = (
    f"freeze:at={FLIPS_FROM}",
    "freeze:at=0",
    f"freeze_until:at={FLIPS_FROM}",
    *(f"drop_term:term={term}" for term in ("A", "B", "C", "D", "eta")),
)


def claims_of(
    size: Size,
    seeds: tuple[int, ...],
    arms: dict[str, Lived],
    probed: dict[str, Lived],
    minutes: float,
) -> list[Claim]:
    """Return what every arm scores, then what networks with probes do."""
    frozen = PROBES[0]
    hebbian, static = arms["hebbian"].interval("return"), arms["static"].interval("return")
    hand, lstm = arms["written by hand"], arms["lstm"].interval("return")
    outside = max(static[1], -static[2], 0.0)
    made: list[tuple[str, float, float | None, float | None, str | None]] = [
        ("written by hand: settled score before the flip", *hand.interval("before"), ">= 0.9"),
        ("written by hand: settled score after the flip", *hand.interval("after"), ">= 0.9"),
        ("static: return (bound of every reactive policy: 0)", *static, None),
        ("static: distance of the interval from the bound", outside, None, None, "<= 0"),
        ("Hebbian: return", *hebbian, None),
        ("Hebbian: settled score after the flip", *arms["hebbian"].interval("after"), None),
        (
            "gap between the intervals: Hebbian's low − static's high",
            *(hebbian[1] - static[2], None, None),
            ">= 0",
        ),
        ("LSTM: return", *lstm, None),
        (f"Hebbian, {frozen}: score before the flip", *probed[frozen].interval("before"), None),
        (f"Hebbian, {frozen}: score after the flip", *probed[frozen].interval("after"), "<= 0"),
        ("Hebbian, freeze:at=0: return", *probed["freeze:at=0"].interval("return"), None),
    ]
    goal = "<= 3" if size == "quick" else None  # on two cores
    made.append(("evolution of all arms, their tuning included [min]", minutes, None, None, goal))
    command = f"python -m experiments.latent {size}"
    return [Claim(*claim, seeds, command) for claim in made]
