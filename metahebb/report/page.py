"""The page of a run: one HTML file that holds all of it, images too, and asks no server."""

from __future__ import annotations

import itertools
import json
import logging
import shlex
from collections.abc import Callable, Iterator, Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from metahebb.errors import StorageError, one_line
from metahebb.genomes import PerSynapse, name_of_map
from metahebb.modulators import MODULATORS
from metahebb.networks.base import Bounded
from metahebb.paths import shown
from metahebb.report.coefficients_figure import coefficients_figure
from metahebb.report.curves import learning_figure, learning_note
from metahebb.report.life_figure import life_figure
from metahebb.report.markup import code, duration, note, picture, section, table
from metahebb.report.probed import probes_section, rules_section
from metahebb.report.recording import is_of, typical_life
from metahebb.report.table import (
    evaluation_rows,
    evaluation_title,
    interval,
    other_evaluation_rows,
    without_empty,
)
from metahebb.runs.evaluation_shape import measures_of
from metahebb.runs.storage import write_atomically
from metahebb.tasks import Task
from metahebb.tasks.base import Embodied, Filmable, Moving
from metahebb.tasks.gym.kept import absence_of

if TYPE_CHECKING:
    from metahebb.runs.center import Center
    from metahebb.runs.config import RunConfig
    from metahebb.runs.folder import RunFolder

_log = logging.getLogger(__name__)


def report(run: RunFolder, pdf: bool = False) -> Path:
    """Write ``report.html`` and the figures in it, and return the page's path.

    What a run does not have yet (a generation, a film, an evaluation) is left out, and the page
    says how to get it. A figure that cannot be drawn is left out with a warning.

    Args:
        run: a run folder.
        pdf: whether to write each figure as a PDF beside its PNG, too.

    Raises:
        StorageError: a file could not be written.
        InputError: the manifest or an evaluation is damaged.
        CheckpointError: the newest checkpoint is damaged.
    """
    run.read_manifest()  # all of them first: where one is damaged, nothing is written
    run.read_metrics()
    run.read_evaluation()
    run.read_other_evaluations()
    newest = run.checkpoints.newest()
    center = None if newest is None else run.center_of(newest)
    learning = _drawn(lambda: learning_figure(run, pdf), "The first generation is not over.")
    absent = absence_of(run.config.task)
    life: tuple[Path | None, str] = (None, "There is no checkpoint yet.")
    coefficients = life
    if center is not None:
        life = (None, absent) if absent else _drawn(lambda: life_figure(run, center, pdf))
        coefficients = _drawn(lambda: coefficients_figure(center, pdf))
    life_title = "How it lives" if run.config.network.is_static else "How it wires itself"
    sections = (
        _film(run.path / "film.gif", run),
        _image("How it learned", learning_note(run.read_metrics()), *learning),
        _evaluation(run),
        _image(life_title, _life_note(run, center), *life),
        _image("What evolved", _coefficients_note(run.config), *coefficients),
        rules_section(run),
        probes_section(run),
        _settings(run),
        _origin(run),
        _further(run),
    )
    template = Template(Path(__file__).with_name("page.html").read_text(encoding="utf-8"))
    page = template.substitute(
        title=escape(run.path.resolve().name),
        what=escape(_what(run.config, center)),
        summary=escape(_summary(run)),
        sections="\n".join(filter(None, sections)),
    )
    path = run.path / "report.html"
    write_atomically(path, page.encode(errors="backslashreplace"))
    return path


_OTHERS_NOTE = "The same on other bodies, or over other horizons, than those of the run."
_STATIC_NOTE = "The weights of this network are inherited, and stay: it has no plasticity."
_NO_FIRST_CENTER = {"ga": "candidates", "cosyne": "candidates", "mixture": "rules"}
"""Searches that begin without a center, and what they draw in its place."""
_BOUNDS = {
    "none": "none",
    "max_abs": "max_abs: each layer is divided by its largest |weight| after each update",
    "clip": "clip: after each update, each weight lies within ±{limit:g}",
}
_OF_PLASTICITY = ("birth", "normalization", "rule", "update_every", "update_window")
"""Fields of a network that decide nothing where its weights are inherited, and stay."""


def _life_note(run: RunFolder, center: Center | None) -> str:
    """Return which life the figure shows, and what changes the weights of the networks."""
    static, note = run.config.network.is_static, "Red is positive, blue negative."
    return f"{_which_life(run, center)} {note} {_STATIC_NOTE if static else _plastic_note(run)}"


def _which_life(run: RunFolder, center: Center | None) -> str:
    evaluation = run.read_evaluation()
    if center is None or not is_of(evaluation, center):
        return "Life 0 of the fresh lives: 'metahebb evaluate' would tell which one is typical."
    life = typical_life(center, evaluation)
    return f"Life {life}, of median return among the lives of the evaluation."


