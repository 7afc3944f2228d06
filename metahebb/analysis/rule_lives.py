"""The lives in which a run's rules are looked at: as they are, and without each of the terms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from metahebb.analysis.probe import Conditions, Lived, OpensThreads, compare
from metahebb.analysis.rule_expressed import Expressed
from metahebb.analysis.rule_sample import Points, Sample
from metahebb.analysis.rule_shares import PartSums, by_state, by_term, state_parts
from metahebb.analysis.rule_updates import Reader, Updates
from metahebb.probes.drop_term import DropTerm, is_leveled
from metahebb.tasks.base import Moving, Task

Floats = npt.NDArray[np.float64]
RETURN = "return"


@dataclass(frozen=True)
class RuleLives:
    """Lives as they are, and what their rules did in them.

    Attributes:
        lived: outcomes and ways.
        by_term: sums of the terms over the finite lives, see `PartSums`; without any term where
            Δw is not a sum of terms.
        by_state: sums of the parts that `by_state` makes, likewise.
        sample: signals that the synapses of each cluster lived through.
    """

    lived: Lived
    by_term: Floats
    by_state: Floats
    sample: Sample

    def points(self, cluster: int) -> Points | None:
        """Return what the synapses of ``cluster`` lived through; None: no weight changed."""
        return self.sample.points(cluster, self.lived.finite)


def live_rules(
    conditions: Conditions,
    expressed: Expressed,
    groups: Sequence[npt.NDArray[np.intp]],
    backend: OpensThreads,
) -> RuleLives:
    """Live, and watch every update of the weights.

    Args:
        conditions: conditions of the lives, with the probes of training.
        expressed: the rules.
        groups: per layer ``(n_out, n_in)``, the number of each synapse's cluster; -1: none.
        backend: opens what lives them.

    Raises:
        InputError: there is no memory for so many lives.
    """
    conditions.check_room()
    rule, terms, lives = expressed.rule, expressed.terms, conditions.lives
    # What follows no rule adds parts of 0, to whichever cluster.
    counted = [np.maximum(group, 0) for group in groups]
    n_terms = len(terms.of_change) if terms.add_up else 0
    n_states = len(state_parts(rule))
    in_terms = PartSums.empty(by_term(rule, terms, expressed.folded), n_terms, counted, lives)
    in_states = PartSums.empty(by_state(rule, expressed.folded), n_states, counted, lives)
    sample = Sample.empty(rule.signals, groups, lives)
    readers: list[Reader] = [sample]
    readers += [sums for sums in (in_terms, in_states) if sums.sums.shape[-1]]
    lived = conditions.live(None, backend, [Updates(rule, readers)])
    return RuleLives(lived, in_terms.sums[lived.finite], in_states.sums[lived.finite], sample)


def without_terms(
    conditions: Conditions,
    expressed: Expressed,
    lived: Lived,
    backend: OpensThreads,
    tell: Callable[[str], None],
) -> dict[str, Any]:
    """Live the same lives without each of the terms, as the probe ``drop_term`` does.

    Args:
        conditions: conditions of the lives, with the probes of training, too.
        expressed: the rules.
        lived: the same lives as they are.
        backend: opens what lives them.
        tell: called with what is lived next.

    Returns:
        The ``main`` measure, which is how far lives come where the task knows that, and the return
        otherwise; for each of the ``terms`` the return and the task's measures with the term taken
        out, without anything taken out, and their paired difference, as means with 95 % intervals.
        A coefficient that is ``leveled`` instead has the layer's mean in all synapses of a layer.
    """
    center, rule = conditions.center, expressed.rule
    task: Task = center.config.task
    rows = []
    for k, label in zip(expressed.terms.indices, expressed.terms.labels, strict=True):
        name = rule.coefficients[k]
        tell(f"{conditions.lives} lives without {name}")
        probes = (*center.setup.probes, DropTerm(name))
        changed = center.within(replace(center.setup, probes=probes))
        dropped = replace(conditions, center=changed).live(None, backend)
        rows.append(
            {
                "coefficient": name,
                "term": label,
                "leveled": is_leveled(rule, name),
                RETURN: compare(dropped, lived, "episode_return"),
                "measures": {
                    measure.name: {"unit": measure.unit, **compare(dropped, lived, measure.name)}
                    for measure in task.measures
                    if measure.compared
                },
                "nonfinite": int((~dropped.finite).sum()),
            }
        )
    main = task.way.name if isinstance(task, Moving) else RETURN
    return {"main": main, "terms": rows}
