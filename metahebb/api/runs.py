"""Several runs as one object, such as those of one setting with different seeds."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from metahebb.analysis.arms import Arm, check_arms
from metahebb.analysis.several import names_of
from metahebb.api.front import front, texts
from metahebb.api.results import Result, Table
from metahebb.api.run import Run
from metahebb.errors import InputError
from metahebb.paths import absolute
from metahebb.probes import AnyProbe
from metahebb.runs.seeds import is_seeds_folder, runs_at


class Runs:
    """Runs of one world; methods do for each run what they do for one, and add means over runs.

    Intervals over runs resample runs, then lives within each run, and are widened for few runs.

    Attributes:
        each: the runs.
        path: the folder that holds them as seeds; None: they have none in common.
    """

    def __init__(self, each: Sequence[Run], path: Path | None = None) -> None:
        """Take runs that are open; see `metahebb.open_all`."""
        self.each = tuple(each)
        self.path = path

    def __len__(self) -> int:
        """Return how many runs there are."""
        return len(self.each)

    def __iter__(self) -> Iterator[Run]:
        """Go through the runs, in their order."""
        return iter(self.each)

    def __getitem__(self, place: int) -> Run:
        """Return the run at ``place``, counted from 0."""
        return self.each[place]

    def __repr__(self) -> str:
        """Return a line per run."""
        return "\n".join([f"<Runs: {len(self)}>", *map(repr, self.each)])

    @property
    def names(self) -> list[str]:
        """What tables call the runs: their folders, as far as that tells them apart."""
        return names_of([run.folder for run in self.each])

    @property
    def metrics(self) -> Table:
        """One row per generation of each run, see `Run.metrics`, behind the run's name and seed."""
        return self._metrics()

    @front
    def _metrics(self) -> Table:
        records = [
            {"run": name, "seed": run.config.seed, **record}
            for name, run in zip(self.names, self.each, strict=True)
            for record in run.folder.read_metrics()
        ]
        return Table.of_records(records)

    @front
    def evaluate(
        self,
        lives: int = 100,
        damage: str | Sequence[str] = (),
        max_steps: int | None = None,
        *,
        workers: int = 0,
        threads: int = 0,
        lanes: int = 16,
        address: str | None = None,
        allow_heterogeneous: bool = False,
    ) -> Result:
        """Evaluate each run, see `Run.evaluate`; the arguments are the same.

        Returns:
            ``runs``, the evaluation of each run by its name, and ``over_runs``: by body and number
            (``return`` and the task's measures) the mean over runs with its interval.

        Raises:
            InputError: the runs are of different worlds, bodies or horizons.
        """
        from metahebb.analysis.several import evaluations_over_runs
        from metahebb.report.several_table import evaluations_text

        self._check(texts("damage", damage), max_steps)
        evaluations = {
            name: run.evaluate(
                lives,
                damage,
                max_steps,
                workers=workers,
                threads=threads,
                lanes=lanes,
                address=address,
                allow_heterogeneous=allow_heterogeneous,
            )
            for name, run in zip(self.names, self.each, strict=True)
        }
        task = self.each[0].config.task
        means = evaluations_over_runs(list(evaluations.values()), task)
        numbers = {"runs": {n: dict(e) for n, e in evaluations.items()}, "over_runs": means}
        return Result(numbers, evaluations_text(dict(evaluations), means))

    @front
    def probe(
        self,
        *probes: str | AnyProbe,
        lives: int = 100,
        body: str | None = None,
        max_steps: int | None = None,
        threads: int = 0,
        lanes: int = 16,
        pdf: bool = False,
        show: Callable[[Result], None] = lambda result: None,
    ) -> Result:
        """Probe each run, see `Run.probe`; the arguments are the same.

        The result of each run goes to ``show`` as soon as it is there.

        Returns:
            ``runs``, the list of results of each run by its name, and ``over_runs``: rows of
            means over runs, see `metahebb.analysis.several.probes_over_runs`.
        """
        self._check(() if body is None else (body,), max_steps)
        results = []
        for run in self.each:
            result = run.probe(
                *probes,
                lives=lives,
                body=body,
                max_steps=max_steps,
                threads=threads,
                lanes=lanes,
                pdf=pdf,
            )
            show(result)
            results.append([result])
        return self._over_runs(results)

    @front
    def probe_suite(
        self,
        *,
        lives: int = 100,
        body: str | None = None,
        max_steps: int | None = None,
        threads: int = 0,
        lanes: int = 16,
        pdf: bool = False,
        show: Callable[[Result], None] = lambda result: None,
    ) -> Result:
        """Try a fixed list of probes on each run, see `Run.probe_suite`; it returns as `probe`."""
        self._check(() if body is None else (body,), max_steps)
        return self._over_runs(
            [
                run.probe_suite(
                    lives=lives,
                    body=body,
                    max_steps=max_steps,
                    threads=threads,
                    lanes=lanes,
                    pdf=pdf,
                    show=show,
                )
                for run in self.each
            ]
        )

    @front
    def report(self, *, pdf: bool = False) -> Path:
        """Write the report over the seeds of a folder, and return its path.

        Args:
            pdf: write the figure as a PDF beside its PNG, too.

        Raises:
            InputError: the runs are not those of one folder of seeds.
        """
        from metahebb.report.seeds_page import seeds_report

        if self.path is None:
            raise InputError(
                "expected the runs of one folder of seeds for a report, got runs from several "
                "places; use metahebb.compare, which writes a page over any runs"
            )
        return seeds_report(self.path, pdf)

    def _check(self, damage: tuple[str, ...], max_steps: int | None) -> None:
        check_arms([Arm("runs", tuple(run.folder for run in self.each))], damage, max_steps)

    def _over_runs(self, results: Sequence[Sequence[Result]]) -> Result:
        from metahebb.analysis.several import probes_over_runs
        from metahebb.report.several_table import probes_text

        rows = probes_over_runs(results, self.each[0].config.task)
        runs = {
            name: [dict(result) for result in some]
            for name, some in zip(self.names, results, strict=True)
        }
        text = probes_text(self.names, results[0][0]["lives"], rows)
        return Result({"runs": runs, "over_runs": rows}, text)


@front
def open_all(*places: Path | str, trust: bool = False) -> Runs:
    """Open several runs: run folders, folders of seeds, and patterns such as ``"runs/h-*"``.

    Args:
        places: run folders, folders of seeds, and patterns.
        trust: let code run that folders bring along from elsewhere, as for `metahebb.open`.

    Raises:
        InputError: a place is none of these, or a run is there twice.
        CheckpointError: a config is not the one that its run was made with.
    """
    if not places:
        raise InputError("expected at least one folder, got none; give for example 'runs/h'")
    only = absolute(places[0]) if len(places) == 1 else None
    path = only if only is not None and is_seeds_folder(only) else None
    with importlib.import_module("metahebb.own_parts").trusting(trust):
        return Runs([Run(folder) for folder in runs_at(places)], path)
