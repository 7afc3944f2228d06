"""The configuration of a run, which consists of frozen dataclasses."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

from metahebb.errors import InputError, unknown_name
from metahebb.evolution.config import SearchConfig
from metahebb.genomes import AnyMap, PerSynapse, SlotName, name_of_map
from metahebb.modulators import AnyModulator
from metahebb.networks import AnyNetwork, FeedForward
from metahebb.probes import AnyProbe, check_probes, parse_probes
from metahebb.probes.own import with_source
from metahebb.runs.serial import LATER
from metahebb.tasks import AnyTask, Locomotion
from metahebb.tasks.locomotion.damage import check_distinct
from metahebb.worker import OnError, Plan, Setup


@dataclass(frozen=True)
class Stage:
    """A stage of the curriculum sets the length and the bodies of lives from a generation on."""

    start: int = 0
    """First generation of the stage."""
    max_steps: int = 1000
    """Number of env steps after which a life ends."""
    bodies: tuple[str, ...] = ()
    """Bodies of the task that each candidate lives in; empty for all bodies."""

    @classmethod
    def read(cls, text: str) -> Stage:
        """Return the stage written as ``START:STEPS`` or ``START:STEPS:BODY,BODY``.

        Raises:
            InputError: ``text`` is written otherwise.
        """
        # A body may itself hold colons (limb:left_ankle_geom=0.25).
        start, _, rest = text.partition(":")
        steps, _, bodies = rest.partition(":")
        try:
            return cls(int(start), int(steps), tuple(bodies.split(",")) if bodies else ())
        except ValueError:
            raise InputError(
                f"expected a stage START:STEPS[:BODY,...], got {text!r}; write for example "
                "150:400:intact,short_left_ankle"
            ) from None

    def __str__(self) -> str:
        """Return the stage as `read` takes it."""
        bodies = f":{','.join(self.bodies)}" if self.bodies else ""
        return f"{self.start}:{self.max_steps}{bodies}"


@dataclass(frozen=True)
class RunConfig:
    """All settings that decide a run's numbers; its place and speed are set elsewhere (`Where`)."""

    task: AnyTask = field(default_factory=Locomotion)
    """Task in which networks live."""
    network: AnyNetwork = field(default_factory=FeedForward)
    """Network that lives in the task."""
    search: SearchConfig = field(default_factory=SearchConfig)
    """Search that selects genomes."""
    schedule: tuple[Stage, ...] = ()
    """Stages of the curriculum, for example 0:250:intact 150:400; empty for a single stage with the
    task's horizon and all its bodies."""
    episodes: int = 1
    """Number of lives per body over which a fitness is averaged."""
    generations: int = 200
    """Number of generations in total."""
    seed: int = 0
    """Seed of all random numbers."""
    probes: tuple[str, ...] = ()
    """Probes that change every life of the run (see docs/howto/probes.md)."""
    center_lives: int = 4
    """Number of fresh lives of the unperturbed center per generation, for the record only."""
    genome: AnyMap = field(default_factory=PerSynapse, metadata={LATER: True})
    """Genome map that makes the rules' coefficients, or a static network's weights, from genes."""
    birth_genome: AnyMap = field(default_factory=PerSynapse, metadata={LATER: True})
    """Genome map that makes the weights at birth from genes, where these weights are co-evolved."""
    observation_norm: bool = field(default=False, metadata={LATER: True})
    """Whether observations are normalized by the mean and std over all earlier generations."""
    on_error: OnError = field(default="abort", metadata={LATER: True})
    """Effect of an error of the environment (see docs/howto/faults.md): the run ends (abort), or
    the candidate ranks worst (worst)."""
    modulator: AnyModulator = field(default=None, metadata={LATER: True})
    """Modulator that sends rules a signal, such as the reward; without one, the signal is 0."""

    def __post_init__(self) -> None:
        """Check every field."""
        for name, least in (("generations", 1), ("episodes", 1), ("center_lives", 0), ("seed", 0)):
            if getattr(self, name) < least:
                raise InputError(f"expected {name} of at least {least}, got {getattr(self, name)}")
        check_distinct(self.task.bodies)
        object.__setattr__(self, "probes", tuple(map(with_source, self.probes)))
        check_probes(self.parsed_probes, self.task, self.network)
        starts = [stage.start for stage in self.stages]
        if starts[0] != 0 or starts != sorted(set(starts)):
            raise InputError(
                f"expected stages that start at 0 and later ones in order, got starts {starts}"
            )
        for stage in self.stages:
            if stage.max_steps < 1:
                raise InputError(f"expected max_steps of at least 1, got {stage.max_steps}")
            for body in stage.bodies:
                if body not in self.task.bodies:
                    raise unknown_name("body of the task", body, self.task.bodies)
        if self.search.delay:
            self._check_delay()
        if self.observation_norm:
            self._check_no_image()
        if self._merges and not self.search.is_seeded:
            raise InputError(
                "expected a search whose state can be merged (openai_es, pgpe, snes, cem) for the "
                f"genome map merge, got {self.search.algorithm}; use for example --algorithm snes"
            )

    @property
    def _merges(self) -> bool:
        """Whether rules are merged while they evolve."""
        return bool(self.genome.merges_at or self.birth_genome.merges_at)

    def _check_delay(self) -> None:
        for what, flag, there in (
            ("rules that merge", "--genome", self._merges),
            ("an observation_norm", "--observation-norm", self.observation_norm),
        ):
            if there:
                raise InputError(
                    f"expected a search without delay for {what}, which the next generation must "
                    f"know of, got delay {self.search.delay}; leave out --search.delay or {flag}"
                )

    def _check_no_image(self) -> None:
        image = getattr(self.network, "image", getattr(self.task, "image", None))
        if image is not None:
            raise InputError(
                "expected observations that are no images for an observation_norm, got "
                f"{' × '.join(map(str, image))} pixels, which lie in [0, 1] as they are; leave out "
                "--observation-norm"
            )

    @cached_property
    def parsed_probes(self) -> tuple[AnyProbe, ...]:
        """The probes that the texts in `probes` stand for, in the same order."""
        return parse_probes(self.probes)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages of the schedule; for an empty schedule, one stage from the task's settings."""
        return self.schedule or (Stage(max_steps=self.task.max_steps),)

    def stage(self, generation: int) -> Stage:
        """Return the stage of a generation."""
        return [stage for stage in self.stages if stage.start <= generation][-1]

    def plan(self, generation: int) -> Plan:
        """Return the plan by which the lives of a generation are lived."""
        stage = self.stage(generation)
        bodies = tuple(self.task.bodies.index(b) for b in stage.bodies or self.task.bodies)
        return Plan(generation, stage.max_steps, bodies, self.episodes)

    def setup(self) -> Setup:
        """Return the set-up that all workers share, with the genome before any merge of rules.

        Raises:
            InputError: a genome map cannot fill its slot, or has no slot to fill.
        """
        maps: dict[SlotName, AnyMap] = {
            # If a network has a rule, only some synapses inherit weights, with a gene for each.
            "inherited" if self.network.is_static else "coefficients": self.genome,
            "birth": self.birth_genome,
        }
        setup = Setup.build(
            self.task,
            self.network,
            self.seed,
            self.parsed_probes,
            maps,
            observation_norm=self.observation_norm,
        )
        setup = replace(setup, on_error=self.on_error, modulator=self.modulator)
        if self.birth_genome != PerSynapse() and "birth" not in setup.genome.stretches():
            raise InputError(
                f"expected weights at birth that evolve for the birth_genome "
                f"{name_of_map(self.birth_genome)}, got others; add --birth coevolved"
            )
        return setup
