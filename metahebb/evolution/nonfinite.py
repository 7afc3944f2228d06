"""Why fitness is not finite, and what to do about it."""

from __future__ import annotations

from metahebb.errors import InputError
from metahebb.evolution.backends.base import Job
from metahebb.tasks.base import TaskError
from metahebb.worker import Setup, Worker, all_lives

NONFINITE_ADVICE = (
    "evolve anew with a lower --search.stdev, --search.learning-rate or --search.penalty (its "
    "mean(h²) can overflow); in a plastic network, --network.normalization.kind max_abs bounds "
    "weights"
)
ENVIRONMENT_ADVICE = "mend the environment, or register it with a wrapper that does"


RULE_ADVICE = "guard its divisions and logarithms, for example with np.maximum(x, 1e-6)"


def reason_of(setup: Setup, job: Job, candidate: int) -> tuple[str, str]:
    """Return what made a candidate's fitness non-finite, if that is known, and what to do.

    The environment is asked first: the candidate lives once more, in this process, because the
    outcome of a life carries no words. Then the rule is, whose formula may have no value where
    activities are −1, 0 or 1. If both are fine, the cause is a network that diverged, or the
    penalty.
    """
    reason = _of_environment(setup, job, candidate)
    if reason:
        return reason, ENVIRONMENT_ADVICE
    rule = setup.network.rule
    signals = "" if rule is None else rule.undefined_at()
    if rule is not None and signals:
        return f"the rule {rule.name} is not finite where {signals}", RULE_ADVICE
    return "", NONFINITE_ADVICE


def _of_environment(setup: Setup, job: Job, candidate: int) -> str:
    lives = all_lives(setup, job.plan, job.point, range(candidate, candidate + 1))
    try:
        with Worker(setup, 1) as worker:
            for result in worker.live(iter(lives)):
                if result.reason:
                    return result.reason
    except TaskError as error:  # with --on-error worst, an error makes its candidate non-finite
        return f"of an error: {error}"
    except InputError:  # no further environment can be made, of a simulator with one port perhaps
        return ""
    return ""
