"""``metahebb probe``: lives the same lives with and without a probe."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Annotated

import tyro

from metahebb.api.results import Result
from metahebb.api.runs import Runs
from metahebb.commands.learned import is_learning, probe_of_learning
from metahebb.commands.places import opened, split
from metahebb.errors import InputError
from metahebb.settings.parsing import parse


@dataclass(frozen=True)
class ProbeOptions:
    """Live the same fresh lives of a run's center, or of several runs', with and without probes."""

    probe: Annotated[tuple[str, ...], tyro.conf.UseAppendAction] = ()
    """Probe, such as zero_weights:fraction=0.5,layer=2,at=500 (see docs/howto/probes.md). Several
    probes act on the same lives, in the order in which they are given."""
    suite: bool = False
    """Whether to compare the probes of a fixed list, one after the other, and to write a page."""
    lives: int = 100
    """Number of lives with the probe, and of lives without it."""
    body: str | None = None
    """Body at birth (see docs/howto/damage.md); by default the first body of the run."""
    max_steps: int | None = None
    """Number of env steps after which a life ends; by default that of the run's last stage."""
    threads: int = 0
    """Number of threads; 0 for one per core."""
    lanes: int = 16
    """Number of lives that each thread advances together."""
    pdf: bool = False
    """Whether to write each figure as a PDF, too, beside its PNG."""

    def __post_init__(self) -> None:
        """Check every field."""
        for name, least in (("threads", 0), ("lanes", 1)):
            if getattr(self, name) < least:
                raise InputError(f"expected {name} of at least {least}, got {getattr(self, name)}")


def probe(path: str, rest: list[str]) -> int:
    """Probe the run at ``path``, and the runs named behind it, and print tables."""
    if is_learning(path):
        return probe_of_learning(path, rest)
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