def _plastic_note(run: RunFolder) -> str:
    """Return what changes the weights of the run's networks, and what they are told."""
    modulator, network = run.config.modulator, run.config.network
    rules = "the evolved rules, which see no reward"
    if modulator is not None:
        rules = f"the evolved rules, told by the modulator {MODULATORS.name_of(modulator)}"
    if isinstance(network, Bounded) and network.normalization.kind == "max_abs":
        return (
            f"Two things change the weights after birth: {rules}, and the bound max_abs, which "
            "rescales every layer after each update, so that its largest |weight| is 1. A weight "
            "that fades together with all others was rescaled, not unlearned."
        )
    limit = ""
    if isinstance(network, Bounded) and network.normalization.kind == "clip":
        limit = f", and the bound cuts them off ({_bound_of(network)})"
    return f"Only {rules}, change the weights after birth{limit}."


def _bound_of(network: Bounded) -> str:
    bounds = network.normalization
    return _BOUNDS[bounds.kind].format(limit=bounds.limit)


def _coefficients_note(config: RunConfig) -> str:
    """Return what the figure of coefficients shows of a run's centers."""
    part, algorithm = config.network.part, config.search.algorithm
    first = "the first center, drawn from the seed"
    if algorithm in _NO_FIRST_CENTER:
        first = (
            f"a draw like the first {_NO_FIRST_CENTER[algorithm]} ({algorithm} has no first center)"
        )
    return (
        f"What the center hands down, {part} by {part}: gray is {first}, blue the newest. SD is "
        f"the standard deviation over the synapses of a {part}."
    )


def _what(config: RunConfig, center: Center | None) -> str:
    """Return who lives where, and what searches."""
    task, network, search = config.task, config.network, config.search
    sizes = "-".join(map(str, (task.n_observations, *network.hidden, task.n_outputs)))
    genome = config.setup().genome if center is None else center.genome
    genes = f"{genome.n_genes:,} genes"
    if config.genome != PerSynapse():
        genes = f"{name_of_map(config.genome)} · {genes}"
    who = f"{sizes} · {network.label} · {genes}"
    return f"{task.label} · {who} · {search.algorithm}, popsize {search.popsize}"


def _summary(run: RunFolder) -> str:
    """Return the run in a sentence."""
    metrics, manifest, evaluation = run.read_metrics(), run.read_manifest(), run.read_evaluation()
    if not metrics:
        return "The first generation of this run is not over yet."
    steps = sum(r["env_steps"] for r in metrics)
    cost = f"{steps:,} env steps, {duration(metrics[-1]['elapsed_s'])}"
    sentence = (
        f"After {len(metrics)} of {run.config.generations} generations ({cost} on "
        f"{manifest['machine']['cores']} cores), "
    )
    if evaluation is None:
        last = metrics[-1]["center_return"]
        unit = run.config.task.return_unit
        known = "unknown" if last is None else f"{last:.2f} {unit}".strip()
        return sentence + f"the return of the unperturbed center was {known}; not evaluated yet."
    body, evaluated = next(iter(evaluation["bodies"].items()))
    done = ""
    if evaluation["generation"] != len(metrics):
        done = f" of generation {evaluation['generation']}"
    how = f"the unperturbed center{done}, with the body {body}, "
    if body in ("intact", "default"):
        how = f"the unperturbed center{done} "
    over = f"over {len(evaluated['returns'])} fresh lives (mean, 95 % interval)."
    task = run.config.task
    way = measures_of(evaluated).get(task.way.name) if isinstance(task, Moving) else None
    if way and way["mean"] is not None:
        return f"{sentence}{how}covers {interval(way)} {way['unit']} {over}"
    return f"{sentence}{how}earns {interval(evaluated)} {over}"


def _drawn(draw: Callable[[], Path | None], missing: str = "") -> tuple[Path | None, str]:
    """Return the path of a figure; where there is none, also what the page says in its place."""
    try:
        return draw(), missing
    except StorageError:
        raise
    except Exception as error:  # of an environment that lives for it, or of numbers without an axis
        reason = one_line(error)
        _log.warning("expected to draw a figure of the report, got %s; it is left out", reason)
        return None, f"This figure could not be drawn: {reason}"


def _image(title: str, caption: str, path: Path | None, missing: str) -> str:
    content = note(missing) if path is None else picture(path, title) + note(caption)
    return section(title, content)


def _has_pictures(task: Task) -> bool:
    """Return whether lives in ``task`` can be filmed."""
    return isinstance(task, (Embodied, Filmable))


