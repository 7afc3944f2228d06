"""``metahebb probe``: the same lives with and without something done to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import tyro

from metahebb.api.evolve import open_run
from metahebb.api.results import Result
from metahebb.errors import InputError
from metahebb.settings.parsing import parse


@dataclass(frozen=True)
class ProbeOptions:
    """Live the same fresh lives of a run's center with and without probes."""

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

    def __post_init__(self) -> None:
        """Check every field."""
        for name, least in (("threads", 0), ("lanes", 1)):
            if getattr(self, name) < least:
                raise InputError(f"expected {name} of at least {least}, got {getattr(self, name)}")


def probe(path: str, rest: list[str]) -> int:
    """Probe the run at ``path``; print tables."""
    options = parse(ProbeOptions, ProbeOptions(), rest, f"metahebb probe {path or 'DIR'}")
    if bool(options.probe) == options.suite:
        got = "both" if options.suite else "neither"
        raise InputError(f"expected --probe or --suite, got {got}; give one of them")
    how = {name: value for name, value in vars(options).items() if name not in ("probe", "suite")}
    run = open_run(path)
    if options.suite:
        run.probe_suite(**how, show=_show)
        print(run.path / "probes" / "index.html")
    else:
        result = run.probe(*options.probe, **how)
        _show(result)
        print(result["folder"])
    return 0


def _show(result: Result) -> None:
    print(result, end="\n\n", flush=True)
