"""A run as an object: what it evolved, and what can be asked of it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from metahebb.analysis.layers import Layers
from metahebb.analysis.lived import LivedLife, live
from metahebb.api.evolving import Shown, resumed
from metahebb.api.front import check_whole, front, texts
from metahebb.api.results import Coefficients, Picture, Result, Table
from metahebb.errors import InputError
from metahebb.evolution.backends.where import Where
from metahebb.notes import Patience
from metahebb.paths import absolute, leave_removed_folder, shown
from metahebb.probes import AnyProbe, line_of, parse_probes
from metahebb.runs.center import Center
from metahebb.runs.config import RunConfig
from metahebb.runs.folder import RunFolder
from metahebb.runs.notes import tell_of_world
from metahebb.runs.progress import Replaying
from metahebb.tasks.gym.kept import absence_of


class Run:
    """A run folder: opened, looked into, lived in, gone on with.

    Every method does what the command of the same name does, with the same numbers to the bit, and
    writes the same files into the folder. Matrices have one row per postsynaptic and one column per
    presynaptic unit, ``(n_out, n_in)``; layers are counted from 1.

    Attributes:
        folder: the run on disk.
    """

    def __init__(self, folder: RunFolder) -> None:
        """Take a folder that was opened; see `metahebb.open`."""
        self.folder = folder

    def __repr__(self) -> str:
        """Return where the run is, what it is, and how far it has come."""
        config = self.config
        return (
            f"<Run {shown(self.path)}: {config.task.label}, {config.network.label}, "
            f"{len(self.folder.read_metrics())} of {config.generations} generations>"
        )

    @property
    def path(self) -> Path:
        """The run's folder."""
        return self.folder.path

    @property
    def config(self) -> RunConfig:
        """Everything that decides the run's numbers."""
        return self.folder.config

    @property
    def center(self) -> Center:
        """What the run has evolved by its newest checkpoint."""
        return self._center()

    @front
    def _center(self) -> Center:
        return self.folder.load()

    @property
    def metrics(self) -> Table:
        """One row per generation: fitness, env steps, time; a dict of arrays by name."""
        return self._metrics()

    @front
    def _metrics(self) -> Table:
        return Table.of_records(self.folder.read_metrics())

    @property
    def coefficients(self) -> Layers[Coefficients]:
        """The evolved coefficients of the newest center, ``coefficients[layer][name]``.

        Each is ``(n_out, n_in)``, as the newborn have it; 0 where a synapse follows no rule.
        ``coefficients[layer]`` shows itself as a table of means, spreads and ranges.

        Raises:
            InputError: the run has no rule that evolved.
        """
        return self._coefficients()

    @front
    def _coefficients(self) -> Layers[Coefficients]:
        from metahebb.analysis.rule_expressed import Expressed

        expressed = Expressed.of(self.folder.load())
        names = expressed.rule.coefficients
        return Layers(
            [Coefficients(dict(zip(names, layer, strict=True))) for layer in expressed.genes]
        )

    @front
    def resume(
        self,
        generations: int | None = None,
        *,
        quiet: bool = False,
        finish: bool = True,
        tensorboard: bool = True,
        log: Sequence[str] = (),
        fallback: bool = False,
        workers: int = 0,
        threads: int = 0,
        lanes: int = 16,
        address: str | None = None,
        allow_heterogeneous: bool = False,
    ) -> Run:
        """Go on with the run, to the same bits as if it had never stopped; see `metahebb.evolve`.

        Args:
            generations: the new total; None: that of the run's config.
            quiet: show no progress.
            finish: end with an evaluation, a film and the report.
            tensorboard: write TensorBoard events into the folder, where TensorBoard is installed.
            log: further loggers: ``"wandb"``, ``"mlflow"``.
            fallback: if the newest checkpoint is damaged, go on from the one before it.
            workers: number of Ray workers; 0: threads of this process.
            threads: number of threads; 0: one per core.
            lanes: number of lives at a time per thread or worker.
            address: address of a Ray cluster to join.
            allow_heterogeneous: work with Ray workers of another processor class, too.

        Returns:
            The run itself.
        """
        from metahebb.api.evolve import stopped_in

        check_whole(generations=generations, workers=workers, threads=threads, lanes=lanes)
        where = Where(workers, threads, lanes, address, allow_heterogeneous)
        kept = Shown(quiet, finish, tensorboard, texts("log", log))
        with stopped_in(self.path):
            resumed(self.folder, where, kept, generations, fallback)
        return self

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
        """Live fresh lives of the unperturbed center: means with 95 % bootstrap intervals.

        Args:
            lives: number of lives in each body.
            damage: bodies to live in (docs/howto/damage.md); none: those of the run.
            max_steps: env steps after which a life ends; None: as in the run's last stage.
            workers: Ray workers; 0: threads of this process.
            threads: 0: one per core.
            lanes: lives at a time per thread or worker.
            address: address of a Ray cluster to join.
            allow_heterogeneous: work with Ray workers of another processor class or versions, too.

        Returns:
            What is written into ``evaluation.json``, unless that has more lives of this center and
            keeps them; ``result["bodies"]["intact"]["mean"]`` is the mean return.
        """
        from metahebb.analysis import evaluate as evaluation
        from metahebb.report.table import evaluation_table

        check_whole(lives=lives, max_steps=max_steps, workers=workers, threads=threads, lanes=lanes)
        where = Where(workers, threads, lanes, address, allow_heterogeneous)
        where.prepare()
        leave_removed_folder()
        tell_of_world(self.folder)
        center = evaluation.on_bodies(self.folder.load(), texts("damage", damage))
        backend = where.backend(center.setup)
        try:
            result = evaluation.evaluate(center, backend, lives, max_steps)
        finally:
            backend.close()
        return Result(result, evaluation_table(result))

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
    ) -> Result:
        """Live the same fresh lives with and without ``probes``, and compare them life by life.

        Args:
            probes: what is done to the lives, such as ``"zero_weights:at=125"`` or a probe object;
                several are done to the same lives, in this order (docs/howto/probes.md).
            lives: number of lives.
            body: name of the body at birth; None: the run's first body.
            max_steps: env steps after which a life ends; None: as in the run's last stage.
            threads: 0: one per core.
            lanes: lives at a time per thread.
            pdf: write each figure as a PDF beside its PNG, too.

        Returns:
            What is written into ``probe.json``; ``result["return"]["difference"]`` is the mean
            paired difference with its interval, ``result["folder"]`` has the figures.
        """
        if not probes:
            raise InputError(
                'expected a probe, got none; give for example "zero_weights:at=125", or call '
                "probe_suite()"
            )
        tried = [parse_probes([line_of(each) for each in probes])]
        return self._probed(tried, lives, body, max_steps, threads, lanes, pdf)[0]

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
    ) -> list[Result]:
        """Try a fixed list of probes one after the other; the arguments are those of `probe`.

        The page of all of them is ``probes/index.html`` in the run's folder. Each result goes to
        ``show`` as soon as it is there.
        """
        from metahebb.report.probe_figures import suite_page

        results = self._probed(None, lives, body, max_steps, threads, lanes, pdf, show)
        suite_page(results, self.path / "probes")
        return results

    def _probed(
        self,
        tried: Sequence[tuple[AnyProbe, ...]] | None,
        lives: int,
        body: str | None,
        max_steps: int | None,
        threads: int,
        lanes: int,
        pdf: bool,
        show: Callable[[Result], None] = lambda result: None,
    ) -> list[Result]:
        from metahebb.analysis import probe as probing
        from metahebb.analysis.probe_suite import suite
        from metahebb.evolution.backends.in_process import InProcess
        from metahebb.report.probe_figures import probe_figure, probe_table
        from metahebb.report.weights_figure import probe_weights_figure

        check_whole(lives=lives, max_steps=max_steps, threads=threads, lanes=lanes)
        where = Where(0, threads, lanes)
        tell_of_world(self.folder)
        conditions = probing.Conditions.of(self.folder.load(), lives, max_steps, body)
        if tried is None:
            tried = [(one,) for one in suite(conditions)]
        for probes in tried:  # all are checked before anything lives or is written
            conditions.setup(probes)
        backend = functools.partial(InProcess, threads=where.threads, lanes=where.lanes)
        without = conditions.live((), backend)
        results = []
        for probes in tried:
            result = probing.probe(conditions, probes, without, backend)
            probe_figure(result, pdf)
            probe_weights_figure(conditions, probes, Path(result["folder"]), pdf)
            results.append(Result(result, probe_table(result)))
            show(results[-1])
        return results

    @front
    def live(
        self,
        life: int | None = None,
        *,
        probe: str | AnyProbe | Sequence[str | AnyProbe] = (),
        body: str | None = None,
        max_steps: int | None = None,
        every: int = 1,
    ) -> LivedLife:
        """Live one fresh life of the center, and return it as arrays with names.

        Args:
            life: its number among the lives that `evaluate` lives, bit for bit; None: the one of
                median return in the last evaluation, which is the one that `film` shows.
            probe: probes of the life, as text or objects; none: those of training.
            body: name of the body at birth; None: the run's first body.
            max_steps: env steps after which the life ends; None: as in the run's last stage.
            every: env steps from one row of weights to the next.

        Returns:
            ``weights[layer]`` ``(steps, n_out, n_in)``, ``observations``, ``outputs``, ``rewards``,
            ``measures`` and more; see `metahebb.analysis.lived.LivedLife`.
        """
        from metahebb.report.recording import typical_life

        check_whole(life=life, max_steps=max_steps, every=every)
        tell_of_world(self.folder)
        center = self.folder.load()
        if life is None:
            life = typical_life(center, self.folder.read_evaluation(), body)
        return live(center, life, _probes(probe), body, max_steps, every)

    @front
    def film(
        self,
        *,
        probe: str | AnyProbe | Sequence[str | AnyProbe] = (),
        body: str | None = None,
        life: int | None = None,
        beside: Sequence[Run | Path | str] = (),
        renderer: str = "auto",
        out: Path | str | None = None,
    ) -> Picture:
        """Film one life of the center, or lives of several runs side by side.

        Args:
            probe: probes of each life, as text or objects; none: those of training.
            body: name of the body at birth, in locomotion any damage; None: the run's first body.
            life: its number among the lives that `evaluate` lives; None: that of median return.
            beside: runs of the same world, or their folders, that are shown at the right.
            renderer: ``gl`` (MuJoCo's), ``drawn`` (a stick figure), ``auto``.
            out: path of the GIF; None: a file in the run's folder.

        Returns:
            The path of the GIF, which a notebook shows.
        """
        from metahebb.report.beside import film_beside, labels
        from metahebb.report.film import film, film_path

        check_whole(life=life)
        several = [beside] if isinstance(beside, (Run, str, Path)) else beside
        others = [_folder(each) for each in several]
        runs = [self.folder, *others]
        for each in runs:
            tell_of_world(each)
        probes = _probes(probe)
        path = None if out is None else absolute(Path(out))
        how: Any = {"body": body, "life": life, "probes": probes, "renderer": renderer}
        if not others:
            return Picture(film(self.folder, path, **how))
        names = labels(runs)
        to = path or film_path(self.folder, body, life, probes, beside=names[1:])
        return Picture(film_beside(list(zip(names, runs, strict=True)), to, **how))

    @front
    def rules(
        self,
        clusters: int | None = None,
        lives: int = 20,
        *,
        pdf: bool = False,
        quiet: bool = False,
    ) -> Result:
        """Describe the evolved rules: clusters, words, what each term is worth in lives.

        Args:
            clusters: number of clusters; None: the distinct rules where they are few, else by
                silhouette.
            lives: fresh ones, the same as in `evaluate`: once as they are, once without each term.
            pdf: write the figure as a PDF beside its PNG, too.
            quiet: show no progress where this takes long.

        Returns:
            What is written into ``rules/rules.json``.
        """
        from metahebb.analysis.rules import look_into_rules
        from metahebb.evolution.backends.in_process import InProcess
        from metahebb.report.rules_figure import rules_figure
        from metahebb.report.rules_table import rules_table

        check_whole(clusters=clusters, lives=lives)
        patience: Callable[[str], None] = (lambda what: None) if quiet else Patience()
        if not absence_of(self.config.task):  # else nobody lives, and the shares are left out
            tell_of_world(self.folder)
        result = look_into_rules(self.folder.load(), clusters, lives, InProcess, patience)
        rules_figure(result, pdf)
        return Result(result, rules_table(result))

    @front
    def replay(self, *, quiet: bool = False) -> Result:
        """Rebuild the center from the journal, without living, and compare every hash.

        Raises:
            ReplayError: a center is another one than the run wrote down.
        """
        Where().prepare()
        leave_removed_folder()
        from metahebb.runs.replay import done, replay

        with Replaying(len(done(self.folder)), quiet) as progress:
            replayed = replay(self.folder, on_generation=progress)
        text = (
            f"replayed {replayed.generations} generations, {replayed.evaluations} evaluations: "
            f"center {replayed.center_sha256}, as the run wrote it down"
        )
        numbers = {
            "generations": replayed.generations,
            "evaluations": replayed.evaluations,
            "center_sha256": replayed.center_sha256,
        }
        return Result(numbers, text)

    @front
    def report(self, *, pdf: bool = False) -> Path:
        """Write the run's ``report.html``, and return its path.

        Args:
            pdf: write each of its figures as a PDF beside its PNG, too.
        """
        from metahebb.report.page import report

        return report(self.folder, pdf)


def _probes(given: str | AnyProbe | Sequence[str | AnyProbe]) -> tuple[AnyProbe, ...]:
    several = given if isinstance(given, (list, tuple)) else (given,)
    return parse_probes([line_of(each) for each in several])


def _folder(run: Run | Path | str) -> RunFolder:
    return run.folder if isinstance(run, Run) else RunFolder.open(run)
