"""The conversion of an environment's pictures to bytes of red, green and blue."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def as_picture(drawn: Any) -> npt.NDArray[np.uint8]:
    """Return the result of an environment's ``render()`` as a new array ``(height, width, 3)``.

    Of several frames the last one is taken. A gray channel becomes three equal channels, and an
    alpha channel is left out. Floats of which none is above 1 range from 0 to 1, and all other
    numbers from 0 to 255.

    Raises:
        TypeError: ``drawn`` is no picture.
    """
    if isinstance(drawn, (list, tuple)) and drawn and np.ndim(drawn[-1]) >= 2:
        drawn = drawn[-1]
    array = np.asarray(drawn)
    if array.ndim == 4 and len(array):
        array = array[-1]
    if array.ndim == 2:
        array = array[..., np.newaxis]
    if array.dtype.kind not in "biuf" or array.ndim != 3 or not 1 <= array.shape[2] <= 4:
        shape = f" {array.shape} of {array.dtype}" if isinstance(drawn, np.ndarray) else ""
        raise TypeError(f"{type(drawn).__name__}{shape} in the place of (height, width, 3) bytes")
    if 0 in array.shape:
        raise TypeError(f"a picture {array.shape} without pixels")
    color = array[..., :3] if array.shape[2] >= 3 else np.repeat(array[..., :1], 3, axis=2)
    if color.dtype.kind == "f":
        color = np.nan_to_num(color)
    if color.dtype.kind in "bf" and color.max() <= 1:
        color = color * 255.0
    # The result is a copy, because an environment may draw the next frame into the same array.
    return np.clip(np.round(color), 0, 255).astype(np.uint8)
