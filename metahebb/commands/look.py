"""``metahebb evaluate``, ``report``, ``film`` and ``live``: what became of a run."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import tyro

from metahebb.api.evolve import open_run
from metahebb.commands.places import opened, split
from metahebb.evolution.backends.where import Where
from metahebb.runs.storage import slug
from metahebb.settings.parsing import parse


@dataclass(frozen=True)
class Evaluate:
    """Live fresh lives of a run's unperturbed center; of several runs also the mean over runs."""

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
    out: Path | None = None
    """The GIF; none: film.gif in the run folder, or a name that says what was asked for."""


@dataclass(frozen=True)
class Live:
    """Live one life of a run's center, and keep it as arrays with names."""

    life: int | None = None
    """Number of the life among those that evaluate lives; none: the one of median return."""
    probe: Annotated[tuple[str, ...], tyro.conf.UseAppendAction] = ()
    """What is done to the life, such as zero_weights:at=125; none: what was done in training."""
    body: str | None = None
    """Body at birth; none: the first of the run."""
    max_steps: int | None = None
    """Env steps after which the life ends; none: as in the run's last stage."""
    every: int = 1
    """Env steps from one row of weights to the next."""
    out: Path | None = None
    """An .npz file; none: lives/NAME.npz in the run folder."""


@dataclass(frozen=True)
class Report:
    """Write a run's report.html, or the report over the seeds of one folder."""

    pdf: bool = False
    """Write each of its figures as a PDF beside its PNG, too."""


def evaluate(path: str, rest: list[str]) -> int:
    """Evaluate the run at ``path``, and those named behind it; print the table."""
    places, flags = split(path, rest)
    options = parse(Evaluate, Evaluate(), flags, f"metahebb evaluate {path or 'DIR'}")
    where = dataclasses.asdict(options.where)
    runs = opened(places)
    print(runs.evaluate(options.lives, options.damage, options.max_steps, **where))
    return 0


def report(path: str, rest: list[str]) -> int:
    """Write the report of the run, or of the folder of seeds, at ``path``; print where."""
    options = parse(Report, Report(), rest, f"metahebb report {path or 'DIR'}")
    print(opened([path]).report(pdf=options.pdf))
    return 0


def film(path: str, rest: list[str]) -> int:
    """Film a life of the run at ``path``, or lives of several runs; print where."""
    options = parse(Film, Film(), rest, f"metahebb film {path or 'DIR'}")
    print(open_run(path).film(**vars(options)))
    return 0


def live(path: str, rest: list[str]) -> int:
    """Live one life of the run at ``path``; print what its arrays are, and where they were put."""
    options = parse(Live, Live(), rest, f"metahebb live {path or 'DIR'}")
    asked = {name: value for name, value in vars(options).items() if name != "out"}
    run = open_run(path)
    life = run.live(**asked)
    print(life, end="\n\n")
    print(life.save(options.out or run.path / "lives" / f"{_named(life.life, options)}.npz"))
    return 0


def _named(life: int, options: Live) -> str:
    """Return the name of a life's file, from what sets the life apart."""
    parts = [f"life={life}", *options.probe]
    parts += [f"body={options.body}"] if options.body else []
    parts += [f"max_steps={options.max_steps}"] if options.max_steps else []
    return slug(parts)
