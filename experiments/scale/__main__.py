"""How many workers does one dispatcher keep busy?

    python -m experiments.scale smoke|quick [--finished]

Three layers. Two real workers on two cores: does the second one double the rate? Hundreds of
virtual workers, which sleep through lives of known duration: their messages are Ray's, their
dispatcher is that of a run. And a model, which is that dispatcher over simulated workers, at the
costs of one run in which nobody sleeps; it is held against runs of the second layer by which it was
not calibrated, and then asked for more workers than any machine at hand can stand for.

Yes, for a thousand workers: at least 0.90 of their time is lived at popsize 8,000 and lives of one
second, the center's update included, with even lives where generations wait for each other, and
with uneven ones where the center lags one generation behind. No: less.

``paper`` is ``quick``: a larger machine would measure itself. ``--finished`` writes the results
anew from what was measured, which is kept in ``measured.json``; ``smoke`` writes below ``runs/``.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from experiments.kit.claims import answered
from experiments.kit.results import finish, results_folder, summary_of
from experiments.kit.running import Order, command
from experiments.scale.answer import answer
from experiments.scale.claims import claims_of
from experiments.scale.tables import draw, notes, scale_in
from metahebb.bench.scale.study import FULL, QUICK, find
from metahebb.errors import InputError
from metahebb.runs.manifest import make_manifest
from metahebb.runs.serial import to_json
from metahebb.runs.storage import storage_errors, write_json

TITLE = "How many workers does one dispatcher keep busy?"


def main(order: Order) -> None:
    """Measure, predict and write the results."""
    smoke = order.size == "smoke"
    folder = results_folder("scale", order.size)
    if not order.finished:
        _measure(folder, order.where.lanes, smoke)
    try:
        scale = scale_in(folder)
    except FileNotFoundError:
        raise InputError(
            f"expected {folder / 'measured.json'} with --finished, got none; leave it out"
        ) from None
    manifest = json.loads((folder / "manifest.json").read_bytes())
    machine = manifest["machine"]
    cost = {
        "measuring": f"{manifest['elapsed_s'] / 60:.0f} min",
        "machine": f"{machine['cpu']}, {machine['cores']} cores",
        "commit": manifest["commit"],
    }
    claims = claims_of(scale, order.size)
    given = answered(lambda some: answer(some, scale), claims)
    write_json(folder / "summary.json", summary_of(TITLE, given, claims, cost, order.size))
    draw(folder)
    finish(folder, notes(folder))
    print(folder)


def _measure(folder: Path, lanes: int, smoke: bool) -> None:
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    manifest, began = make_manifest(0), time.monotonic()
    scale = find(lanes, smoke, lambda line: print(line, file=sys.stderr, flush=True))
    manifest["elapsed_s"] = round(time.monotonic() - began, 1)
    write_json(folder / "config.json", to_json(QUICK if smoke else FULL))
    write_json(folder / "manifest.json", manifest)
    write_json(folder / "measured.json", to_json(scale))


if __name__ == "__main__":
    command("scale", main)
