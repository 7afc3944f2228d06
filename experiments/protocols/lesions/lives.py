"""Lesions, and the positions of lives with a lesion, which are lived once and kept on disk."""

from __future__ import annotations

import functools
import hashlib
import io
import json
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from experiments.kit.cells import VERSION
from experiments.kit.running import Size
from experiments.protocols.arms import ARMS
from experiments.protocols.legs.bodies import Fold
from metahebb.analysis.probe import Conditions
from metahebb.evolution.backends.in_process import InProcess
from metahebb.evolution.backends.where import Where
from metahebb.probes import parse_probes
from metahebb.probes.values import ALL
from metahebb.runs.folder import RunFolder
from metahebb.runs.storage import slug, storage_errors, write_atomically
from metahebb.tasks.locomotion.damage import INTACT

Floats = npt.NDArray[np.float64]

HEAD_START = 40
"""Number of env steps (2 s) by which the control ``freeze_zero`` freezes before its lesion."""


@dataclass(frozen=True)
class Scale:
    """The number and length of lives at one size of the study.

    Attributes:
        lives: number of lives per run and lesion.
        horizon: number of env steps after which a life ends.
        at: env step of the lesion.
        cell_lives: number of lives per run and cell of the heat map.
        fractions: fractions of a layer's weights that the heat map sets to zero.
        times: env steps at which the heat map sets weights to zero.
        frames: largest number of frames of a film.
    """

    lives: int
    horizon: int
    at: int
    cell_lives: int
    fractions: tuple[float, ...]
    times: tuple[int, ...]
    frames: int = 60


SCALES: dict[Size, Scale] = {
    "smoke": Scale(8, 280, 40, 3, (0.5, 1), (40,), 8),
    "quick": Scale(100, 380, 125, 30, (0.25, 0.5, 0.75, 1), (60, 125, 190)),
    "paper": Scale(100, 600, 250, 100, (0.25, 0.5, 0.75, 1), (100, 250, 400)),
}


@dataclass(frozen=True)
class Lesion:
    """A lesion that probes do to a walking life.

    Attributes:
        what: description of the lesion, for tables.
        probes: probes that do the lesion.
        at: env step at which the lesion begins.
        steps: number of env steps that the lesion lasts; 0 for a change that is made at once.
    """

    what: str
    probes: tuple[str, ...]
    at: int
    steps: int = 0


def lesions_of(arm: str, fold: Fold, at: int) -> dict[str, Lesion]:
    """Return the lesions at step ``at`` that the arm can have, by name.

    A network without plasticity has nothing to freeze. A network that inherits its weights at birth
    has no distribution from which new weights could be drawn.
    """
    zero, freeze = f"zero_weights:at={at}", f"freeze:at={at}"
    unseen = fold.unseen[0]
    lesions = {
        "zero": Lesion("all weights zeroed", (zero,), at),
        "randomize": Lesion("all weights drawn anew", (f"randomize_weights:at={at}",), at),
        "saturate": Lesion("outputs 1.0 for 5 s", (f"saturate:at={at},steps=100",), at, 100),
        "saturate_short": Lesion("outputs 1.0 for 1 s", (f"saturate:at={at},steps=20",), at, 20),
        "seen_leg": Lesion("seen leg shortened", (f"damage:body={fold.leg},at={at}",), at),
        "unseen_leg": Lesion("unseen leg shortened", (f"damage:body={unseen},at={at}",), at),
        "zero_freeze": Lesion("zeroed, then frozen", (zero, freeze), at),
        "freeze_zero": Lesion(
            "frozen 2 s before, zeroed", (f"freeze:at={at - HEAD_START}", zero), at
        ),
        "freeze": Lesion("frozen, nothing zeroed", (freeze,), at),
    }
    network = ARMS[arm].network
    plastic = not network.is_static
    if network.birth == "coevolved":
        del lesions["randomize"]
    if not plastic or ARMS[arm].probes:  # the arm ``frozen`` is a control of its own
        for name in CONTROLS:
            del lesions[name]
    return lesions


CONTROLS = ("zero_freeze", "freeze_zero", "freeze")
"""Control lesions, which ask by what means plastic networks recover from the lesion ``zero``."""


def zeroing(fraction: float, layer: int, at: int) -> Lesion:
    """Return the lesion of a cell of the heat map.

    With fraction 1 and all layers, the lesion is the same as ``zero``, and has the same lives.
    """
    fields = [f"fraction={fraction:g}"] if fraction < 1 else []
    fields += [f"layer={layer}"] if layer != ALL else []
    return Lesion("", (f"zero_weights:{','.join([*fields, f'at={at}'])}",), at)


def ways(run: RunFolder, probes: tuple[str, ...], lives: int, horizon: int, where: Where) -> Floats:
    """Return meters along +x since birth in each step, ``(lives, horizon + 1)``.

    The lives are lived on the intact body, in threads of this process, and are kept in the folder
    ``lesions`` of the run. When fewer lives are asked for than are kept, the first ones are
    returned.

    Args:
        run: a finished run, of which the center lives.
        probes: the probes of every life.
        lives: the number of fresh lives, which have the same births and worlds for any probes.
        horizon: the number of env steps after which a life ends.
        where: the number of threads and lanes.

    Returns:
        The meters, which are NaN after a life's end. If a life ends non-finite, they are NaN after
        its last finite step.
    """
    conditions = Conditions.of(run.load(), lives, horizon, INTACT)
    name = slug([*(probes or ("plain",)), f"max_steps={horizon}"])
    file = run.path / "lesions" / f"{name}.npz"
    center = hashlib.sha256(conditions.center.genes.tobytes()).hexdigest()
    asked = json.dumps([VERSION, center, horizon, list(probes)])
    known = _kept(file, asked)
    if known is not None and len(known) >= lives:
        return known[:lives]
    print(f"{run.path} {' '.join(probes) or 'no lesion'}", file=sys.stderr)
    backend = functools.partial(InProcess, threads=where.threads, lanes=where.lanes)
    lived = conditions.live(parse_probes(probes), backend)
    x = lived.x.astype(np.float32)  # exact to micrometers at tens of meters
    data = io.BytesIO()
    np.savez_compressed(data, asked=np.array(asked), x=x)
    with storage_errors(file):
        file.parent.mkdir(exist_ok=True)
    write_atomically(file, data.getvalue())
    return x.astype(np.float64)


def _kept(file: Path, asked: str) -> Floats | None:
    """Return the positions in ``file``; None if the file has other lives, or cannot be read."""
    try:
        with np.load(file, allow_pickle=False) as kept:
            if str(kept["asked"]) == asked:
                return np.asarray(kept["x"], np.float64)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        pass
    return None
