"""``metahebb probe``: the same lives with and without something done to them."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from metahebb.commands.parsing import parse
from metahebb.commands.world import tell_of_world
from metahebb.errors import InputError
from metahebb.probes import parse_probes
from metahebb.runs.folder import RunFolder


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
    pdf: bool = False
    """Write each figure as a PDF beside its PNG, too."""

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
    run = RunFolder.open(path)
    asked = parse_probes(options.probe)
    from metahebb.analysis import probe as probing
    from metahebb.analysis.probe_suite import suite
    from metahebb.evolution.backends.in_process import InProcess
    from metahebb.report.probe_figures import probe_figure, probe_table, suite_page
    from metahebb.report.weights_figure import probe_weights_figure

    tell_of_world(run)
    conditions = probing.Conditions.of(run.load(), options.lives, options.max_steps, options.body)
    tried = [(one,) for one in suite(conditions)] if options.suite else [asked]
    for probes in tried:  # all are checked before anything lives or is written
        conditions.setup(probes)
    backend = functools.partial(InProcess, threads=options.threads, lanes=options.lanes)
    without = conditions.live((), backend)
    results = []
    for probes in tried:
        results.append(probing.probe(conditions, probes, without, backend))
        probe_figure(results[-1], options.pdf)
        probe_weights_figure(conditions, probes, Path(results[-1]["folder"]), options.pdf)
        print(probe_table(results[-1]), end="\n\n", flush=True)
    print(suite_page(results, run.path / "probes") if options.suite else results[0]["folder"])
    return 0
