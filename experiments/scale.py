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
import statistics
import sys
import time
from pathlib import Path

from experiments.running import Order, command
from experiments.study import Claim, results_folder, write_summary
from metahebb.bench.scale.found import SCHEDULES, Scale, named, slowest_update
from metahebb.bench.scale.model import predict
from metahebb.bench.scale.study import FULL, PER_WORKER, QUICK, find
from metahebb.errors import InputError
from metahebb.report.figures import save
from metahebb.report.scale_figure import Efficiencies, draw_scale
from metahebb.runs.manifest import make_manifest
from metahebb.runs.serial import from_json, to_json
from metahebb.runs.storage import storage_errors, write_json

GOAL = 0.9


def main(order: Order) -> None:
    """Measure, predict and write the results."""
    smoke = order.size == "smoke"
    folder = results_folder("scale", order.size)
    if not order.finished:
        _measure(folder, order.where.lanes, smoke)
    try:
        found: Scale = from_json(Scale, json.loads((folder / "measured.json").read_bytes()))
    except FileNotFoundError:
        raise InputError(
            f"expected {folder / 'measured.json'} with --finished, got none; leave it out"
        ) from None
    manifest = json.loads((folder / "manifest.json").read_bytes())
    save(draw_scale(_measured(found), _predicted(found), _title(found)), folder / "efficiency.png")
    machine = manifest["machine"]
    cost = {
        "measuring": f"{manifest['elapsed_s'] / 60:.0f} min",
        "machine": f"{machine['cpu']}, {machine['cores']} cores",
        "commit": manifest["commit"],
    }
    title = "How many workers does one dispatcher keep busy?"
    write_summary(folder, title, _claims(found, order.size), cost, _notes(found))
    print(folder)


def _measure(folder: Path, lanes: int, smoke: bool) -> None:
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    manifest, began = make_manifest(0), time.monotonic()
    found = find(lanes, smoke, lambda line: print(line, file=sys.stderr, flush=True))
    manifest["elapsed_s"] = round(time.monotonic() - began, 1)
    write_json(folder / "config.json", to_json(QUICK if smoke else FULL))
    write_json(folder / "manifest.json", manifest)
    write_json(folder / "measured.json", to_json(found))


def _claims(found: Scale, size: str) -> list[Claim]:
    two = found.two_efficiency
    errors = [100 * error for error in found.errors]
    made: list[tuple[str, float, float | None, float | None, str | None]] = [
        (
            "two real workers on the ant: rate over twice that of one [share]",
            *(statistics.median(two), min(two), max(two), ">= 0.95"),
        ),
        ("dispatcher: processor time per call [ms]", 1e3 * found.driver_s, None, None, None),
        ("dispatcher: time per call [ms]", 1e3 * found.call_s, None, None, None),
        ("dispatcher: calls per second, at most", 1 / found.call_s, None, None, None),
        (
            f"model above measured efficiency, {len(errors)} held-out runs [%]",
            *(statistics.median(errors), min(errors), max(errors), None),
        ),
        ("update of the center, by one process [s]", found.update_s, None, None, None),
        ("the same, with workers' help [s]", found.shared_update_s, None, None, None),
    ]
    goals = found.goals()
    for each in found.predictions:
        goal = f">= {GOAL}" if each in goals else None
        efficiency = each.model.efficiency
        name = f"predicted, {named(each.plan)} [share]"
        made.append((name, efficiency, *found.band(efficiency), goal))
    for each in goals:
        alone = predict(each.plan, found.costs.scaled(found.driver_s / found.call_s)).efficiency
        name = f"the same at the processor time of a call, {named(each.plan)} [share]"
        made.append((name, alone, *found.band(alone), None))
        if not each.plan.delay:
            name = f"update with which {named(each.plan)} reach {GOAL} [s], at most"
            made.append((name, slowest_update(each, GOAL), None, None, None))
    seeds = tuple(sorted({each.plan.lives.seed for each in (*found.held_out, *found.predictions)}))
    told = f"python -m experiments.scale {size}"
    return [Claim(*claim, seeds, told) for claim in made]


