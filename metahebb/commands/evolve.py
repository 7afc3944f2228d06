"""``metahebb evolve`` and ``metahebb resume``."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, cast

import tyro

from metahebb.commands.environments import config_of, env_of, tell_advice
from metahebb.commands.networks import swap_network
from metahebb.commands.parsing import parse, values_of
from metahebb.commands.parts import swap_parts
from metahebb.commands.topologies import swap_topology
from metahebb.commands.world import tell_of_world
from metahebb.errors import InputError, StorageError, one_line
from metahebb.evolution.backends.base import Backend
from metahebb.evolution.backends.where import Where
from metahebb.genomes import GENOME_MAPS, merges
from metahebb.modulators import MODULATORS
from metahebb.networks import NETWORKS, TOPOLOGIES, FeedForward
from metahebb.paths import absolute, leave_removed_folder
from metahebb.runs.arithmetic import changed
from metahebb.runs.config import RunConfig
from metahebb.runs.folder import RunFolder
from metahebb.runs.presets import ANT_QUICK, preset
from metahebb.runs.progress import Progress
from metahebb.runs.stopping import Interrupted
from metahebb.runs.storage import REPEAT, slug
from metahebb.tasks import TASKS, Task
from metahebb.tasks.gym.envs import short

FINAL_LIVES = 32


@dataclass(frozen=True)
class Shown:
    """What is shown and kept beside the numbers."""

    quiet: bool = False
    """Show no progress."""
    finish: bool = True
    """End with an evaluation, a film and the report."""
    tensorboard: bool = True
    """Write TensorBoard events into the run folder, where TensorBoard is installed."""
    log: tuple[str, ...] = ()
    """Further loggers: wandb, mlflow."""

    @property
    def loggers(self) -> tuple[str, ...]:
        """All loggers, by name."""
        wanted = self.tensorboard and importlib.util.find_spec("tensorboard") is not None
        return (*(["tensorboard"] if wanted else []), *self.log)


@dataclass(frozen=True)
class Evolve:
    """Evolve a preset into a new run folder."""

    run: Annotated[RunConfig, tyro.conf.arg(name="")] = field(default_factory=lambda: ANT_QUICK)
    where: Annotated[Where, tyro.conf.arg(name="")] = field(default_factory=Where)
    shown: Annotated[Shown, tyro.conf.arg(name="")] = field(default_factory=Shown)
    network: Annotated[str | None, tyro.conf.arg(metavar=NETWORKS.metavar)] = None
    """Another network of the preset's sizes, with flags of its own; none: the preset's."""
    genome: Annotated[str | None, tyro.conf.arg(metavar=GENOME_MAPS.metavar)] = None
    """Another genome map, with flags of its own (see docs/howto/genome-maps.md); none: the
    preset's."""
    birth_genome: Annotated[str | None, tyro.conf.arg(metavar=GENOME_MAPS.metavar)] = None
    """The same for the weights of --birth coevolved."""
    modulator: Annotated[str | None, tyro.conf.arg(metavar=MODULATORS.metavar)] = None
    """What each life tells its synapses, with flags of its own (see docs/howto/your-rule.md); none:
    the preset's."""
    topology: Annotated[str | None, tyro.conf.arg(metavar=TOPOLOGIES.metavar)] = None
    """Which synapses there are and which are plastic, with flags of its own (see
    docs/howto/genome-maps.md); none: the preset's."""
    task: Annotated[str | None, tyro.conf.arg(metavar=TASKS.metavar)] = None
    """Another task, with flags of its own, in the place of the preset's, or of a preset (see
    docs/howto/your-parts.md)."""
    env: str | None = None
    """A Gymnasium environment by its id, in the place of a preset (see
    docs/howto/your-environment.md)."""
    out: Path | None = None
    """The run folder; none: runs/PRESET-seedN-TIME."""
    resume: bool = False
    """Go on with --out where it holds a run of this config already, begin it where it does not: the
    same line can be given again and again (see docs/howto/cluster.md)."""


