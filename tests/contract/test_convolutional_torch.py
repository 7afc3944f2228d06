"""Convolutional lanes see what torch's convolutions see."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn.functional import conv2d, max_pool2d
from toys import BIRTH

from metahebb.errors import InputError
from metahebb.genomes import Genome, GivenGenes, PerNeuron, Shared
from metahebb.networks import Convolutional
from metahebb.networks.convolutional import ConvolutionalLanes

TOLERANCE = 3e-6
KINDS = [
    Convolutional((5,)),
    Convolutional((4,), image=(13, 9, 1), filters=(3,), kernels=(3,), strides=(1,)),
    Convolutional((4,), image=(31, 40, 2), filters=(5, 3), kernels=(4, 2), strides=(3, 1)),
    Convolutional((4,), image=(64, 47, 3), filters=(4, 7, 5), kernels=(5, 3, 2), strides=(1, 2, 1)),
]
kinds = pytest.mark.parametrize("network", KINDS, ids=lambda n: "x".join(map(str, n.image)))


def living(network: Convolutional, seed: int = 0) -> tuple[ConvolutionalLanes, np.ndarray]:
    """Return three lanes whose filters differ, and the filters ``(3, n)``."""
    n = int(np.prod(network.image))
    genome = Genome.direct(network.slots(n, 2))
    lanes = network.lanes(n, 2, 3)
    rng, filters = np.random.default_rng(seed), []
    for lane in range(3):
        genes = (0.3 * rng.normal(size=genome.n_genes)).astype(np.float32)
        lanes.born(lane, genome, GivenGenes(genes), BIRTH)
        filters.append(genes[genome.stretches()["filters"]])
    return lanes, np.array(filters)


def images(network: Convolutional, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.uniform(0, 1, (3, int(np.prod(network.image)))).astype(np.float32)


def seen_by_torch(network: Convolutional, image: np.ndarray, filters: np.ndarray) -> np.ndarray:
    x = torch.from_numpy(image).reshape(1, *network.image).permute(0, 3, 1, 2)
    channels, start = network.image[2], 0
    for out, kernel, stride in zip(network.filters, network.kernels, network.strides, strict=True):
        size = out * channels * kernel**2
        weights = torch.from_numpy(filters[start : start + size])
        x = conv2d(x, weights.reshape(out, channels, kernel, kernel), stride=stride)
        x, channels, start = max_pool2d(torch.tanh(x), 2), out, start + size
    return x.flatten().numpy()


@kinds
def test_features_are_those_of_torch(network: Convolutional) -> None:
    lanes, filters = living(network)
    observations = images(network)
    found = lanes.features(observations, np.arange(3))
    for lane in range(3):
        wanted = seen_by_torch(network, observations[lane], filters[lane])
        np.testing.assert_allclose(found[lane], wanted, rtol=0, atol=TOLERANCE)
        assert wanted.std() > 0.05


@kinds
def test_lanes_see_alone(network: Convolutional) -> None:
    (alone, _), (beside, _) = living(network), living(network)
    observations = images(network)
    for _ in range(3):
        one = alone.act(observations, np.array([1]))[0].copy()
        np.testing.assert_array_equal(beside.act(observations, np.arange(3))[1], one)


def test_the_published_policy_has_its_size() -> None:
    network = Convolutional()
    genome = Genome.direct(network.slots(84 * 84 * 3, 3))
    assert network.n_features == 648
    assert {slot.name: slot.size for slot in genome.slots} == {
        "coefficients": 456_640,
        "filters": 1_362,
    }
    for few, genes in ((PerNeuron(), 4 * (648 + 3) + 5 * 192), (Shared(16), 240)):
        mapped = Genome.mapped(network.slots(84 * 84 * 3, 3), {"coefficients": few})
        assert mapped.n_genes == genes + 1_362


def test_a_pixel_that_is_not_a_number_is_seen() -> None:
    lanes, _ = living(KINDS[1])
    observations = images(KINDS[1])
    observations[1, 5] = np.nan
    outputs = lanes.act(observations, np.arange(3))
    assert np.isnan(outputs[1]).all()
    assert np.isfinite(outputs[[0, 2]]).all()


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"filters": (6,)}, "as many kernels and strides as filters"),
        ({"filters": (), "kernels": (), "strides": ()}, "at least one"),
        ({"kernels": (3, 0)}, "of at least 1"),
        ({"image": (84, 0, 3)}, "of at least 1"),
        ({"image": (9, 9, 3)}, "left with a pixel"),
        ({"image": (2, 84, 3)}, "left with a pixel"),
        ({"observation_scale": (1.0,)}, "no observation_scale of an image"),
    ],
)
def test_what_cannot_be_is_refused(told: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Convolutional(**told)  # type: ignore[arg-type]


def test_observations_of_another_size_are_refused() -> None:
    with pytest.raises(InputError, match=r"84 × 84 × 3 = 21168 numbers \(convolutional\), got 4;"):
        Convolutional().slots(4, 2)
