"""``metahebb evaluate``, ``report``, ``film`` and ``live``: look at what a run has evolved."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import tyro

from metahebb.api.evolve import open_run
from metahebb.commands.learned import film_of_learning, is_learning, learning_report
from metahebb.commands.places import opened, split
from metahebb.evolution.backends.where import Where
from metahebb.runs.storage import slug
from metahebb.settings.parsing import parse


@dataclass(frozen=True)
class Evaluate:
    """Live fresh lives of a run's unperturbed center; with several runs, also print the mean."""

    where: Annotated[Where, tyro.conf.arg(name="")] = field(default_factory=Where)
    lives: int = 100
    """Number of lives per body."""
    damage: tuple[str, ...] = ()
    """Bodies in which to live (see docs/howto/damage.md and docs/howto/car-racing.md); by default
    the bodies of the run."""
    max_steps: int | None = None
    """Number of env steps after which a life ends; by default that of the run's last stage."""


@dataclass(frozen=True)
class Film:
    """Film one of a run's lives of evaluate, or lives of several runs side by side."""

    beside: tuple[str, ...] = ()
    """Folders of further runs in the same world. Their lives are shown to the right of this run's
    life, with the same clock, body and probes."""
    probe: Annotated[tuple[str, ...], tyro.conf.UseAppendAction] = ()
    """Probe of the life, such as damage:body=short_left_ankle,at=125 (see docs/howto/probes.md); by
    default the probes of training."""
    body: str | None = None
    """Body at birth: one of the task's bodies, in locomotion any damage, in car racing any variant;
    by default the first body of the run."""
    life: int | None = None
    """Number of the life among the lives of evaluate; by default the life of median return."""
    renderer: Literal["auto", "gl", "drawn"] = "auto"
    """Renderer of bodies in MuJoCo: gl is MuJoCo's renderer, drawn draws a stick figure, and auto
    is gl if it works here."""
    out: Path | None = None
    """Path of the GIF; by default film.gif in the run folder, or a name made from the flags."""


@dataclass(frozen=True)
class Live:
    """Live one life of a run's center, and write it as arrays with names."""

    life: int | None = None
    """Number of the life among the lives of evaluate; by default the life of median return."""
    probe: Annotated[tuple[str, ...], tyro.conf.UseAppendAction] = ()
    """Probe of the life, such as zero_weights:at=125; by default the probes of training."""
    body: str | None = None
    """Body at birth; by default the first body of the run."""
    max_steps: int | None = None
    """Number of env steps after which the life ends; by default that of the run's last stage."""
    every: int = 1
    """Number of env steps from one row of weights to the next."""
    out: Path | None = None
    """Path of the .npz file; by default lives/NAME.npz in the run folder."""


@dataclass(frozen=True)
class Report:
    """Write a run's report.html, or the report over the seeds of one folder."""

    pdf: bool = False
    """Whether to write each figure as a PDF, too, beside its PNG."""


def evaluate(path: str, rest: list[str]) -> int:
    """Evaluate the run at ``path``, and the runs named behind it, and print tables."""
    places, flags = split(path, rest)
    options = parse(Evaluate, Evaluate(), flags, f"metahebb evaluate {path or 'DIR'}")
    where = dataclasses.asdict(options.where)
    runs = opened(places)
    print(runs.evaluate(options.lives, options.damage, options.max_steps, **where))
    return 0


def report(path: str, rest: list[str]) -> int:
    """Write the report of the run, or of the folder of seeds, at ``path``, and print its path."""
    options = parse(Report, Report(), rest, f"metahebb report {path or 'DIR'}")
    if is_learning(path):
        print(learning_report(path, pdf=options.pdf))
        return 0
    print(opened([path]).report(pdf=options.pdf))
    return 0


def film(path: str, rest: list[str]) -> int:
    """Film a life of the run at ``path``, or lives of several runs, and print the film's path."""
    if is_learning(path):
        return film_of_learning(path, rest)
    options = parse(Film, Film(), rest, f"metahebb film {path or 'DIR'}")
    print(open_run(path).film(**vars(options)))
    return 0


def live(path: str, rest: list[str]) -> int:
    """Live one life of the run at ``path``, and print its arrays and the path of the file."""
    options = parse(Live, Live(), rest, f"metahebb live {path or 'DIR'}")
    asked = {name: value for name, value in vars(options).items() if name != "out"}
    run = open_run(path)
    life = run.live(**asked)
    print(life, end="\n\n")
    print(life.save(options.out or run.path / "lives" / f"{_named(life.life, options)}.npz"))
    return 0


def _named(life: int, options: Live) -> str:
    """Return the name of a life's file, made from the life's number and the flags."""
    parts = [f"life={life}", *options.probe]
    parts += [f"body={options.body}"] if options.body else []
    parts += [f"max_steps={options.max_steps}"] if options.max_steps else []
    return slug(parts)