@dataclass(frozen=True)
class Resume:
    """Go on with a run."""

    where: Annotated[Where, tyro.conf.arg(name="")] = field(default_factory=Where)
    shown: Annotated[Shown, tyro.conf.arg(name="")] = field(default_factory=Shown)
    generations: int | None = None
    """The new total; none: what the run was told."""
    fallback: bool = False
    """Where the newest checkpoint is damaged, go on from the one before it, to the same bits."""


def evolve(name: str, rest: list[str]) -> int:
    """Evolve the preset ``name``, or in the environment that the flags name.

    The run folder is printed on the last line. With ``--resume`` this is `resume` where the folder
    is there.
    """
    words, config = _asked(name, rest)
    default = Evolve() if config is None else Evolve(run=config)
    prog = f"metahebb evolve {words or 'PRESET'}"
    name = name or slug([short(words.rpartition(" ")[2])])
    options = parse(Evolve, default, rest, prog)
    config = options.run
    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    path = absolute(options.out or Path("runs") / f"{name}-seed{config.seed}-{stamp}")
    if options.resume and options.out is None:
        raise InputError("expected --out DIR with --resume, got none; name the run folder")
    if options.resume and RunFolder.is_there(path):
        return _again(path, options)
    RunFolder.check_free(path)
    _check_loggers(options.shown.log, options.where)
    _tell_of_modulator(config)
    _tell_of_merges(config)
    tell_advice(config)
    # Everything that can be wrong with the input is found before anything is written.
    with _backend(options.where, config) as backend:
        run = RunFolder.create(path, config)
        with run.lock():
            try:
                return _go(run, backend, options.shown)
            except Exception as error:
                # A task that raises, a search that cannot begin: nothing of it is worth keeping.
                if getattr(error, "exit_status", 1) in (1, InputError.exit_status):
                    run.discard()
                raise


def _asked(name: str, rest: list[str]) -> tuple[str, RunConfig | None]:
    """Return the words that say what to evolve, and the config that further flags change.

    Args:
        name: of a preset; empty where ``--env`` or ``--task`` stands in its place.
        rest: the flags.
    """
    env_id, tasks = env_of(rest), values_of("--task", rest)
    if name and env_id is not None:
        raise InputError(f"expected a preset or --env, got both ({name}, {env_id}); leave out one")
    if tasks and env_id is not None:
        raise InputError(
            f"expected --task or --env, got both ({tasks[-1]}, {env_id}); leave out one"
        )
    if name:
        words, config = name, preset(name)
    elif env_id is not None:
        words, config = f"--env {env_id}", config_of(env_id, rest)
    elif tasks:
        words = f"--task {tasks[-1]}"
        config = RunConfig(cast(Task, TASKS.default(tasks[-1])), FeedForward((32, 16)))
    else:
        return "", None
    return words, swap_parts(swap_topology(swap_network(config, rest), rest), rest)


def _tell_of_modulator(config: RunConfig) -> None:
    network = config.network
    reads = network.rule is not None and "modulator" in network.rule.signals
    if network.rule is not None and reads and config.modulator is None:
        print(
            f"metahebb: the rule {network.rule.name} reads modulator, which is 0 in every life of "
            "this run; add --modulator reward (docs/howto/your-rule.md), or use a rule without it",
            file=sys.stderr,
        )
    if config.modulator is not None and not reads:
        what = (
            "a network without rules" if network.rule is None else f"the rule {network.rule.name}"
        )
        print(
            f"metahebb: {what} does not read the modulator, which changes nothing; add --rule "
            "reward_abcd, or leave out --modulator",
            file=sys.stderr,
        )


def _tell_of_merges(config: RunConfig) -> None:
    late = sorted(at for at in merges(config.setup().genome) if at >= config.generations)
    if late:
        print(
            f"metahebb: no generation lives with rules that are merged after generation "
            f"{', '.join(map(str, late))}: the run has {config.generations} (merge); use an "
            "earlier --genome.at, or more --generations",
            file=sys.stderr,
        )


def resume(path: str, rest: list[str]) -> int:
    """Go on with the run at ``path``; print the run folder on the last line."""
    options = parse(Resume, Resume(), rest, f"metahebb resume {path or 'DIR'}")
    return _go_on(RunFolder.open(path), options)


