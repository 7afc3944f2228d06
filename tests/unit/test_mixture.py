"""The search `mixture`: what it draws, its gradient, its center, and what it refuses."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import psutil
import pytest
import torch
from scipy.special import logsumexp, softmax
from small_search import N_GENES, Formula, hill, search_of
from toys import Toy

from metahebb.errors import InputError, ProgressError
from metahebb.evolution.config import OPTIMIZERS, SearchConfig
from metahebb.evolution.mixture import RuleMixture
from metahebb.evolution.search import Search
from metahebb.genomes import GenomeMap, Shared, SlotName
from metahebb.networks import FeedForward, Network
from metahebb.noise import Key, Stream, normals, uniforms
from metahebb.plasticity.rules import RULES
from metahebb.worker import Plan, Setup

RULES_OF_TEST, SYNAPSES, PLANES = 3, 5 * 2 + 2 * 3, 5


def large(stdev: float = 0.3, **told: Any) -> RuleMixture:
    """Return a mixture of 3 rules of 5 coefficients, for 16 synapses; nobody can live in it."""
    setup = Setup.build(Toy(), FeedForward((2,), RULES["abcd_lr"]), seed=7)
    config = SearchConfig(
        "mixture", popsize=6, stdev=stdev, mixture_rules=RULES_OF_TEST, penalty=0.0, **told
    )
    search = Search(config, setup, Formula(hill), lambda generation: Plan(generation, 10), 0)
    assert isinstance(search.searcher, RuleMixture)
    return search.searcher


def set_distribution(search: RuleMixture, seed: int) -> None:
    """Give ``search`` means and logits at random."""
    rng = np.random.default_rng(seed)
    search.means[:] = torch.from_numpy(rng.normal(size=(RULES_OF_TEST, PLANES)))
    search.logits[:] = torch.from_numpy(rng.normal(size=(SYNAPSES, RULES_OF_TEST)))


def by_synapse(genes: np.ndarray) -> np.ndarray:
    """Return a candidate's coefficients ``(16, 5)``; layers one after the other."""
    first, second = genes[: 5 * 10].reshape(5, 10), genes[5 * 10 :].reshape(5, 6)
    return np.concatenate([first.T, second.T])


def log_density(parameters: np.ndarray, genes: np.ndarray, stdev: float) -> float:
    """Return log p of a candidate, but for a constant, from the definition of a mixture."""
    means = parameters[: RULES_OF_TEST * PLANES].reshape(RULES_OF_TEST, PLANES)
    logits = parameters[RULES_OF_TEST * PLANES :].reshape(SYNAPSES, RULES_OF_TEST)
    log_prior = logits - logsumexp(logits, 1, keepdims=True)
    distances = np.square(by_synapse(genes)[:, None] - means).sum(2)
    return float(logsumexp(log_prior - distances / (2 * stdev**2), 1).sum())


@pytest.mark.parametrize("stdev", [0.3, 1.0])
def test_the_gradient_is_that_of_the_marginal_log_density(stdev: float) -> None:
    search = large(stdev)
    set_distribution(search, 1)
    rng = np.random.default_rng(2)
    values = rng.normal(size=(6, SYNAPSES * PLANES)).astype(np.float32)
    weights = rng.normal(size=6).astype(np.float32)
    found = search.gradient(values, weights).numpy()
    parameters = np.concatenate([search.means.numpy().ravel(), search.logits.numpy().ravel()])
    start = parameters.astype(np.float64)
    genes, centered = values.astype(np.float64), weights - weights.mean(dtype=np.float64)

    def objective(moved: np.ndarray) -> float:
        return float(np.mean([w * log_density(moved, g, stdev) for w, g in zip(centered, genes)]))  # noqa: B905

    steps = 1e-5 * np.eye(start.size)
    wanted = [(objective(start + step) - objective(start - step)) / 2e-5 for step in steps]
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)
    assert np.abs(found[:15]).min() > 1e-3  # every mean, and logits too, are to move
    assert np.abs(found[15:]).max() > 1e-3


def test_each_synapse_draws_a_rule_and_noise_of_its_own() -> None:
    search = large(0.25)
    values = np.empty((6, SYNAPSES * PLANES), np.float32)
    search._draw(values)
    means = search.means.numpy()
    np.testing.assert_array_equal(
        means.ravel(), normals(Key(7, Stream.INITIAL), 15) * np.float32(0.1)
    )
    for candidate, genes in enumerate(values):
        drawn = uniforms(Key(7, Stream.SEARCH, 0, candidate, 1), SYNAPSES)
        chosen = means[np.floor(drawn * 3).astype(int)]  # all rules are as probable
        noise = normals(Key(7, Stream.SEARCH, 0, candidate), genes.size) * np.float32(0.25)
        np.testing.assert_allclose(by_synapse(genes), chosen + by_synapse(noise), atol=1e-6)


def test_rules_are_drawn_as_often_as_their_logits_say() -> None:
    search = large(1e-6)
    set_distribution(search, 3)
    search.logits[4] = torch.tensor([0.0, -1e30, 0.0])
    values = np.empty((4000, SYNAPSES * PLANES), np.float32)
    search._draw(values)
    numbers = np.stack([by_synapse(genes)[:, 0] for genes in values])
    near = np.abs(numbers[..., None] - search.means.numpy()[:, 0]).argmin(2)
    shares = np.stack([(near == rule).mean(0) for rule in range(3)], axis=1)
    np.testing.assert_allclose(shares, softmax(search.logits.numpy(), axis=1), atol=0.035)
    assert shares[4, 1] == 0


