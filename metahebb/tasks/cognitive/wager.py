"""Post-decision wagering that pays for the right choice."""

from __future__ import annotations

from typing import Any

from neurogym.envs.native.postdecisionwager import PostDecisionWager as Upstream


class PostDecisionWager(Upstream):  # type: ignore[misc]
    """neurogym's ``PostDecisionWager`` with the reward on the right choice.

    Defect of neurogym 2.3.1: ``_step`` compares the action, which is 1 or 2 for a choice, with the
    trial's ``ground_truth``, which is 0 or 1. So the first choice is paid where the second one is
    right, and the second one never. The right answers ``gt`` of the trial are correct. Here,
    ``ground_truth`` is the number of the right action once the trial has been built.
    """

    def _new_trial(self, **kwargs: Any) -> dict[str, Any]:
        trial: dict[str, Any] = super()._new_trial(**kwargs)
        return {**trial, "ground_truth": trial["ground_truth"] + 1}
