"""What a user should know of a run beside its numbers, each as a note of one line."""

from __future__ import annotations

from metahebb.errors import InputError
from metahebb.genomes import merges
from metahebb.notes import tell
from metahebb.runs.arithmetic import changed, changed_world
from metahebb.runs.config import RunConfig
from metahebb.runs.folder import RunFolder
from metahebb.tasks.base import Advising
from metahebb.tasks.gym.kept import absence_of


def tell_of_config(config: RunConfig) -> None:
    """Tell what in ``config`` has no effect, and what its task advises."""
    _tell_of_modulator(config)
    _tell_of_merges(config)
    if isinstance(config.task, Advising):
        for line in config.task.advice(config.network.output):
            tell(line)


def _tell_of_modulator(config: RunConfig) -> None:
    rule = config.network.rule
    reads = rule is not None and "modulator" in rule.signals
    if rule is not None and reads and config.modulator is None:
        tell(
            f"the rule {rule.name} reads modulator, which is 0 in every life of this run; add "
            "--modulator reward (docs/howto/your-rule.md), or use a rule without it"
        )
    if config.modulator is not None and not reads:
        what = "a network without rules" if rule is None else f"the rule {rule.name}"
        tell(
            f"{what} does not read the modulator, which changes nothing; add --rule reward_abcd, "
            "or leave out --modulator"
        )


def _tell_of_merges(config: RunConfig) -> None:
    late = sorted(at for at in merges(config.setup().genome) if at >= config.generations)
    if late:
        tell(
            f"no generation lives with rules that are merged after generation "
            f"{', '.join(map(str, late))}: the run has {config.generations} (merge); use an "
            "earlier --genome.at, or more --generations"
        )


def tell_of_world(run: RunFolder) -> None:
    """Tell whether a file or package that the run's environment needs has changed.

    Of a run without a manifest nothing is known.

    Raises:
        InputError: the environment cannot be made here at all.
    """
    absent = absence_of(run.config.task)
    if absent:
        raise InputError(absent)
    difference = changed_world(run) if (run.path / "manifest.json").exists() else ""
    if difference:
        tell(
            f"the world of {run.path} has changed since the run began ({difference}); lives are "
            "lived in the changed one now"
        )


def tell_of_arithmetic(run: RunFolder) -> None:
    """Tell whether the run goes on with another processor or other versions than it began with."""
    difference = changed(run)
    if difference:
        tell(
            f"the run began with other arithmetic ({difference}); bits may differ from those of a "
            "run that stays where it began, and a center that does is refused"
        )
