"""A parameter vector that Adam changes, with a state that can be saved."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from metahebb.errors import ProgressError

BETAS = (0.9, 0.999)
EPSILON = 1e-8


class Trained:
    """Parameters in a row, which Adam changes after each batch (Kingma and Ba 2015, Algorithm 1).

    Attributes:
        parameters: ``(n,)`` float32, a leaf of torch's graph.
        mask: ``(n,)`` float32, 0 for parameters that stay 0, else 1.
    """

    def __init__(self, parameters: Tensor, mask: Tensor, rate: float, max_norm: float) -> None:
        """Begin with ``parameters``.

        Args:
            parameters: ``(n,)``, the first values; 0 where the mask is 0.
            mask: ``(n,)``.
            rate: the learning rate.
            max_norm: the norm to which a longer gradient is shortened.
        """
        self.parameters = parameters.clone().requires_grad_()
        self.mask = mask
        self._rate, self._max_norm = rate, max_norm
        self._mean, self._square = torch.zeros_like(parameters), torch.zeros_like(parameters)
        self._updates = 0

    def descend(self, loss: Tensor, name: str) -> float:
        """Take one step down the gradient of ``loss``, and return the gradient's norm.

        Raises:
            ProgressError: the gradient of the network ``name`` is not finite.
        """
        self.parameters.grad = None
        loss.backward()  # type: ignore[no-untyped-call]
        gradient = self.parameters.grad
        assert gradient is not None
        gradient = gradient * self.mask
        norm = float(gradient.norm())
        if not math.isfinite(norm):
            raise ProgressError(
                f"expected a finite gradient of the {name}, got {norm} in update {self._updates}; "
                "choose a lower learning_rate, or smaller rewards"
            )
        gradient *= min(1.0, self._max_norm / (norm + 1e-12))
        self._updates += 1
        first, second = BETAS
        self._mean.lerp_(gradient, 1 - first)
        self._square.mul_(second).addcmul_(gradient, gradient, value=1 - second)
        scale = math.sqrt(1 - second**self._updates)
        rate = self._rate * scale / (1 - first**self._updates)
        with torch.no_grad():
            self.parameters.addcdiv_(
                self._mean, self._square.sqrt().add_(EPSILON * scale), value=-rate
            )
        return norm

    def saved(self) -> dict[str, npt.NDArray[Any]]:
        """Return copies of the parameters and of Adam's state, by name."""
        return {
            "parameters": self.parameters.detach().numpy().copy(),
            "mean": self._mean.numpy().copy(),
            "square": self._square.numpy().copy(),
            "updates": np.array(self._updates),
        }

    def restore(self, saved: Mapping[str, npt.NDArray[Any]]) -> None:
        """Go on from ``saved``, see `saved`."""
        with torch.no_grad():
            self.parameters.copy_(torch.tensor(saved["parameters"]))
        self._mean.copy_(torch.tensor(saved["mean"]))
        self._square.copy_(torch.tensor(saved["square"]))
        self._updates = int(saved["updates"])
