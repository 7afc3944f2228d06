"""Gated lanes compute what torch's cells compute."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from toys import BIRTH

from metahebb.genomes import Genome, GivenGenes
from metahebb.networks import Gated

TOLERANCE = 3e-6
CELLS = {"lstm": torch.nn.LSTMCell, "gru": torch.nn.GRUCell}


class Peer:
    """The same network in torch."""

    def __init__(self, network: Gated, n_in: int, n_out: int) -> None:
        sizes = (*network.hidden, n_out)
        self.cell = CELLS[network.cell](n_in, sizes[0])
        self.readout = [torch.nn.Linear(i, o, bias=False) for i, o in itertools.pairwise(sizes)]
        self.tanh_output = network.output == "tanh"
        self.state = None

    def parameters(self) -> list[np.ndarray]:
        """Return views in torch's own order: weights and biases of the cell, then the readout."""
        cell = self.cell
        found = [cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh]
        found += [layer.weight for layer in self.readout]
        return [p.detach().numpy().reshape(len(p), -1) for p in found]

    @torch.no_grad()
    def act(self, observation: np.ndarray) -> np.ndarray:
        self.state = self.cell(torch.from_numpy(observation)[None], self.state)
        x = self.state[0] if isinstance(self.state, tuple) else self.state
        for number, layer in enumerate(self.readout, start=1):
            x = layer(x)
            if number < len(self.readout) or self.tanh_output:
                x = torch.tanh(x)
        return x[0].numpy()


@pytest.mark.parametrize("output", ["tanh", "linear"])
@pytest.mark.parametrize(
    ("n_in", "hidden", "n_out"),
    [(27, (128, 64), 8), (5, (7,), 3), (60, (3, 9, 4), 20), (1, (1,), 1)],
)
@pytest.mark.parametrize("cell", CELLS)
def test_fifty_steps_equal_torchs(
    cell: str, n_in: int, hidden: tuple[int, ...], n_out: int, output: str
) -> None:
    network = Gated(cell, hidden, output)
    peer = Peer(network, n_in, n_out)
    genome = Genome.direct(network.slots(n_in, n_out))
    genes = np.empty(genome.n_genes, np.float32)
    rng = np.random.default_rng(0)
    start = 0
    shapes = network.layers(n_in, n_out)
    for shape, parameter in zip(shapes, peer.parameters(), strict=True):
        parameter[:] = rng.normal(0, 1 / np.sqrt(shape.n_in), parameter.shape)
        shape.view(genes[start : start + shape.size])[0][:] = parameter
        start += shape.size
    assert start == genes.size  # no gene that torch does not have
    lanes, lane = network.lanes(n_in, n_out, 1), np.array([0], np.intp)
    lanes.born(0, genome, GivenGenes(genes), BIRTH)
    furthest = 0.0
    for observation in rng.normal(size=(50, 1, n_in)).astype(np.float32):
        ours, theirs = lanes.act(observation, lane)[0], peer.act(observation[0])
        furthest = max(furthest, np.abs(ours).max())
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=TOLERANCE)
    assert furthest > 1000 * TOLERANCE
    remembered = peer.state[0] if cell == "lstm" else peer.state
    np.testing.assert_allclose(lanes.activity(0)[1], remembered[0], rtol=0, atol=TOLERANCE)
    for ours, theirs in zip(lanes.weights(0), peer.parameters(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
