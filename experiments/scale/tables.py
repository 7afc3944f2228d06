"""What the page of the study of scale says, and its table of runs that the model has not seen."""

from __future__ import annotations

import json
from pathlib import Path

from experiments.kit.kept import Cell, Table
from experiments.kit.page import Notes
from experiments.scale.figure import measured_lines, predicted_lines, title_of
from metahebb.bench.scale.found import SCHEDULES, Scale
from metahebb.bench.scale.study import PER_WORKER
from metahebb.report.figures import save
from metahebb.report.scale_figure import draw_scale
from metahebb.runs.serial import from_json

WORDS = {
    "share": "of the workers' time, that in which they live lives; the rest is waiting for calls, "
    "for the longest life of a generation, and for the update of the center",
    "cv": "how uneven lives are: the standard deviation of their durations by the mean",
    "synchronous": "a generation begins when all results of the one before are in",
    "delay 1": "it may begin while stragglers are out (`--search.delay 1`)",
    "interval": "not a 95 % interval: of predictions, from the model's largest errors either way "
    "in the held-out runs; of what was measured, the least and the largest",
}
SHOWN = """
![efficiency against workers](efficiency.png)
"""
HOW = """
A worker lives one life at a time: a life of one second takes it one second. Durations are lognormal
with the stated mean and cv. With delay 1 a generation is sampled around the center that the
generation before the last one has moved; two generations are in flight at most.

Predictions: popsize {popsize:,}, lives of {mean_s:g} s, an update of {shared_update_s:.2f} s
(60,800 genes; ranking and optimiser as measured in one process, the gradient as the slowest of the
workers that make it, each a part, plus 20 ms to ask them; this process alone takes
{update_s:.2f} s). The held-out runs go up to {workers} virtual workers. What the model does not
have: a network between machines, the broadcast of a generation to many nodes, losses.

Calibrated by one run of {calibrated} virtual workers whose lives take no time: {send:.3f} ms to
send a call, {take:.3f} ms to take a reply, {pending:.2f} µs per call that is out to ask for
replies, and {latency:.2f} ms on the way.

All workers share these cores with the dispatcher, which a call waits for. At its processor time, a
call is what it would be to a dispatcher that has cores of its own.
"""
HELD_OUT = """
{per_worker} lives per worker and generation:

{runs}
"""


def notes(folder: Path) -> Notes:
    """Return what the page says, from what ``folder`` keeps."""
    scale = scale_in(folder)
    costs, lives = scale.costs, scale.predictions[0].plan.lives
    how = HOW.format(
        popsize=lives.popsize,
        mean_s=lives.mean_s,
        shared_update_s=scale.shared_update_s,
        update_s=scale.update_s,
        workers=max(run.plan.workers for run in scale.held_out),
        calibrated=scale.workers,
        send=1e3 * costs.send_s,
        take=1e3 * costs.take_s,
        pending=1e6 * costs.pending_s,
        latency=1e3 * costs.latency_s,
    )
    held_out = HELD_OUT.format(per_worker=PER_WORKER, runs=held_out_table(scale).markdown())
    folded = {"How it was measured and predicted": how, "Held-out runs": held_out}
    return Notes(WORDS, SHOWN, folded, interval="interval", counts_runs=False)


def draw(folder: Path) -> list[Path]:
    """Draw the figures that ``folder`` keeps the numbers of."""
    scale = scale_in(folder)
    figure = draw_scale(measured_lines(scale), predicted_lines(scale), title_of(scale))
    return [save(figure, folder / "efficiency.png")]


def scale_in(folder: Path) -> Scale:
    """Return what was measured, as ``measured.json`` has it."""
    scale: Scale = from_json(Scale, json.loads((folder / "measured.json").read_bytes()))
    return scale


def held_out_table(scale: Scale) -> Table:
    """Return a row for each run that the model was not calibrated by."""
    heads = ("workers", "schedule", "life [s]", "cv", "calls", "measured", "model", "error")
    rows: list[tuple[Cell, ...]] = []
    for run in scale.held_out:
        plan = run.plan
        rows.append(
            (
                str(plan.workers),
                SCHEDULES[plan.delay],
                f"{plan.lives.mean_s:g}",
                str(plan.lives.cv),
                f"{run.measured.calls:,}",
                f"{run.measured.efficiency:.3f}",
                f"{run.model.efficiency:.3f}",
                f"{100 * run.error:+.1f} %",
                f"{1e3 * run.driver_s:.2f}",
            )
        )
    return Table((*heads, "processor time per call [ms]"), tuple(rows))
