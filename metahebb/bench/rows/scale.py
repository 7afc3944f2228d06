"""The usefulness of many workers: two real workers, and a model of thousands with its error."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from metahebb.bench.base import Row, compare
from metahebb.bench.findings import absolute
from metahebb.bench.scale.found import named
from metahebb.bench.scale.study import find
from metahebb.evolution.backends.pace import SENDING_S

_log = logging.getLogger(__name__)


def rows(threads: int, lanes: int, quick: bool = False) -> Iterator[Row]:
    """Yield the rows; the process that leads and the workers share this machine's cores."""
    study = find(lanes, quick, _log.info)
    yield compare(
        "scale, two real workers",
        list(study.two),
        [2 * rate for rate in study.one],
        ">= 0.95",
        "env steps/s",
        "twice the rate of one Ray worker, the ant with RK4",
    )
    yield compare(
        "scale, processor time of a call",
        [1e3 * study.driver_s],
        [1e3 * SENDING_S],
        "<= 1",
        "ms",
        "what the size of calls takes for granted; ours is of the process that leads, its threads' "
        f"included, with {study.workers} virtual workers",
    )
    yield absolute(
        "scale, time of a call",
        [1e3 * study.call_s],
        None,
        "ms",
        "until the next one, where no life takes any time and all workers share these cores",
    )
    yield absolute(
        "scale, error of the model",
        [100 * error for error in study.errors],
        None,
        "%",
        f"its efficiency above that of virtual workers, in {len(study.errors)} runs by which it "
        "was not calibrated",
    )
    for each in study.goals():
        plan, efficiency = each.plan, each.model.efficiency
        yield Row(
            f"scale, {named(plan)}",
            *(efficiency, None, efficiency, *study.band(efficiency), ">= 0.9"),
            "of the workers' time",
            f"predicted for popsize {plan.lives.popsize:,}, lives of {plan.lives.mean_s:g} s, an "
            f"update of {plan.update_s:.2f} s; from the largest errors of the model either way",
        )
