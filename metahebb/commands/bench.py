"""``metahebb bench``: measures the speed of this machine, against peers and limits."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

from metahebb.errors import InputError
from metahebb.paths import absolute
from metahebb.settings.parsing import parse


@dataclass(frozen=True)
class Bench:
    """Measure speed; each row is a ratio to a peer or a limit, measured in turn with ours."""

    only: str | None = None
    """Name of the only benchmark to run: life, plastic_step, generation, envpool, car_racing,
    search_cost, workers, scale, stragglers, big_genome, growth, users_rule, rule_table, trial or
    profile. Without it, all run, which takes half an hour on a quiet machine."""
    out: str = "results/bench"
    """Folder for <machine>.json and <machine>.md. If only one benchmark runs, the rows of the
    others stay as they are."""
    threads: int = 0
    """Number of threads of one process; 0 for one per core."""
    lanes: int = 16
    """Number of lives that each thread advances together."""
    quick: bool = False
    """Whether to measure little, to see that everything works; the files are <machine>-quick."""

    def __post_init__(self) -> None:
        """Check every field."""
        for name, least in (("threads", 0), ("lanes", 1)):
            if getattr(self, name) < least:
                raise InputError(f"expected {name} of at least {least}, got {getattr(self, name)}")


def bench(subject: str, rest: list[str]) -> int:
    """Run the benchmarks, and print the table on stdout and the progress on stderr."""
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
