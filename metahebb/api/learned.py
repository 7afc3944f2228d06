"""A run of learning as an object: how it learned, fresh trials of it, and what can be asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from metahebb.api.front import check_whole, front
from metahebb.api.learning import LearnShown, learned_on
from metahebb.api.results import Picture, Result, Table
from metahebb.api.trials import Trials
from metahebb.learning.criterion import trials_to_criterion
from metahebb.paths import shown
from metahebb.probes import AnyProbe, line_of
from metahebb.runs.learn import pupil_of
from metahebb.runs.learn_config import LearnConfig
from metahebb.runs.learn_folder import LearnFolder
from metahebb.runs.stopping import Interrupted

Weights = dict[str, npt.NDArray[np.float32]]


class LearnedRun:
    """A run folder of ``metahebb learn``: opened, looked into, tested, gone on with.

    Matrices have one row per postsynaptic and one column per presynaptic unit, ``(n_out, n_in)``.

    Attributes:
        folder: the run on disk.
    """

    def __init__(self, folder: LearnFolder) -> None:
        """Take a folder that was opened; see `metahebb.open`."""
        self.folder = folder

    def __repr__(self) -> str:
        """Return where the run is, what it is, and how far it has come."""
        config, after = self.config, self.learned_after
        criterion = "" if after is None else f", criterion reached after {after}"
        return (
            f"<LearnedRun {shown(self.path)}: {config.task.label}, {config.network.label}, "
            f"{len(self.outcomes['kind'])} of {config.trials} trials{criterion}>"
        )

    @property
    def path(self) -> Path:
        """The run's folder."""
        return self.folder.path

    @property
    def config(self) -> LearnConfig:
        """Everything that decides the run's numbers."""
        return self.folder.config

    @property
    def outcomes(self) -> Table:
        """One row per trial of the learning life: kind, reward, error, correct, conditions."""
        return self._outcomes()

    @front
    def _outcomes(self) -> Table:
        lived = self.folder.read_outcomes(len(self.folder.read_metrics()))
        names = ("kind", "reward", "error", "correct", "choice")
        return Table({**{name: getattr(lived, name) for name in names}, **lived.conditions})

    @property
    def learned_after(self) -> int | None:
        """The number of trials until the criterion was reached; None: it was not."""
        config = self.config
        return trials_to_criterion(self.outcomes["correct"], config.criterion, config.window)

    @property
    def weights(self) -> Weights:
        """The matrices of weights by name, as they are after the last saved trial."""
        return self._weights()

    @front
    def _weights(self) -> Weights:
        return pupil_of(self.folder).weights()

    @property
    def weights_at_birth(self) -> Weights:
        """The matrices of weights by name, before the first trial."""
        return self._weights_at_birth()

    @front
    def _weights_at_birth(self) -> Weights:
        return self.config.learner.pupil(self.config.lesson()).weights()

    @front
    def test(
        self, trials: int = 100, *, seed: int = 0, probes: str | AnyProbe | tuple[Any, ...] = ()
    ) -> Trials:
        """Live fresh trials without learning, and return all that happened in them.

        Args:
            trials: the number of trials; it is rounded up to whole batches.
            seed: the seed of the fresh trials.
            probes: probes that act in these trials, such as ``"zero_weights:at=0,fraction=0.2"``.

        Raises:
            InputError: there is no such probe, or the network cannot be probed.
        """
        from metahebb.analysis.probe_trials import fresh_trials

        check_whole(trials=trials, seed=seed)
        several = probes if isinstance(probes, (tuple, list)) else (probes,)
        return Trials(fresh_trials(self.folder, trials, seed, tuple(map(line_of, several))))

    @front
    def probe(self, *probes: str | AnyProbe, trials: int = 200, seed: int = 0) -> Result:
        """Live the same fresh trials with probes and without, and compare them.

        Args:
            probes: the probes, which act in the order in which they are given.
            trials: the number of trials with the probes, and of trials without.
            seed: the seed of the fresh trials.

        Returns:
            Accuracy, error and reward with and without, and the differences with 95 % intervals;
            shows itself as a table.

        Raises:
            InputError: there is no such probe, or the network cannot be probed.
        """
        from metahebb.analysis.probe_trials import probe_trials
        from metahebb.report.probe_trials_table import probe_table

        check_whole(trials=trials, seed=seed)
        result = probe_trials(self.folder, tuple(map(line_of, probes)), trials, seed)
        return Result(result, probe_table(result))

    @front
    def report(self, *, pdf: bool = False) -> Picture:
        """Write ``report.html``, its figures and the film; return the path of the page."""
        from metahebb.report.learned_run import report_learned

        return Picture(report_learned(self.folder, pdf=pdf))

    @front
    def film(self, out: Path | str | None = None, *, trials: int = 40, seed: int = 0) -> Picture:
        """Film fresh trials, one of each kind, and return the path of the GIF.

        Args:
            out: the path of the GIF; None: ``film.gif`` in the run folder.
            trials: the number of fresh trials from which the film takes one of each kind.
            seed: the seed of the fresh trials.
        """
        from metahebb.report.trial_film import film_trials

        path = self.path / "film.gif" if out is None else Path(out)
        film_trials(self.test(trials, seed=seed).lived, path)
        return Picture(path)

    @front
    def resume(
        self,
        trials: int | None = None,
        *,
        quiet: bool = False,
        finish: bool = True,
        fallback: bool = False,
    ) -> LearnedRun:
        """Go on with the run, to the same bits as if it had never stopped.

        Args:
            trials: the new total; None: that of the run's config.
            quiet: show no progress.
            finish: end with fresh trials, a film and the report.
            fallback: if the newest checkpoint is damaged, go on from the one before it.

        Returns:
            The run itself.
        """
        check_whole(trials=trials)
        try:
            learned_on(self.folder, LearnShown(quiet, finish), trials, fallback)
        except Interrupted as stopped:
            raise KeyboardInterrupt(
                f"stopped by {stopped}, all is saved; go on with: "
                f"metahebb.open({str(shown(self.path))!r}).resume()"
            ) from None
        return self
