"""The fixed list of probes that ``metahebb probe --suite`` tries."""

from __future__ import annotations

from metahebb.analysis.probe import Conditions
from metahebb.probes import AnyProbe, parse_probes
from metahebb.tasks.base import Embodied
from metahebb.tasks.locomotion.damage import INTACT


def suite(conditions: Conditions) -> tuple[AnyProbe, ...]:
    """Return the probes of ``--suite``, in the middle of the lives, as far as the run has them."""
    at, short = conditions.max_steps // 2, min(100, max(1, conditions.max_steps // 10))
    network, task = conditions.center.config.network, conditions.center.config.task
    texts = [f"zero_weights:fraction={fraction},at={at}" for fraction in (0.5, 1)]
    layers = len(network.layers(task.n_observations, task.n_outputs))
    texts += [f"zero_weights:layer={layer},at={at}" for layer in range(1, layers + 1)]
    if network.birth != "coevolved":
        texts.append(f"randomize_weights:at={at}")
    texts += [
        f"saturate:at={at},steps={short}",
        f"scale_actions:factor=0.5,at={at}",
        f"drop_sensors:fraction=0.2,at={at}",
        f"noise_sensors:stdev=0.1,at={at}",
    ]
    if network.rule is not None and not network.is_static:
        texts += ["freeze:at=0", f"freeze:at={at}", f"freeze_until:at={at}"]
        texts += [f"drop_term:term={name}" for name in network.rule.coefficients]
    if isinstance(task, Embodied):
        texts.append(f"push:x=-1,at={at}")
        if task.body == "ant" and conditions.body == INTACT:
            texts.append(f"damage:body=short_left_ankle,at={at}")
    return tuple(probe for text in texts for probe in parse_probes([text]))
