"""Helpers that read the files for clusters.

YAML is read with a package that is installed with Ray.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
CLUSTER = ROOT / "cluster"
COMPOSE = ROOT / "compose.yaml"
HOWTO = ROOT / "docs" / "howto" / "cluster.md"
ARRAY = CLUSTER / "slurm-array.sh"
RAY_SCRIPTS = [CLUSTER / "slurm.sh", CLUSTER / "submit.sh"]
SCRIPTS = [*RAY_SCRIPTS, ARRAY]
FILES = [*SCRIPTS, CLUSTER / "launcher.yaml", CLUSTER / "rayjob.yaml", COMPOSE]
NOT_RUN = [path for path in FILES if path.name not in ("submit.sh", "compose.yaml")]


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def text_of(path: Path) -> str:
    """Return a file's text without comment signs; a line that ends in a backslash is joined."""
    lines = [re.sub(r"^#( |$)", "", line) for line in path.read_text().splitlines()]
    return re.sub(r"\\\n\s*", "", "\n".join(lines))


def evolve_commands(path: Path) -> list[list[str]]:
    """Return the words of each command ``metahebb evolve`` that a file spells out."""
    given = {"submit.sh": "ant --workers 2 --out runs/a"}.get(path.name, "ant --out runs/a")
    text = text_of(path).replace('"$@"', given).replace('"$workers"', "2")
    text = re.sub(r'"\$SLURM_\w+"', "2", text)
    commands = re.findall(r"metahebb evolve +([^\n`'#&|]+)", text)
    return [shlex.split(words) for words in commands]
