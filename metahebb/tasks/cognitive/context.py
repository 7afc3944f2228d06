"""Context-dependent integration with a go cue, which neurogym's own environment lacks."""

from __future__ import annotations

from typing import Any

from neurogym.envs.native.contextdecisionmaking import ContextDecisionMaking as Upstream


class ContextDecisionMaking(Upstream):  # type: ignore[misc]
    """neurogym's ``ContextDecisionMaking``, in which fixation stays on until the decision.

    Defect of neurogym 2.3.1 (its issue 279): the fixation signal ends with the period ``fixation``.
    The stimulus is followed by a delay of random length, so that nothing says when to decide.
    Here, the signal stays on in stimulus and delay. Its end is the cue, as in Song et al. 2017.
    """

    def _new_trial(self, **kwargs: Any) -> dict[str, Any]:
        trial: dict[str, Any] = super()._new_trial(**kwargs)
        self.set_ob(1, ["stimulus", "delay"], where="fixation")
        return trial
