"""What a run is told: the whole of it, in frozen dataclasses."""

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
    """How lives are lived from a generation on: the curriculum is a list of these."""

    start: int = 0
    """First generation of the stage."""
    max_steps: int = 1000
    """Env steps after which a life ends."""
    bodies: tuple[str, ...] = ()
    """Bodies of the task that each candidate lives in; empty: all of them."""

    @classmethod
    def read(cls, text: str) -> Stage:
        """Return the stage written as ``START:STEPS`` or ``START:STEPS:BODY,BODY``.

        Raises:
            InputError: it is written otherwise.
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
    """Everything that decides a run's numbers; where and how fast it runs is told elsewhere."""

    task: AnyTask = field(default_factory=Locomotion)
    """The world."""
    network: AnyNetwork = field(default_factory=FeedForward)
    """Who lives in it."""
    search: SearchConfig = field(default_factory=SearchConfig)
    """How it is selected."""
    schedule: tuple[Stage, ...] = ()
    """Stages of the curriculum, for example 0:250:intact 150:400; empty: the task's horizon and
    all its bodies."""
    episodes: int = 1
    """Lives per body that make one fitness."""
    generations: int = 200
    """Generations in total."""
    seed: int = 0
    """Of everything random."""
    probes: tuple[str, ...] = ()
    """What is done to every life of the run (see docs/howto/probes.md)."""
    center_lives: int = 4
    """Fresh lives of the unperturbed center per generation, for the record only."""
    genome: AnyMap = field(default_factory=PerSynapse, metadata={LATER: True})
    """How genes become the rules' coefficients, or the weights of a static network."""
    birth_genome: AnyMap = field(default_factory=PerSynapse, metadata={LATER: True})
    """How genes become the weights at birth, where these are co-evolved."""
    observation_norm: bool = field(default=False, metadata={LATER: True})
    """Whether networks sense observations less their mean, over their std, as the generations
    before have met them."""
    on_error: OnError = field(default="abort", metadata={LATER: True})
    """What an error of the environment does (see docs/howto/faults.md): it ends the run (abort), or
    its candidate ranks worst."""
    modulator: AnyModulator = field(default=None, metadata={LATER: True})
    """What each life tells its synapses, which rules read as ``modulator``; none: 0."""

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
        """Whether rules become fewer while they evolve."""
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
        """The schedule, never empty."""
        return self.schedule or (Stage(max_steps=self.task.max_steps),)

    def stage(self, generation: int) -> Stage:
        """Return the stage of a generation."""
        return [stage for stage in self.stages if stage.start <= generation][-1]

    def plan(self, generation: int) -> Plan:
        """Return how the lives of a generation are lived."""
        stage = self.stage(generation)
        bodies = tuple(self.task.bodies.index(b) for b in stage.bodies or self.task.bodies)
        return Plan(generation, stage.max_steps, bodies, self.episodes)

    def setup(self) -> Setup:
        """Return what every worker must agree on; rules that merge are those of the beginning.

        Raises:
            InputError: a genome map cannot fill its slot, or has none to fill.
        """
        maps: dict[SlotName, AnyMap] = {
            # Beside a rule, inherited weights are those of a few synapses: a gene for each.
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
