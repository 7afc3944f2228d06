"""``metahebb probe``: the same lives with and without something done to them."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Annotated

import tyro

from metahebb.api.results import Result
from metahebb.api.runs import Runs
from metahebb.commands.places import opened, split
from metahebb.errors import InputError
from metahebb.settings.parsing import parse


@dataclass(frozen=True)
class ProbeOptions:
    """Live the same fresh lives of a run's center, or of several runs', with and without probes."""

    probe: Annotated[tuple[str, ...], tyro.conf.UseAppendAction] = ()
    """What is done, such as zero_weights:fraction=0.5,layer=2,at=500 (see docs/howto/probes.md);
    several are done to the same lives, in this order."""
    suite: bool = False
    """Instead: a fixed list of probes one after the other, and a page of them."""
    lives: int = 100
    """How many."""
    body: str | None = None
    """Body at birth (see docs/howto/damage.md); none: the first of the run."""
    max_steps: int | None = None
    """Env steps after which a life ends; none: as in the run's last stage."""
    threads: int = 0
    """Threads; 0: one per core."""
    lanes: int = 16
    """Lives at a time per thread."""
    pdf: bool = False
    """Write each figure as a PDF beside its PNG, too."""

    def __post_init__(self) -> None:
        """Check every field."""
        for name, least in (("threads", 0), ("lanes", 1)):
            if getattr(self, name) < least:
                raise InputError(f"expected {name} of at least {least}, got {getattr(self, name)}")


def probe(path: str, rest: list[str]) -> int:
    """Probe the run at ``path``, and those named behind it; print tables."""
    places, flags = split(path, rest)
    options = parse(ProbeOptions, ProbeOptions(), flags, f"metahebb probe {path or 'DIR'}")
    if bool(options.probe) == options.suite:
        got = "both" if options.suite else "neither"
        raise InputError(f"expected --probe or --suite, got {got}; give one of them")
    how = {name: value for name, value in vars(options).items() if name not in ("probe", "suite")}
    runs = opened(places)
    if isinstance(runs, Runs):
        several = functools.partial(runs.probe, *options.probe) if options.probe else None
        _show((several or runs.probe_suite)(**how, show=_show))
        for run in runs:
            print(run.path / "probes")
    elif options.suite:
        runs.probe_suite(**how, show=_show)
        print(runs.path / "probes" / "index.html")
    else:
        result = runs.probe(*options.probe, **how)
        _show(result)
        print(result["folder"])
    return 0


def _show(result: Result) -> None:
    print(result, end="\n\n", flush=True)
