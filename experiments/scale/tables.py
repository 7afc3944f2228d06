"""The notes of the study of scale, and its table of runs that the model has not seen."""

from __future__ import annotations

from metahebb.bench.scale.found import SCHEDULES, Scale
from metahebb.bench.scale.study import PER_WORKER


def notes_of(scale: Scale) -> str:
    """Return the middle of the README."""
    lives = scale.predictions[0].plan.lives
    costs = scale.costs
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
        f"{scale.shared_update_s:.2f} s (60,800 genes; ranking and optimiser as measured in one "
        "process, the gradient as the slowest of the workers that make it, each a part, plus 20 ms "
        f"to ask them; this process alone takes {scale.update_s:.2f} s). Their intervals are "
        "not 95 % intervals: they are from the model's "
        "largest errors, either way, in the held-out runs, which go up to "
        f"{max(r.plan.workers for r in scale.held_out)} virtual workers. What the model does not "
        "have: a network between machines, the broadcast of a generation to many nodes, losses. "
        "The least and the largest repeat stand in the row of the real workers.",
        "",
        f"Calibrated by one run of {scale.workers} virtual workers whose lives take no time: "
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
    for run in scale.held_out:
        plan = run.plan
        lines.append(
            f"| {plan.workers} | {SCHEDULES[plan.delay]} | {plan.lives.mean_s:g} | "
            f"{plan.lives.cv} | {run.measured.calls:,} | {run.measured.efficiency:.3f} | "
            f"{run.model.efficiency:.3f} | {100 * run.error:+.1f} % | {1e3 * run.driver_s:.2f} |"
        )
    return "\n".join(lines)
