"""The gated rate network of Song, Yang and Wang 2017, in torch."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from metahebb.noise import Key, normals, uniforms

Array = npt.NDArray[np.float32]

RADIUS = 2.0
"""The spectral radius of each block of recurrent weights at birth."""
FIRST_STATE = 0.5
"""The state x of each unit before the first step, at birth; it is trained."""
_SHAPE = 4  # of the gamma distribution of recurrent weights, which has the mean 1
_BLOCKS = ("state", "update", "reset")


@dataclass(frozen=True)
class GatedRate:
    """A network of gated rate units with a linear readout.

    With r = [x]₊ and the input i = W_in·u + b, which has one block for each of x, λ and γ::

        λ = σ(W^λ r_{t-1} + i^λ),  γ = σ(W^γ r_{t-1} + i^γ)
        x_t = (1 − αλ) x_{t-1} + αλ (W (γ r_{t-1}) + i^x + q_t),  q_t ~ N(0, noise²)

    The readout is W_out·r_t + b_out.

    Source: Song et al. 2017, their variant of the gated recurrent unit.

    Attributes:
        n_inputs: the number of inputs u.
        n_units: the number of units.
        n_outputs: the number of outputs.
        alpha: the time of a step divided by the units' time constant.
        noise: the standard deviation of the noise q.
        density: the part of all units from which a unit has recurrent synapses, by each block.
        input_scale: the factor of the input weights at birth.
    """

    n_inputs: int
    n_units: int
    n_outputs: int
    alpha: float
    noise: float
    density: float = 1.0
    input_scale: float = 1.0

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each group of parameters; blocks of rows are in the order x, λ, γ."""
        n = self.n_units
        return {
            "input": (3 * n, self.n_inputs),
            "bias": (3 * n,),
            "gates": (2 * n, n),
            "recurrent": (n, n),
            "first": (n,),
            "readout": (self.n_outputs, n),
            "readout_bias": (self.n_outputs,),
        }

    @property
    def in_degree(self) -> int:
        """The number of recurrent synapses of each unit, by each block."""
        return max(1, round(self.density * self.n_units))

    def birth(self, key: Callable[[int], Key], readout_bias: Array) -> tuple[Tensor, Tensor]:
        """Return the parameters and the mask of a network that is born.

        Args:
            key: a function that gives the key of each draw for its number.
            readout_bias: ``(n_outputs,)``, the first b_out; W_out begins with zeros.

        Returns:
            ``(parameters, mask)``, each ``(n,)``: all groups of `shapes` in a row. The mask is 0
            for synapses that do not exist, else 1.
        """
        n = self.n_units
        blocks, masks = zip(
            *(recurrent_block(n, self.in_degree, key, 3 * b) for b in range(3)), strict=True
        )
        scale = self.input_scale * math.sqrt(self.in_degree) / self.n_inputs
        groups = {name: np.zeros(shape, np.float32) for name, shape in self.shapes.items()}
        drawn = normals(key(9), 3 * n * self.n_inputs).reshape(3 * n, self.n_inputs)
        groups["input"][:] = np.float32(scale) * drawn
        groups["recurrent"][:], groups["gates"][:] = blocks[0], np.concatenate(blocks[1:])
        groups["first"][:] = FIRST_STATE
        groups["readout_bias"][:] = readout_bias
        exist = {name: np.ones(shape, np.float32) for name, shape in self.shapes.items()}
        exist["recurrent"][:], exist["gates"][:] = masks[0], np.concatenate(masks[1:])
        return _row(groups), _row(exist)

    def unpacked(self, parameters: Tensor) -> dict[str, Tensor]:
        """Return the groups of ``parameters`` by name, as views; gradients flow through them."""
        sizes = [math.prod(shape) for shape in self.shapes.values()]
        parts = torch.split(parameters, sizes)
        return {
            name: part.view(shape)
            for part, (name, shape) in zip(parts, self.shapes.items(), strict=True)
        }

    def living(self, parameters: Tensor, mask: Tensor) -> LivingGatedRate:
        """Return the network with ``parameters`` and ``mask``, both as `birth` gives them."""
        return LivingGatedRate(self, self.unpacked(parameters * mask))

    def matrices(self, parameters: Tensor) -> dict[str, Array]:
        """Return copies of all matrices of weights by name, each ``(n_out, n_in)``."""
        groups = self.unpacked(parameters.detach())
        recurrent = (groups["recurrent"], *groups["gates"].chunk(2))
        named = {f"input_{n}": w for n, w in zip(_BLOCKS, groups["input"].chunk(3), strict=True)}
        named |= {f"recurrent_{n}": w for n, w in zip(_BLOCKS, recurrent, strict=True)}
        named["readout"] = groups["readout"]
        return {name: weights.numpy().copy() for name, weights in named.items()}


