"""Peers of the plastic network: a PyTorch module, and the step of the published code."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from metahebb.networks import Convolutional

Array = npt.NDArray[np.float32]


class TorchPlastic(nn.Module):
    """A plastic network as a PyTorch module; the coefficients of its synapses are its parameters.

    The module is recurrent in EvoTorch's sense: ``forward(x, weights)`` returns the outputs and the
    next weights. Without ``weights``, it is newborn, with weights from U(-0.1, 0.1).
    """

    def __init__(self, sizes: tuple[int, ...], output: str = "tanh") -> None:
        """Make the coefficients of layers of these ``sizes``, sensors first."""
        super().__init__()
        self._output = output
        self.coefficients = nn.ParameterList(
            torch.empty(5, n_out, n_in).uniform_(-1, 1) for n_in, n_out in itertools.pairwise(sizes)
        )

    def forward(
        self, x: torch.Tensor, weights: list[torch.Tensor] | None = None
    ) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """Act, then rewire by ABCD_lr, and divide each layer by its largest absolute weight."""
        if weights is None:
            weights = [torch.empty(c.shape[1:]).uniform_(-0.1, 0.1) for c in self.coefficients]
        grown: list[torch.Tensor] = []
        for old, (a, b, c, d, eta) in zip(weights, self.coefficients, strict=True):
            post = old @ x
            if len(grown) + 1 < len(weights) or self._output == "tanh":
                post = torch.tanh(post)
            change = eta * (a * torch.outer(post, x) + b * x + c * post[:, None] + d)
            new = old + change
            grown.append(new / new.abs().max())
            x = post
        return x, grown


class TorchConvolutional(nn.Module):
    """Convolutions, each followed by tanh and maxima over 2×2, and a `TorchPlastic` behind them."""

    def __init__(self, network: Convolutional, n_outputs: int) -> None:
        """Make the filters and the head of ``network``."""
        super().__init__()
        stages = zip(network.stages, network.kernels, strict=True)
        self.convolutions = nn.ModuleList(
            nn.Conv2d(stage.channels, stage.filters, kernel, stage.stride, bias=False)
            for stage, kernel in stages
        )
        sizes = (network.n_features, *network.hidden, n_outputs)
        self.head = TorchPlastic(sizes, network.output)

    def see(self, image: torch.Tensor) -> torch.Tensor:
        """Return the features of an image ``(channels, rows, columns)``."""
        for convolution in self.convolutions:
            image = nn.functional.max_pool2d(torch.tanh(convolution(image)), 2)
        return image.flatten()

    def forward(
        self, image: torch.Tensor, weights: list[torch.Tensor] | None = None
    ) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """Compute the image's features, act on them, then rewire."""
        outputs: tuple[torch.Tensor, list[torch.Tensor]] = self.head(self.see(image), weights)
        return outputs


class Published:
    """The step of the published code: forward in PyTorch, update in a numba loop, then max-abs.

    The step is that of the public code of Najarro & Risi 2020, written anew. All its numbers are
    float32, which is no slower than the original with float64 coefficients.
    """

    def __init__(self, sizes: tuple[int, ...], seed: int = 0) -> None:
        """Make a network of these layer ``sizes``, sensors first."""
        from metahebb.bench._loops import published_update

        self._update = published_update
        self._layers = [nn.Linear(i, o, bias=False) for i, o in itertools.pairwise(sizes)]
        n = sum(i * o for i, o in itertools.pairwise(sizes))
        rng = np.random.default_rng(seed)
        self._coefficients = rng.uniform(-1, 1, (n, 5)).astype(np.float32)
        for layer in self._layers:
            nn.init.uniform_(layer.weight, -0.1, 0.1)

    def step(self, observation: Array) -> Array:
        """Act on ``observation`` ``(n_in,)``, then rewire; return the outputs."""
        with torch.no_grad():
            activities: list[Any] = [torch.from_numpy(observation)]
            for layer in self._layers:
                activities.append(torch.tanh(layer(activities[-1])))
            offset = 0
            for layer, (pre, post) in zip(
                self._layers, itertools.pairwise(activities), strict=True
            ):
                weights = layer.weight.numpy()
                self._update(weights, pre.numpy(), post.numpy(), self._coefficients, offset)
                offset += weights.size
                layer.weight.data /= layer.weight.data.abs().max()
        outputs: Array = activities[-1].numpy()
        return outputs
