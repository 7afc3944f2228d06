"""Shares of terms: by hand, and against the weights of living networks."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from toys import Toy, oja, traced

from metahebb.analysis.rule_shares import (
    NET,
    SIZE,
    PartSums,
    by_state,
    by_term,
    shares,
    shares_of_lives,
    state_parts,
    why_not,
)
from metahebb.analysis.rule_updates import Updates
from metahebb.genomes import GivenGenes
from metahebb.modulators import Modulator, Reward
from metahebb.networks import FeedForward, Network, Recurrent
from metahebb.neurons import NEURONS
from metahebb.plasticity import Bounds, Rule, rule
from metahebb.plasticity.rules import RULES
from metahebb.plasticity.terms import Terms
from metahebb.probes import AnyProbe, Moment
from metahebb.probes.freeze import Freeze
from metahebb.probes.zero_weights import ZeroWeights
from metahebb.tasks import Bandit, Task
from metahebb.worker import Plan, Setup, Worker

FREE = Bounds("none")


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


@dataclass(frozen=True)
class Followed:
    """What was added up in some lives, and what was seen of them."""

    terms: PartSums
    states: PartSums
    watch: Watch
    folded: list[np.ndarray]


def live(
    rule: Rule,
    genes: np.ndarray | None = None,
    probes: Sequence[AnyProbe] = (),
    lives: int = 3,
    lanes: int = 2,
    network: Network | None = None,
    task: Task | None = None,
    modulator: Modulator | None = None,
) -> Followed:
    """Live with weights that nothing bounds; every second synapse is in the second cluster."""
    network = network or FeedForward((4,), rule, FREE)
    setup = Setup.build(task or Toy(), network, seed=1, probes=tuple(probes))
    setup = dataclasses.replace(setup, modulator=modulator)
    n_genes = setup.genome.n_genes
    if genes is None:
        genes = np.random.default_rng(0).normal(0, 0.1, n_genes).astype(np.float32)
    elif len(genes) == len(rule.coefficients):
        sizes = [layer.size // len(genes) for layer in setup.genome.slots[0].layers]
        genes = np.concatenate([np.repeat(genes, size) for size in sizes]).astype(np.float32)
    layers = setup.genome.expressed(GivenGenes(genes))["coefficients"]
    terms = Terms.of(rule)
    folded = [terms.fold_in(p) for p in layers]
    groups = [np.indices(layer.shape[1:]).sum(0) % 2 for layer in layers]
    in_terms = PartSums.empty(by_term(rule, terms, folded), len(terms.moving), groups, lives)
    n_states = len(state_parts(rule)) or 1
    in_states = PartSums.empty(by_state(rule, folded), n_states, groups, lives)
    watch = Watch()
    every = Plan(0, 9, (0,), lives).lives(setup, 0, GivenGenes(genes), 0)
    observers = [Updates(rule, [in_terms, in_states]), watch]
    list(Worker(setup, lanes).live(every, observers=observers))
    return Followed(in_terms, in_states, watch, folded)


def means(found: list[dict[str, float]]) -> list[float]:
    return [one["mean"] for one in found]


def test_one_term_does_everything() -> None:
    for place in range(4):
        genes = np.zeros(5)
        genes[place], genes[4] = -0.2, 0.3
        found = shares(live(RULES["abcd_lr"], genes).terms.sums)
        wanted = np.eye(4)[place]
        for part in (found["all"], *found["layers"], *found["clusters"], *found["cells"][1]):
            np.testing.assert_allclose(means(part["share"]), wanted, atol=1e-12)
            np.testing.assert_allclose(means(part["net"]), wanted, atol=1e-6)


def test_two_terms_by_hand() -> None:
    found = live(RULES["ad"], np.array([0.5, -0.1]), lives=1)
    activity = found.watch.activity[0][1:]  # before the second step: what the first one called for
    for layer in range(2):
        a_terms = np.stack([0.5 * np.outer(a[layer + 1], a[layer]) for a in activity])
        d_terms = np.full_like(a_terms, -0.1)
        signs = np.sign(a_terms + d_terms)
        even = np.indices(a_terms.shape[1:]).sum(0) % 2 == 0
        for cluster, chosen in enumerate((even, ~even)):
            for t, term in enumerate((a_terms, d_terms)):
                size, net = found.terms.sums[0, :, layer, cluster, t]
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
    of_lives = shares_of_lives(sums.sum((2, 3)))
    wanted = [[-0.5, 1.5], [0.5, 0.5], [1.5, -0.5], [np.nan] * 2]
    np.testing.assert_allclose(of_lives[:, NET], wanted)


@rule
def gated(pre, post, modulator, /, A, D):
    """Δw = modulator·(A·pre·post + D)."""
    return modulator * (A * pre * post + D)


@rule
def remembering(pre, post, weight, trace, modulator, /, A, B):
    """Δw = A·m·trace − B·w/5, Δtrace = pre·post − trace/2."""
    return A * modulator * trace - 0.2 * B * weight, pre * post - 0.5 * trace


class Tell:
    """Gives each unit a modulator of its own."""

    def __call__(self, moment: Moment) -> None:
        values = moment.network.modulators
        values[moment.lanes] = np.linspace(0.5, 1.5, values.shape[1], dtype=np.float32)


ABCD = RULES["abcd_lr"]
LEAKY = NEURONS["leaky_output"]
LIVED = {
    "plain": (RULES["abcd_lr_d_out"], {}),
    "frozen in mid-life": (RULES["abcd_lr_d_out"], {"probes": (Freeze(at=2),)}),
    "weight": (oja, {}),
    "a modulator per unit": (gated, {"probes": (Tell(),)}),
    "trace": (traced, {"probes": (Tell(),)}),
    "trace and weight": (remembering, {"probes": (Tell(),)}),
    "every second step": (ABCD, {"network": FeedForward((4,), ABCD, FREE, update_every=2)}),
    "means over steps": (ABCD, {"network": FeedForward((4,), ABCD, FREE, update_window=3)}),
    "state of neurons": (ABCD, {"network": FeedForward((4,), ABCD, FREE, neuron=LEAKY)}),
    "recurrent": (ABCD, {"network": Recurrent((4,), ABCD, FREE)}),
    "trials": (gated, {"task": Bandit(), "modulator": Reward()}),
    "trials and traces": (remembering, {"task": Bandit(), "modulator": Reward()}),
}


@pytest.mark.parametrize("name", LIVED)
def test_net_parts_add_up_to_the_change_of_the_living_weights(name: str) -> None:
    studied, options = LIVED[name]
    found = live(studied, **options)
    assert Terms.of(studied).add_up
    total = 0.0
    for unit in range(3):
        for layer in range(len(found.folded)):
            change = found.watch.change(unit, layer)
            total += change
            for parts in (found.terms, found.states):
                assert parts.sums[unit, NET, layer].sum() == pytest.approx(change, 2e-3, 1e-6)
    assert total > 0


def test_after_weights_were_zeroed_a_rule_reads_zero_weights() -> None:
    found = live(oja, probes=(ZeroWeights(at=2),), lives=1)
    for layer in range(2):
        ways = np.stack([weights[layer] for weights in found.watch.weights[0]])
        assert not ways[2].any()
        activity = found.watch.activity[0][2]
        pre, post = activity[layer], activity[layer + 1]
        undone = oja(pre[None, :], post[:, None], ways[1], found.folded[layer][0])
        steps = np.abs(np.diff(ways, axis=0))
        steps[1] = np.abs(undone)  # made, and wiped out at once: zeroing is not the rule's doing
        assert found.terms.sums[0, NET, layer].sum() == pytest.approx(steps.sum(), rel=1e-4)


def test_a_rule_that_only_decays_decays() -> None:
    found = live(remembering, np.array([0.0, 0.5]))
    assert state_parts(remembering) == (
        "at weight 0 and trace 0",
        "decays",
        "grows",
        "by the trace",
    )
    for cell in shares(found.states.sums)["layers"]:
        np.testing.assert_allclose(means(cell["share"]), [0, 1, 0, 0], atol=1e-6)
        np.testing.assert_allclose(means(cell["net"]), [0, 1, 0, 0], atol=1e-6)
    grown = live(remembering, np.array([0.0, -0.5]))
    np.testing.assert_allclose(
        means(shares(grown.states.sums)["all"]["net"]), [0, 0, 1, 0], atol=1e-6
    )
    told = live(remembering, np.array([0.5, 0.0]), probes=(Tell(),))
    np.testing.assert_allclose(
        means(shares(told.states.sums)["all"]["net"]), [0, 0, 0, 1], atol=1e-6
    )


def test_neither_lanes_nor_the_observer_change_anything() -> None:
    one = live(remembering, lanes=1, probes=(Tell(),))
    three = live(remembering, lanes=3, probes=(Tell(),))
    np.testing.assert_array_equal(one.terms.sums, three.terms.sums)
    network = FeedForward((4,), remembering, FREE)
    setup = Setup.build(Toy(), network, seed=1, probes=(Tell(),))
    genes = np.random.default_rng(0).normal(0, 0.1, setup.genome.n_genes).astype(np.float32)
    watch = Watch()
    every = Plan(0, 9).lives(setup, 0, GivenGenes(genes), 0)
    list(Worker(setup, 1).live(every, observers=[watch]))
    for a, b in zip(watch.weights[0], one.watch.weights[0], strict=True):
        np.testing.assert_array_equal(np.concatenate([x.ravel() for x in a]),
                                      np.concatenate([x.ravel() for x in b]))  # fmt: skip


def test_only_what_is_no_sum_has_no_shares_of_terms() -> None:
    @dataclass(frozen=True)
    class NoSum:
        add_up: bool = False

    assert why_not(traced, Terms.of(traced)) is None
    assert "not a sum of terms" in (why_not(ABCD, NoSum()) or "")  # type: ignore[arg-type]