def test_the_center_has_the_mean_of_the_most_probable_rule() -> None:
    search = large()
    set_distribution(search, 4)
    search.logits[5] = 1.0  # of equal ones, the first
    center = search.status["center"].as_subclass(torch.Tensor).numpy()
    chosen = search.logits.numpy().argmax(1)
    assert len(set(chosen.tolist())) == 3
    assert chosen[5] == 0
    np.testing.assert_array_equal(by_synapse(center), search.means.numpy()[chosen])


def test_synapses_find_their_rules() -> None:
    """One rule for all would stay where half of the synapses want +1, half of them −1."""
    wanted = np.where(np.arange(N_GENES) % 2, 1, -1)
    search = search_of(
        lambda genes: -float(np.square(genes - wanted).sum()),
        *("mixture",),
        **{"popsize": 64, "stdev": 0.3, "learning_rate": 0.1, "mixture_rules": 2},
    )
    for _ in range(80):
        search.step()
    assert (np.sign(search.center()) == wanted).mean() > 0.9
    assert np.square(search.center() - wanted).mean() < 0.3


def test_stdev_and_learning_rate_decay_to_their_floors() -> None:
    search = search_of(
        hill,
        *("mixture",),
        **{"stdev": 0.1, "stdev_decay": 0.5, "stdev_floor": 0.03, "optimizer": "sgd"},
        **{"learning_rate": 0.02, "learning_rate_decay": 0.5, "learning_rate_floor": 0.004},
    )
    found = []
    for _ in range(4):
        search.step()
        found.append((search.stdev(), search.searcher.optimizer.param_groups[0]["lr"]))
    assert [s for s, _ in found] == pytest.approx([0.05, 0.03, 0.03, 0.03])
    assert [r for _, r in found] == pytest.approx([0.01, 0.005, 0.004, 0.004])


def test_the_stdev_in_use_is_the_decayed_one() -> None:
    backend = Formula(hill)
    search = search_of(backend, "mixture", stdev=1.0, stdev_decay=1e-6, initial_stdev=1.0)
    search.step()
    search.step()
    means = search.searcher.means.numpy().ravel()
    assert np.abs(backend.genes[..., None] - means).min(2).max() < 0.05  # beside one step of them


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_constant_fitness_moves_nothing(optimizer: Any) -> None:
    search = search_of(lambda genes: 3.0, "mixture", optimizer=optimizer)
    before = search.searcher._parameters.numpy().tobytes()
    for _ in range(3):
        search.step()
    assert search.searcher._parameters.numpy().tobytes() == before


@pytest.mark.parametrize("ranking", ["raw", "nes", "centered", "standardized"])
def test_a_constant_added_to_fitness_changes_nothing(ranking: Any) -> None:
    # Powers of two, of which nothing is rounded off.
    found = [
        search_of(lambda genes, more=more: round(16 * hill(genes)) / 16 + more, "mixture",
                  ranking=ranking, optimizer="sgd")
        for more in (0.0, 1024.0)
    ]  # fmt: skip
    for search in found:
        search.step()
    first, second = (search.searcher._parameters.numpy() for search in found)
    np.testing.assert_allclose(first, second, rtol=1e-4, atol=1e-7)
    assert np.abs(first[16:]).max() > 0  # the logits, which were zero


def test_nan_fitness_ranks_worst() -> None:
    def fitness(genes: np.ndarray) -> float:
        return float("nan") if genes[0] > 0.5 else 0.0  # some: of more than half a run ends

    told = {"stdev": 0.5, "initial_stdev": 0.0, "popsize": 16, "mixture_rules": 1}
    search = search_of(fitness, "mixture", **told)
    for _ in range(3):
        search.step()
    assert search.center()[0] < -0.001


def test_an_update_that_is_not_finite_is_told_and_not_taken() -> None:
    search = search_of(hill, "mixture", optimizer="sgd", learning_rate=1e38, ranking="raw")
    before = search.searcher._parameters.numpy().tobytes()
    with pytest.raises(ProgressError, match=r"finite means and logits .* lower --search\.learning"):
        search.step()
    assert search.searcher._parameters.numpy().tobytes() == before
    assert search.generation == 0


COEFFICIENTS: SlotName = "coefficients"
OTHERS: list[tuple[Network, dict[SlotName, GenomeMap], str]] = [
    (FeedForward((2,)), {COEFFICIENTS: Shared(2)}, r"coefficients \(Shared\);"),
    (
        FeedForward((2,), birth="coevolved"),
        {},
        r"coefficients \(PerSynapse\), birth \(PerSynapse\)",
    ),
    (FeedForward((2,), RULES["static"]), {}, r"inherited \(PerSynapse\);"),
]


@pytest.mark.parametrize(("network", "maps", "got"), OTHERS)
def test_another_genome_is_refused(network: Network, maps: Any, got: str) -> None:
    setup = Setup.build(Toy(), network, 5, maps=maps)
    config = SearchConfig("mixture", popsize=4)
    with pytest.raises(InputError, match=rf"nothing but coefficients .*, got {got}") as caught:
        Search(config, setup, Formula(hill), lambda generation: Plan(generation, 10), 0)
    assert "\n" not in str(caught.value)


def test_logits_beyond_memory_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = dataclasses.make_dataclass("memory", ["available"])
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory(64 * 1000 * N_GENES - 1))
    with pytest.raises(InputError, match=rf"1000 logits of each of {N_GENES} synapses .* fewer"):
        search_of(hill, "mixture", mixture_rules=1000)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory(64 * 1000 * N_GENES))
    search_of(hill, "mixture", mixture_rules=1000)


def test_a_candidate_depends_on_its_key_alone() -> None:
    seen = []
    for popsize in (4, 6):
        backend = Formula(hill)
        search_of(backend, "mixture", popsize=popsize).step()
        seen.append(backend.genes)
        assert len({genes.tobytes() for genes in backend.genes}) == popsize
    assert seen[0].tobytes() == seen[1][:4].tobytes()
