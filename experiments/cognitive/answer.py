"""The answer of the study ``cognitive``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from experiments.cognitive.names import ACTOR_CRITIC, DOTS, NODE, NONMATCH, SUPRALINEAR
from experiments.cognitive.published import MEDIAN, UPPER_QUARTILE
from experiments.kit.claims import Answer, Claim, in_words, named

_ALL = re.compile(r"(?:seeds|runs|tasks) of (\d+)")
_TASKS = re.compile(r"in (\d+) tasks")


def answer(claims: Sequence[Claim]) -> Answer:
    """Return the answer: which tasks are learned, by local rules and by an actor-critic."""
    tasks = named(claims, "tasks of")
    nonmatch = named(claims, f"{NONMATCH}, {NODE}: seeds of", ")")
    paper = named(claims, f"{NONMATCH}, {SUPRALINEAR}: trials to criterion")
    critic = named(claims, f"{ACTOR_CRITIC}: runs of")
    dots = named(claims, f"{DOTS}, {ACTOR_CRITIC}: accuracy /")
    n_tasks = _TASKS.search(critic.name)
    assert n_tasks is not None  # it is in the claim's name
    text = (
        f"{_opening(tasks)} of its seeds: by a local rule and one reward per trial, "
        f"{counted(nonmatch)} seeds learn delayed nonmatch (node perturbation), while "
        f"{_speed(paper)}; an actor-critic learns {in_words(int(n_tasks[1]))} tasks in "
        f"{counted(critic)} runs, and is right about random dots {dots.figure:.2f} times as often "
        "as an ideal observer."
    )
    return Answer(text, (tasks, nonmatch, paper, critic, dots))


def counted(claim: Claim) -> str:
    """Return a count as in ``17 of 20``; the claim's name has the number of all."""
    return f"{claim.figure:.0f} of {_number_of_all(claim)}"


def _number_of_all(claim: Claim) -> int:
    number = _ALL.search(claim.name)
    assert number is not None  # the caller gives a count
    return int(number[1])


def _opening(tasks: Claim) -> str:
    n, learned = _number_of_all(tasks), round(tasks.figure)
    part = f"All {in_words(n)}" if learned == n else f"{in_words(learned).capitalize()} of {n}"
    return f"{part} tasks are learned by some system in at least two thirds"


def _speed(paper: Claim) -> str:
    """Return how soon the paper's own rule reaches the criterion, beside what was published."""
    if paper.value is None:
        return f"the paper's own rule does so in less than half of {in_words(paper.runs)} seeds"
    slower = " only" if paper.figure > UPPER_QUARTILE else ""
    return (
        f"the paper's own rule reaches the criterion{slower} after {paper.figure:,.0f} trials "
        f"(median; published: {MEDIAN})"
    )
