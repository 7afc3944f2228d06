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


def reason_of(setup: Setup, job: Job, candidate: int) -> str:
    """Return what an environment did that made a candidate's fitness non-finite.

    The candidate lives once more, in this process, because the outcome of a life carries no words.
    The text is empty where the environment gave finite numbers only: the cause is then the network
    or the penalty.
    """
    lives = all_lives(setup, job.plan, job.point, range(candidate, candidate + 1))
    try:
        for result in Worker(setup, 1).live(iter(lives)):
            if result.reason:
                return result.reason
    except TaskError as error:  # with --on-error worst, an error makes its candidate non-finite
        return f"of an error: {error}"
    except InputError:  # no further environment can be made, of a simulator with one port perhaps
        return ""
    return ""
