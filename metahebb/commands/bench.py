"""``metahebb bench``: how fast this machine is, side by side with peers and limits."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

from metahebb.errors import InputError
from metahebb.paths import absolute
from metahebb.settings.parsing import parse


@dataclass(frozen=True)
class Bench:
    """Measure speed, each row a ratio against a peer or limit that runs beside it."""

    only: str | None = None
    """One benchmark: life, plastic_step, generation, envpool, car_racing, search_cost, workers,
    scale, stragglers, big_genome, growth, users_rule, rule_table or profile; none: all, half an
    hour on a quiet machine."""
    out: str = "results/bench"
    """Folder of <machine>.json and .md; one benchmark leaves the rows of the others there."""
    threads: int = 0
    """Threads of one process; 0: one per core."""
    lanes: int = 16
    """Lives at a time per thread."""
    quick: bool = False
    """Measure little, only to see that everything works; writes <machine>-quick."""

    def __post_init__(self) -> None:
        """Check every field."""
        for name, least in (("threads", 0), ("lanes", 1)):
            if getattr(self, name) < least:
                raise InputError(f"expected {name} of at least {least}, got {getattr(self, name)}")


def bench(subject: str, rest: list[str]) -> int:
    """Run the benchmarks; print the table on stdout, progress on stderr."""
    options = parse(Bench, Bench(), rest, "metahebb bench")
    from metahebb.evolution.backends.environment import prepare_environment

    prepare_environment()
    from metahebb.bench.run import BENCHES, run
    from metahebb.bench.table import text

    names = [options.only] if options.only else list(BENCHES)
    threads = options.threads or len(os.sched_getaffinity(0))
    results, page = run(
        names,
        absolute(options.out),
        threads,
        options.lanes,
        options.quick,
        lambda line: print(line, file=sys.stderr, flush=True),
    )
    print(text(results))
    print(f"\n{page}")
    return 0
