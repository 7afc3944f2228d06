"""The rules that metahebb ships, one per file; to add one, write a file and list it here."""

from metahebb.plasticity.rules.a import a
from metahebb.plasticity.rules.abc import abc
from metahebb.plasticity.rules.abc_lr import abc_lr
from metahebb.plasticity.rules.abcd import abcd
from metahebb.plasticity.rules.abcd_lr import abcd_lr
from metahebb.plasticity.rules.abcd_lr_d_in_and_out import abcd_lr_d_in_and_out
from metahebb.plasticity.rules.abcd_lr_d_out import abcd_lr_d_out
from metahebb.plasticity.rules.ad import ad
from metahebb.plasticity.rules.ad_lr import ad_lr
from metahebb.plasticity.rules.gained_perturbation import gained_perturbation
from metahebb.plasticity.rules.node_perturbation import node_perturbation
from metahebb.plasticity.rules.plastic_trace import plastic_trace
from metahebb.plasticity.rules.reward_abcd import reward_abcd
from metahebb.plasticity.rules.static import static
from metahebb.plasticity.rules.supralinear import supralinear

RULES = {
    rule.name: rule
    for rule in (
        a,
        abc,
        abc_lr,
        abcd,
        abcd_lr,
        abcd_lr_d_in_and_out,
        abcd_lr_d_out,
        ad,
        ad_lr,
        gained_perturbation,
        node_perturbation,
        plastic_trace,
        reward_abcd,
        static,
        supralinear,
    )
}
"""All shipped rules by name."""
