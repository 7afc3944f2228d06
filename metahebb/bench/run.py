"""Runs benchmarks one by one, and keeps their findings in a file."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from metahebb.bench.base import Row
from metahebb.bench.findings import Curve, Finding, Profile
from metahebb.bench.table import Results, markdown
from metahebb.errors import InputError, unknown_name
from metahebb.report.bench_figures import draw_growth, draw_profiles
from metahebb.report.figures import save
from metahebb.runs.manifest import make_manifest
from metahebb.runs.storage import storage_errors, write_atomically, write_json

BENCHES = (
    "life",
    "plastic_step",
    "generation",
    "envpool",
    "car_racing",
    "search_cost",
    "workers",
    "scale",
    "stragglers",
    "big_genome",
    "growth",
    "users_rule",
    "rule_table",
    "trial",
    "profile",
)
"""Modules of ``metahebb.bench.rows``, in the order in which they run."""

_LISTS = {Row: "rows", Curve: "curves", Profile: "profiles"}


def run(
    names: list[str],
    out: Path,
    threads: int,
    lanes: int,
    quick: bool,
    say: Callable[[str], None],
) -> tuple[Results, Path]:
    """Run the benchmarks ``names``; return all results of this machine, and the path of their page.

    The findings of a benchmark replace its earlier ones; the rest of an existing file stays. The
    files are written after each benchmark, so that an interrupted run keeps its findings.

    Args:
        names: the names of the benchmarks, which are among `BENCHES`.
        out: the folder for the files of results.
        threads: the number of threads of one process.
        lanes: the number of lives that a thread advances together.
        quick: whether to measure little, only to see that everything works; the results then have
            other files.
        say: a function that is called with a line of progress.

    Raises:
        InputError: a name is no benchmark's, or a file of results cannot be read.
        StorageError: the results could not be written.
    """
    for name in names:
        if name not in BENCHES:
            raise unknown_name("benchmark", name, BENCHES)
    results = _empty()
    stem = machine_slug(results["machine"]) + ("-quick" if quick else "")
    path = out / f"{stem}.json"
    _take_over(path, results)
    for number, name in enumerate(names, 1):
        say(f"[{number}/{len(names)}] {name}")
        findings: list[Finding] = []
        for finding in _module(name).rows(threads, lanes, quick):
            findings.append(finding)
            say(f"    {_line(finding)}")
        _replace(results, name, findings)
        page = _write(results, path)
    return results, page


def machine_slug(machine: dict[str, Any]) -> str:
    """Return a file name for a machine: its processor and cores."""
    words = f"{machine['cpu']} {machine['cores']} cores".lower()
    return re.sub(r"[^a-z0-9]+", "-", words).strip("-")


def _module(name: str) -> Any:
    return importlib.import_module(f"metahebb.bench.rows.{name}")


def _empty() -> Results:
    manifest = make_manifest(0)
    kept = ("machine", "commit", "dirty", "command", "started", "versions")
    return {**{key: manifest[key] for key in kept}, "rows": [], "curves": [], "profiles": []}


def _take_over(path: Path, results: Results) -> None:
    """Add the findings of an existing file to ``results``."""
    if not path.exists():
        return
    try:
        old = json.loads(path.read_bytes())
        for kind in _LISTS.values():
            results[kind] = [each for each in old[kind] if each["bench"] in BENCHES]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"expected results of metahebb bench in {path}, got {error!r}; remove the file"
        ) from error


def _replace(results: Results, name: str, findings: list[Finding]) -> None:
    """Replace a benchmark's earlier findings by new ones, in the order of `BENCHES`."""
    for kind in _LISTS.values():
        results[kind] = [each for each in results[kind] if each["bench"] != name]
    for finding in findings:
        entry = asdict(finding)
        if isinstance(finding, Row):
            entry["holds"] = finding.holds
        entry.update(bench=name, commit=results["commit"])
        results[_LISTS[type(finding)]].append(entry)
    for kind in _LISTS.values():
        results[kind].sort(key=lambda each: BENCHES.index(each["bench"]))


def _line(finding: Finding) -> str:
    if isinstance(finding, Row):
        holds = {True: "holds", False: "FALLS SHORT", None: "reported"}[finding.holds]
        return f"{finding.row}: {finding.ratio:.3g} ({finding.goal or 'no goal'}) {holds}"
    return finding.name


def _write(results: Results, path: Path) -> Path:
    """Write the JSON, the figures and the page beside it; return the page."""
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, results)
    figures = []
    for kind, draw in (("curves", draw_growth), ("profiles", draw_profiles)):
        if results[kind]:
            drawn = save(draw(results[kind]), path.with_name(f"{path.stem}-{kind}.png"))
            figures.append(drawn.name)
    page = path.with_suffix(".md")
    write_atomically(page, markdown(results, figures).encode())
    return page
