"""ClipUp for gradients that may be zero; EvoTorch's divides by the norm, and returns NaN then."""

from __future__ import annotations

from typing import Any

import torch
from evotorch.optimizers import ClipUp


class SafeClipUp(ClipUp):  # type: ignore[misc]
    """ClipUp (Toklu et al. 2020), which moves by its momentum alone where the gradient is zero."""

    _momentum: float
    _velocity: torch.Tensor

    def ascent(self, globalg: Any, *, cloned_result: bool = True) -> torch.Tensor:
        """Return the step to take for gradient ``globalg`` ``(n_genes,)``."""
        if torch.count_nonzero(globalg):
            step: torch.Tensor = super().ascent(globalg, cloned_result=cloned_result)
            return step
        self._velocity = self._momentum * self._velocity
        return self._velocity.clone()
