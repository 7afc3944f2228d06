"""``metahebb evaluate``, ``report`` and ``film``: what became of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

import tyro

from metahebb.commands.parsing import parse
from metahebb.commands.world import tell_of_world
from metahebb.evolution.backends.where import Where
from metahebb.paths import leave_removed_folder
from metahebb.probes import parse_probes
from metahebb.runs.folder import RunFolder


@dataclass(frozen=True)
class Evaluate:
    """Live fresh lives of a run's unperturbed center."""

    where: Annotated[Where, tyro.conf.arg(name="")] = field(default_factory=Where)
    lives: int = 100
    """Lives per body."""
    damage: tuple[str, ...] = ()
    """Bodies to live in (see docs/howto/damage.md and car-racing.md); none: those of the run."""
    max_steps: int | None = None
    """Env steps after which a life ends; none: as in the run's last stage."""


@dataclass(frozen=True)
class Film:
    """Film one life of a run's center, as evaluate lives it; or lives of several, side by side."""

    beside: tuple[str, ...] = ()
    """Run folders of the same world: their lives are shown at the right of this run's, with the
    same clock, body and probes."""
    probe: Annotated[tuple[str, ...], tyro.conf.UseAppendAction] = ()
    """What is done to the life, such as damage:body=short_left_ankle,at=125 (see
    docs/howto/probes.md); none: what was done in training."""
    body: str | None = None
    """One of the task's bodies, in locomotion any damage, in car racing any variant; none: the
    first."""
    life: int | None = None
    """Number of the life among those that evaluate lives; none: the one of median return."""
    renderer: Literal["auto", "gl", "drawn"] = "auto"
    """gl: MuJoCo's renderer; drawn: a stick figure; auto: gl where it is to be had."""


@dataclass(frozen=True)
class Report:
    """Write a run's report.html."""

    pdf: bool = False
    """Write each of its figures as a PDF beside its PNG, too."""


def evaluate(path: str, rest: list[str]) -> int:
    """Evaluate the run at ``path``; print the table."""
    options = parse(Evaluate, Evaluate(), rest, f"metahebb evaluate {path or 'DIR'}")
    run = RunFolder.open(path)
    options.where.prepare()
    leave_removed_folder()
    from metahebb.analysis import evaluate as evaluation
    from metahebb.report.table import evaluation_table

    tell_of_world(run)
    center = evaluation.on_bodies(run.load(), options.damage)
    backend = options.where.backend(center.setup)
    try:
        result = evaluation.evaluate(center, backend, options.lives, options.max_steps)
    finally:
        backend.close()
    print(evaluation_table(result))
    return 0


def report(path: str, rest: list[str]) -> int:
    """Write the report of the run at ``path``; print where."""
    options = parse(Report, Report(), rest, f"metahebb report {path or 'DIR'}")
    run = RunFolder.open(path)
    from metahebb.report.page import report as write_report

    print(write_report(run, options.pdf))
    return 0


def film(path: str, rest: list[str]) -> int:
    """Film a life of the run at ``path``, or lives of several runs; print where."""
    options = parse(Film, Film(), rest, f"metahebb film {path or 'DIR'}")
    run, others = RunFolder.open(path), [RunFolder.open(other) for other in options.beside]
    from metahebb.report.beside import film_beside, labels
    from metahebb.report.film import film as make_film
    from metahebb.report.film import film_path

    for each in (run, *others):
        tell_of_world(each)
    probes = parse_probes(options.probe)
    if others:
        named = labels([run, *others])
        written = film_beside(
            list(zip(named, [run, *others], strict=True)),
            film_path(run, options.body, options.life, probes, beside=named[1:]),
            body=options.body,
            life=options.life,
            probes=probes,
            renderer=options.renderer,
        )
    else:
        written = make_film(
            run,
            body=options.body,
            life=options.life,
            probes=probes,
            renderer=options.renderer,
        )
    print(written)
    return 0