def _again(path: Path, options: Evolve) -> int:
    """Go on with the run at ``path`` if it is the one that ``options`` ask for."""
    run = RunFolder.open(path)
    run.check_same(options.run)
    # Never fewer than the run was told: it may have been made longer since.
    generations = max(options.run.generations, run.config.generations)
    if run.is_finished(generations) and not (options.shown.finish and _lacks_report(run)):
        print(run.path)
        return 0
    return _go_on(run, Resume(options.where, options.shown, generations))


def _lacks_report(run: RunFolder) -> bool:
    evaluation = run.read_evaluation()
    stale = evaluation is None or evaluation["generation"] < run.load().generation
    return stale or not (run.path / "report.html").exists()


def _go_on(run: RunFolder, options: Resume) -> int:
    with run.lock():
        # What is damaged, or of another version, is found now: before anything is written.
        run.read_manifest()
        tell_of_world(run)
        if options.fallback:
            _fall_back(run)
        run.read_newest()
        _tell_of_arithmetic(run)
        _check_loggers(options.shown.log, options.where)
        if options.generations is not None:
            _extend(run, options.generations)
        with _backend(options.where, run.config) as backend:
            return _go(run, backend, options.shown)


def _fall_back(run: RunFolder) -> None:
    for path in run.checkpoints.fall_back():
        print(
            f"metahebb: {path} is damaged, and set aside; the journal has what came since the "
            "checkpoint before it",
            file=sys.stderr,
        )


def _tell_of_arithmetic(run: RunFolder) -> None:
    difference = changed(run)
    if difference:
        print(
            f"metahebb: the run began with other arithmetic ({difference}); bits may differ from "
            "those of a run that stays where it began, and a center that does is refused",
            file=sys.stderr,
        )


def _extend(run: RunFolder, generations: int) -> None:
    done = len(run.read_metrics())
    if generations < done:
        raise InputError(
            f"expected a total of at least {done} generations, which {run.path} has done, got "
            f"{generations}; --generations is the new total"
        )
    run.extend(generations)


@contextlib.contextmanager
def _backend(where: Where, config: RunConfig) -> Iterator[Backend]:
    where.prepare()
    leave_removed_folder()  # an environment that was made may have removed it
    # Now, since it takes seconds: signals are handled soon after the folder is there.
    importlib.import_module("metahebb.runs.evolve")
    backend = where.backend(config.setup())
    leave_removed_folder()  # or one of those that were made now
    try:
        yield backend
    finally:
        backend.close()


def _check_loggers(names: tuple[str, ...], where: Where) -> None:
    if names:
        where.prepare()
        from metahebb.evolution.loggers import check_logger

        for name in names:
            check_logger(name)


def _go(run: RunFolder, backend: Backend, shown: Shown) -> int:
    from metahebb.runs.evolve import evolve as run_evolution

    command = f"metahebb resume {shlex.quote(str(run.path))}"
    try:
        with Progress(run.config.generations, shown.quiet) as progress:
            run_evolution(run, backend, progress, shown.loggers)
        if shown.finish:
            _finish(run, backend, shown.quiet)
    except StorageError as error:
        raise StorageError(str(error).replace(REPEAT, f"go on with: {command}")) from error
    except Interrupted as stopped:
        print(f"metahebb: stopped by {stopped}; go on with: {command}", file=sys.stderr)
        return stopped.exit_status
    print(run.path)
    return 0


def _finish(run: RunFolder, backend: Backend, quiet: bool) -> None:
    """Evaluate, film, report: what a film cannot be made of is said, not failed on."""
    from metahebb.analysis.evaluate import evaluate
    from metahebb.report.film import film
    from metahebb.report.page import report
    from metahebb.report.table import evaluation_table

    result = evaluate(run.load(), backend, FINAL_LIVES)
    if not quiet:
        print(evaluation_table(result), file=sys.stderr)
    try:
        film(run)
    except Exception as error:  # an environment that draws itself may raise anything
        print(f"metahebb: no film: {one_line(error)}", file=sys.stderr)
    report(run)