def _measured(found: Scale) -> list[Efficiencies]:
    """Return the synchronous runs as lines, one per mean and cv."""
    lines = []
    runs = [each for each in found.held_out if not each.plan.delay]
    for mean_s, cv in dict.fromkeys((r.plan.lives.mean_s, r.plan.lives.cv) for r in runs):
        those = [r for r in runs if (r.plan.lives.mean_s, r.plan.lives.cv) == (mean_s, cv)]
        line = Efficiencies(
            f"lives of {mean_s:g} s, cv {cv}",
            [r.plan.workers for r in those],
            [r.model.efficiency for r in those],
            [r.measured.efficiency for r in those],
            dashed=cv > 0.1,
        )
        lines.append(line)
    return lines


def _predicted(found: Scale) -> list[Efficiencies]:
    lines = []
    every = found.predictions
    for delay, cv in dict.fromkeys((e.plan.delay, e.plan.lives.cv) for e in every):
        those = [e for e in every if (e.plan.delay, e.plan.lives.cv) == (delay, cv)]
        model = [e.model.efficiency for e in those]
        low, high = zip(*map(found.band, model), strict=True)
        workers = [e.plan.workers for e in those]
        label = f"{SCHEDULES[delay]}, cv {cv}"
        lines.append(Efficiencies(label, workers, model, (), low, high, dashed=cv > 0.1))
    return lines


def _title(found: Scale) -> str:
    lives = found.predictions[0].plan.lives
    return f"predicted: popsize {lives.popsize:,}, lives of {lives.mean_s:g} s"


def _notes(found: Scale) -> str:
    lives = found.predictions[0].plan.lives
    costs = found.costs
    lines = [
        "![efficiency against workers](efficiency.png)",
        "",
        "Efficiency is the share of the workers' time in which they live lives; the rest is "
        "waiting for calls, for the longest life of a generation, and for the update of the "
        "center. A worker lives one life at a time: a life of one second takes it one second. "
        "Durations are lognormal with the stated mean and cv.",
        "",
        "*Synchronous*: a generation begins when all results of the one before are in and the "
        "center has moved. *Delay 1*: it is sampled around the center that the generation before "
        "that one has moved, and may begin while stragglers are out; two generations are in flight "
        "at most.",
        "",
        f"Predictions: popsize {lives.popsize:,}, lives of {lives.mean_s:g} s, an update of "
        f"{found.shared_update_s:.2f} s (60,800 genes; ranking and optimiser as measured in one "
        "process, the gradient as the slowest of the workers that make it, each a part, plus 20 ms "
        f"to ask them; this process alone takes {found.update_s:.2f} s). Their intervals are "
        "not 95 % intervals: they are from the model's "
        "largest errors, either way, in the held-out runs, which go up to "
        f"{max(r.plan.workers for r in found.held_out)} virtual workers. What the model does not "
        "have: a network between machines, the broadcast of a generation to many nodes, losses. "
        "The least and the largest repeat stand in the row of the real workers.",
        "",
        f"Calibrated by one run of {found.workers} virtual workers whose lives take no time: "
        f"{1e3 * costs.send_s:.3f} ms to send a call, {1e3 * costs.take_s:.3f} ms to take a reply, "
        f"{1e6 * costs.pending_s:.2f} µs per call that is out to ask for replies, and "
        f"{1e3 * costs.latency_s:.2f} ms on the way.",
        "",
        "All workers share these cores with the dispatcher, which a call waits for. At its "
        "processor time, a call is what it would be to a dispatcher that has cores of its own.",
        "",
        f"Held-out runs, {PER_WORKER} lives per worker and generation:",
        "",
        "| workers | schedule | life [s] | cv | calls | measured | model | error | processor time "
        "per call [ms] |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for run in found.held_out:
        plan = run.plan
        lines.append(
            f"| {plan.workers} | {SCHEDULES[plan.delay]} | {plan.lives.mean_s:g} | "
            f"{plan.lives.cv} | {run.measured.calls:,} | {run.measured.efficiency:.3f} | "
            f"{run.model.efficiency:.3f} | {100 * run.error:+.1f} % | {1e3 * run.driver_s:.2f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    command("scale", main)