class LivingGatedRate:
    """A gated rate network with weights, which advances trials together."""

    def __init__(self, network: GatedRate, groups: Mapping[str, Tensor]) -> None:
        """Keep the parameters ``groups``, see `GatedRate.shapes`."""
        self._alpha, self._n = network.alpha, network.n_units
        self._bias, self._first = groups["bias"], groups["first"]
        self._input, self._gates = groups["input"].t(), groups["gates"].t()
        self._recurrent = groups["recurrent"].t()
        self._readout, self._readout_bias = groups["readout"].t(), groups["readout_bias"]

    def begin(self, n: int) -> Tensor:
        """Return the state x ``(n, n_units)`` of ``n`` trials before their first step."""
        return self._first.expand(n, self._n)

    def drive(self, inputs: Tensor) -> Tensor:
        """Return i = W_in·u + b, ``(n, 3 n_units)``, for ``inputs`` ``(n, n_inputs)``."""
        return torch.addmm(self._bias, inputs, self._input)

    def step(self, state: Tensor, drive: Tensor, noise: Tensor | None = None) -> Tensor:
        """Return the state ``(n, n_units)`` after a step.

        Args:
            state: ``(n, n_units)``, x before the step.
            drive: ``(n, 3 n_units)``, see `drive`.
            noise: ``(n, n_units)``, the noise q; None: no noise.
        """
        n, rates = self._n, torch.relu(state)
        gates = torch.sigmoid(torch.addmm(drive[:, n:], rates, self._gates))
        goal = torch.addmm(drive[:, :n], gates[:, n:] * rates, self._recurrent)
        if noise is not None:
            goal = goal + noise
        return torch.lerp(state, goal, self._alpha * gates[:, :n])

    def readout(self, rates: Tensor) -> Tensor:
        """Return the outputs ``(..., n_outputs)`` for ``rates`` ``(..., n_units)``."""
        flat = torch.addmm(self._readout_bias, rates.reshape(-1, self._n), self._readout)
        return flat.view(*rates.shape[:-1], -1)


def recurrent_block(
    n: int, in_degree: int, key: Callable[[int], Key], first: int
) -> tuple[Array, Array]:
    """Return a block ``(n, n)`` of recurrent weights at birth, and its mask.

    Magnitudes follow the gamma distribution with shape 4 and scale ¼, signs are random, each unit
    has ``in_degree`` synapses, and the block is scaled to the spectral radius `RADIUS`.

    Args:
        n: the number of units.
        in_degree: the number of synapses in each row.
        key: a function that gives the key of each draw for its number.
        first: the number of the first of three draws.
    """
    # The sum of k exponential numbers follows the gamma distribution with the integer shape k.
    drawn = 1 - uniforms(key(first), _SHAPE * n * n).astype(np.float64).reshape(_SHAPE, n, n)
    size = -np.log(drawn).sum(0) / _SHAPE
    sign = np.where(uniforms(key(first + 1), n * n).reshape(n, n) < 0.5, -1.0, 1.0)
    order = uniforms(key(first + 2), n * n).reshape(n, n).argsort(1, kind="stable")
    mask = np.zeros((n, n))
    np.put_along_axis(mask, order[:, :in_degree], 1.0, 1)
    weights = size * sign * mask
    radius = float(torch.linalg.eigvals(torch.tensor(weights)).abs().max())
    # A sparse block of a very small network may have no cycle, and then no radius to scale.
    weights *= RADIUS / radius if radius > 1e-6 else 1.0
    return weights.astype(np.float32), mask.astype(np.float32)


def _row(groups: Mapping[str, Array]) -> Tensor:
    return torch.tensor(np.concatenate([group.ravel() for group in groups.values()]))
