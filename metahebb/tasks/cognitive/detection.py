"""Detection of a stimulus, with an answer that is defined in trials without a stimulus, too."""

from __future__ import annotations

from typing import Any

from neurogym.envs.native.detection import Detection as Upstream


class Detection(Upstream):  # type: ignore[misc]
    """neurogym's ``Detection``, in which a trial without a stimulus has a right answer.

    Defect of neurogym 2.3.1, which is why it does not register this class: a trial without a
    stimulus sets no right answer. Such a trial raises an error if it is the first one. Otherwise,
    it keeps the answers of the last trial that had a stimulus. Here, to withhold is right
    throughout such a trial.

    One more difference between trials stays as it is: noise is added twice where there is no
    stimulus, so that its deviation is larger there by a factor of √2.
    """

    def _new_trial(self, **kwargs: Any) -> dict[str, Any]:
        trial: dict[str, Any] = super()._new_trial(**kwargs)
        if not self._gt_built:
            self.set_groundtruth(0)
        return trial
