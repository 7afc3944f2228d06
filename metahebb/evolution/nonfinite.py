"""Why fitness is not finite, and what to do about it."""

from __future__ import annotations

from metahebb.errors import InputError
from metahebb.evolution.backends.base import Job
from metahebb.evolution.divergence import CALM, Cause, Divergence, Watch
from metahebb.life import Ending, Life
from metahebb.plasticity import Rule
from metahebb.plasticity.rules import RULES
from metahebb.probes import BirthProbe
from metahebb.tasks.base import TaskError
from metahebb.worker import Setup, Worker, all_lives

NONFINITE_ADVICE = (
    "evolve anew with a lower --search.stdev, --search.learning-rate or --search.penalty (its "
    "mean(h²) can overflow); in a plastic network, --network.normalization.kind max_abs bounds "
    "weights"
)
ENVIRONMENT_ADVICE = "mend the environment, or register it with a wrapper that does"
RULE_ADVICE = "guard its divisions and logarithms, for example with np.maximum(x, 1e-6)"
RECIPES = "docs/howto/your-rule.md"


def reason_of(setup: Setup, job: Job, candidate: int) -> tuple[str, str]:
    """Return what made a candidate's fitness non-finite, if that is known, and what to do.

    The candidate lives once more, in this process, because the outcome of a life is numbers only.
    The environment is asked first, then what the rule did to traces and weights. If neither knows,
    the rule's formula may have no value where activities are −1, 0 or 1. If that is fine, too, the
    cause is unknown, or it is the penalty.
    """
    reason, divergence = _live_again(setup, job, candidate)
    if reason:
        return reason, ENVIRONMENT_ADVICE
    rule = setup.network.rule
    if rule is not None and divergence is not None:
        return divergence.text, _advice(rule, divergence.cause)
    signals = "" if rule is None else rule.undefined_at()
    if rule is not None and signals:
        return f"the rule {rule.name} is not finite where {signals}", RULE_ADVICE
    return "", NONFINITE_ADVICE


def _live_again(setup: Setup, job: Job, candidate: int) -> tuple[str, Divergence | None]:
    """Return what the environment says of the candidate's non-finite life, and what its rule did.

    The words of the environment are empty where it has nothing to say.
    """
    lives = all_lives(setup, job.plan, job.point, range(candidate, candidate + 1))
    watch = _watch(setup, lives[0])
    try:
        with Worker(setup, 1) as worker:
            for result in worker.live(iter(lives), observers=[] if watch is None else [watch]):
                if result.reason:
                    return result.reason, None
                if result.ending is Ending.NONFINITE:
                    return "", None if watch is None else watch.divergence()
    except TaskError as error:  # with --on-error worst, an error makes its candidate non-finite
        return f"of an error: {error}", None
    except InputError:  # no further environment can be made, of a simulator with one port perhaps
        return "", None
    return "", None


def _watch(setup: Setup, life: Life) -> Watch | None:
    """Return an observer of the rule in ``life``; None if no rule changes its network's weights."""
    rule, network = setup.network.rule, setup.network
    if rule is None or network.is_static:
        return None
    genome = setup.genome if life.genome is None else life.genome
    layers = genome.expressed(life.source)["coefficients"]
    for probe in setup.probes:
        if isinstance(probe, BirthProbe):
            probe.change_coefficients(rule, layers)
    return Watch(rule, layers, network.part)


def _advice(rule: Rule, cause: Cause) -> str:
    """Return what to do about a rule that diverged."""
    if rule.name in RULES or not cause.values:
        return NONFINITE_ADVICE
    name, value = cause.values[0]
    if not cause.is_coefficient:
        return RULE_ADVICE
    if not abs(value) < CALM:  # its genes went astray
        return NONFINITE_ADVICE
    declared = rule.ranges[rule.coefficients.index(name)]
    if declared is not None:
        return (
            f"declare a narrower range than '{name}: {declared}', or scale {name} in the formula "
            f"({RECIPES})"
        )
    return (
        f"declare in its signature what {name} may be, such as '{name}: positive' or '{name}: "
        f"bounded(0, 1)', or guard the formula ({RECIPES})"
    )