def _film(path: Path, run: RunFolder) -> str:
    if not _has_pictures(run.config.task):
        return ""
    if not path.is_file():
        return section("Film", code(f"metahebb film {_folder(run)}"))
    return section("Film", picture(path, "One life of the evolved network"), "film")


def _evaluation(run: RunFolder) -> str:
    """Return the standard evaluation, and below it those on other bodies or horizons."""
    evaluation, others = run.read_evaluation(), run.read_other_evaluations()
    content = code(f"metahebb evaluate {_folder(run)}")
    if evaluation is not None:
        rows = table(without_empty(evaluation_rows(evaluation)), head=True)
        content = rows + note(evaluation_title(evaluation) + ".")
    if others:
        rows = table(without_empty(other_evaluation_rows(others)), head=True)
        content += rows + note(_OTHERS_NOTE)
    return section("Evaluation", content)


def _settings(run: RunFolder) -> str:
    """Return the key settings, the rule as its author wrote it, and all settings folded away."""
    search, network, bodies = run.config.search, run.config.network, run.config.task.bodies
    stages = "; ".join(
        f"from generation {stage.start}: {stage.max_steps} env steps{_on(stage.bodies or bodies)}"
        for stage in run.config.stages
    )
    key = [
        ["generations", str(run.config.generations)],
        ["seed", str(run.config.seed)],
        ["search", f"{search.algorithm}, popsize {search.popsize}, stdev {search.stdev}"],
        ["stages", stages],
    ]
    merges = "; ".join(
        f"after generation {now['generation']}: {before['n_genes']:,} → {now['n_genes']:,} genes"
        for before, now in itertools.pairwise(run.read_metrics())
        if before.get("n_genes") != now.get("n_genes")
    )
    if merges:
        key.append(["rules merged", merges])
    rule = ""
    if network.is_static or network.rule is None:
        key.append(["weights", "inherited; they stay as they are in a life"])
    else:
        key.append(["birth weights", network.birth])
        if isinstance(network, Bounded):
            key.append(["bound of the weights", _bound_of(network)])
        rule = code(network.rule.source.strip())
    data = json.loads((run.path / "config.json").read_text(encoding="utf-8"))
    if network.is_static:
        data["network"] = {k: v for k, v in data["network"].items() if k not in _OF_PLASTICITY}
    everything = [[name, str(value)] for name, value in _flat(data) if not name.endswith("source")]
    more = f"<details><summary>All settings</summary>{table(everything, head=False)}</details>"
    return section("Settings", table(key, head=False) + rule + more)


def _on(bodies: Sequence[str]) -> str:
    """Return which bodies are lived in; nothing where a task has no choice of them."""
    return "" if tuple(bodies) == ("default",) else f", {', '.join(bodies)}"


def _flat(data: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield ``(dotted name, value)`` of all that is in nested objects."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _flat(value, f"{name}.{key}" if name else key)
    elif isinstance(data, list) and any(isinstance(item, dict) for item in data):
        for i, item in enumerate(data):
            yield from _flat(item, f"{name}.{i}")
    elif isinstance(data, list):
        yield name, ", ".join(map(str, data)) or "–"
    else:
        yield name, data


def _origin(run: RunFolder) -> str:
    """Return what made the run, and what it cost."""
    manifest = run.read_manifest()
    machine = manifest["machine"]
    state = " with changes" if manifest["dirty"] else ""
    rows = [
        ["command", manifest["command"]],
        ["seed", str(manifest["seed"])],
        ["started", manifest["started"]],
        ["cost", f"{manifest['env_steps']:,} env steps, {duration(manifest['elapsed_s'])}"],
        ["machine", f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gb']} GB"],
        ["system", machine["platform"]],
        ["metahebb", f"{manifest['metahebb']}, commit {manifest['commit'] or 'unknown'}{state}"],
        ["versions", ", ".join(f"{name} {v}" for name, v in manifest["versions"].items())],
    ]
    return section("Where it comes from", table(rows, head=False))


def _further(run: RunFolder) -> str:
    folder, done, rule = _folder(run), len(run.read_metrics()), run.config.network.rule
    longer = f" --generations {2 * done}" if done >= run.config.generations else ""
    lines = [
        f"metahebb resume {folder}{longer}",
        f"metahebb evaluate {folder} --lives 100",
        f"metahebb film {folder}",
        f"metahebb probe {folder} --suite",
        *([f"metahebb rules {folder}"] if rule is not None and rule.coefficients else []),
        f"metahebb report {folder}",
    ]
    if not _has_pictures(run.config.task):
        lines[2] = f"metahebb probe {folder} --probe freeze:at={run.config.task.max_steps // 3}"
    return section("How to go on", code("\n".join(lines)))


def _folder(run: RunFolder) -> str:
    return shlex.quote(shown(run.path))
