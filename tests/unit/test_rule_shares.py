"""Shares of terms: by hand, and against the weights of living networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from toys import Toy, oja, traced

from metahebb.analysis.rule_shares import NET, SIZE, TermSums, shares, why_not, why_unseen
from metahebb.genomes import GivenGenes
from metahebb.networks import FeedForward
from metahebb.plasticity import Bounds, Rule, rule
from metahebb.plasticity.rules import RULES
from metahebb.plasticity.terms import Terms
from metahebb.probes import AnyProbe, Moment
from metahebb.probes.freeze import Freeze
from metahebb.probes.zero_weights import ZeroWeights
from metahebb.tasks import Bandit, Task
from metahebb.worker import Plan, Setup, Worker


@dataclass
class Watch:
    """Notes weights and activities of the lives, by unit."""

    weights: dict[int, list[list[np.ndarray]]] = field(default_factory=dict)
    activity: dict[int, list[list[np.ndarray]]] = field(default_factory=dict)

    def observe(self, moment: Moment) -> None:
        for lane, unit in zip(moment.lanes.tolist(), moment.units.tolist(), strict=True):
            self.activity.setdefault(unit, []).append(moment.network.activity(lane))
            self.weights.setdefault(unit, []).append(moment.network.weights(lane))

    def change(self, unit: int, layer: int) -> float:
        """Return the sum of |Δw| as it was."""
        ways = np.stack([weights[layer] for weights in self.weights[unit]]).astype(np.float64)
        return float(np.abs(np.diff(ways, axis=0)).sum())


def live(
    rule: Rule,
    genes: np.ndarray | None = None,
    probes: Sequence[AnyProbe] = (),
    lives: int = 3,
    lanes: int = 2,
) -> tuple[TermSums, Watch]:
    """Live with weights that nothing bounds; every second synapse is in the second cluster."""
    network = FeedForward((4,), rule, Bounds("none"))
    setup = Setup.build(Toy(), network, seed=1, probes=tuple(probes))
    n_genes = setup.genome.n_genes
    if genes is None:
        genes = np.random.default_rng(0).normal(0, 0.1, n_genes).astype(np.float32)
    elif len(genes) == len(rule.coefficients):
        sizes = [layer.size // len(genes) for layer in setup.genome.slots[0].layers]
        genes = np.concatenate([np.repeat(genes, size) for size in sizes]).astype(np.float32)
    layers = setup.genome.expressed(GivenGenes(genes))["coefficients"]
    terms = Terms.of(rule)
    groups = [np.indices(layer.shape[1:]).sum(0) % 2 for layer in layers]
    noted = TermSums.empty(rule, terms, [terms.fold_in(p) for p in layers], groups, lives)
    watch = Watch()
    plan = Plan(0, 9, (0,), lives)
    every = plan.lives(setup, 0, GivenGenes(genes), 0)
    list(Worker(setup, lanes).live(every, observers=[noted, watch]))
    return noted, watch


def means(found: list[dict[str, float]]) -> list[float]:
    return [one["mean"] for one in found]


def test_one_term_does_everything() -> None:
    for place in range(4):
        genes = np.zeros(5)
        genes[place], genes[4] = -0.2, 0.3
        noted, _ = live(RULES["abcd_lr"], genes)
        found = shares(noted.sums)
        wanted = np.eye(4)[place]
        for part in (found["all"], *found["layers"], *found["clusters"], *found["cells"][1]):
            np.testing.assert_allclose(means(part["share"]), wanted, atol=1e-12)
            np.testing.assert_allclose(means(part["net"]), wanted, atol=1e-6)


def test_two_terms_by_hand() -> None:
    noted, watch = live(RULES["ad"], np.array([0.5, -0.1]), lives=1)
    activity = watch.activity[0][1:]  # before the second step: what the first one called for
    for layer in range(2):
        a_terms = np.stack([0.5 * np.outer(a[layer + 1], a[layer]) for a in activity])
        d_terms = np.full_like(a_terms, -0.1)
        signs = np.sign(a_terms + d_terms)
        even = np.indices(a_terms.shape[1:]).sum(0) % 2 == 0
        for cluster, chosen in enumerate((even, ~even)):
            for t, term in enumerate((a_terms, d_terms)):
                size, net = noted.sums[0, :, layer, cluster, t]
                assert size == pytest.approx(np.abs(term[:, chosen]).sum(), rel=1e-5)
                assert net == pytest.approx((term * signs)[:, chosen].sum(), rel=1e-4, abs=1e-6)


def test_a_share_is_a_mean_over_lives_with_an_interval() -> None:
    sums = np.zeros((4, 2, 1, 1, 2))
    sums[:, SIZE, 0, 0] = [(1, 3), (2, 2), (30, 10), (0, 0)]  # in the last life nothing changed
    sums[:, NET, 0, 0] = [(-1, 3), (2, 2), (30, -10), (0, 0)]
    found = shares(sums)["all"]
    assert means(found["share"]) == pytest.approx([0.5, 0.5])
    assert means(found["net"]) == pytest.approx([0.5, 0.5])
    assert 0.25 <= found["share"][0]["low"] < 0.5 < found["share"][0]["high"] <= 0.75
    assert shares(sums[3:])["all"]["share"][0] == {"mean": None, "low": None, "high": None}


@pytest.mark.parametrize("rule", [RULES["abcd_lr_d_out"], oja], ids=lambda rule: rule.name)
@pytest.mark.parametrize("probes", [(), (Freeze(at=2),)], ids=str)
def test_net_terms_add_up_to_the_change_of_the_living_weights(
    rule: Rule, probes: tuple[AnyProbe, ...]
) -> None:
    noted, watch = live(rule, probes=probes)
    for unit in range(3):
        for layer in range(2):
            found = noted.sums[unit, NET, layer].sum()
            assert found == pytest.approx(watch.change(unit, layer), rel=1e-4)
            assert found > 0


def test_after_weights_were_zeroed_a_rule_reads_zero_weights() -> None:
    noted, watch = live(oja, probes=(ZeroWeights(at=2),), lives=1)
    for layer in range(2):
        ways = np.stack([weights[layer] for weights in watch.weights[0]])
        assert not ways[2].any()
        pre, post = watch.activity[0][2][layer], watch.activity[0][2][layer + 1]
        undone = oja(pre[None, :], post[:, None], ways[1], noted.alone[layer][0, 0])
        steps = np.abs(np.diff(ways, axis=0))
        steps[1] = np.abs(undone)  # made, and wiped out at once: zeroing is not the rule's doing
        assert noted.sums[0, NET, layer].sum() == pytest.approx(steps.sum(), rel=1e-4)


def test_neither_lanes_nor_the_observer_change_anything() -> None:
    one, alone = live(RULES["abcd_lr"], lanes=1)
    three, _ = live(RULES["abcd_lr"], lanes=3)
    np.testing.assert_array_equal(one.sums, three.sums)
    network = FeedForward((4,), RULES["abcd_lr"], Bounds("none"))
    setup = Setup.build(Toy(), network, seed=1)
    genes = np.random.default_rng(0).normal(0, 0.1, setup.genome.n_genes).astype(np.float32)
    watch = Watch()
    every = Plan(0, 9).lives(setup, 0, GivenGenes(genes), 0)
    list(Worker(setup, 1).live(every, observers=[watch]))
    for a, b in zip(watch.weights[0], alone.weights[0], strict=True):
        np.testing.assert_array_equal(np.concatenate([x.ravel() for x in a]),
                                      np.concatenate([x.ravel() for x in b]))  # fmt: skip


def test_what_cannot_be_followed_says_why() -> None:
    assert why_not(RULES["abcd_lr"], Terms.of(RULES["abcd_lr"])) is None
    assert "reads a trace" in (why_not(traced, Terms.of(traced)) or "")


@rule
def gated(pre, post, modulator, /, A, D):
    """Δw = modulator·(A·pre·post + D)."""
    return modulator * (A * pre * post + D)


class Tell:
    """Gives each unit a modulator of its own."""

    def __call__(self, moment: Moment) -> None:
        values = moment.network.modulators
        values[moment.lanes] = np.linspace(0.5, 1.5, values.shape[1], dtype=np.float32)


def test_each_layer_reads_the_modulators_of_its_own_units() -> None:
    noted, watch = live(gated, probes=(Tell(),))
    for layer in range(2):
        net = noted.sums[0, NET, layer].sum()
        assert net == pytest.approx(watch.change(0, layer), rel=1e-3)


@pytest.mark.parametrize(
    ("network", "task", "reason"),
    [
        (FeedForward((4,), RULES["abcd"]), Toy(), None),
        (FeedForward((4,), RULES["abcd"], update_every=2), Toy(), "not every step"),
        (FeedForward((4,), RULES["abcd"], update_window=2), Toy(), "means over steps"),
        (FeedForward((4,), RULES["abcd"]), Bandit(), "the action that was chosen"),
    ],
)
def test_what_rules_see_and_activity_does_not_show_is_said(
    network: FeedForward, task: Task, reason: str | None
) -> None:
    answer = why_unseen(network, task)
    assert answer is None if reason is None else reason in (answer or "")
