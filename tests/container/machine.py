"""How this machine reaches packages: given to a build from outside, so that no file names it."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path


def apt_options() -> str:
    """Return apt's settings for transport, as lines of a configuration."""
    dump = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True).stdout
    wanted = ("Acquire::http", "Acquire::https", "Acquire::Check-")
    return "".join(f"{line}\n" for line in dump.splitlines() if line.startswith(wanted))


def pip_options() -> dict[str, str]:
    """Return pip's settings from its files and the environment, by their names in a file."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    ).stdout
    options: dict[str, list[str]] = {}
    for line in listed.splitlines():
        name, _, value = line.partition("=")
        section, _, key = name.rpartition(".")
        if section in ("global", "install", ":env:"):
            options.setdefault(key, []).append(ast.literal_eval(value))
    # Places add up; of any other setting, the last one that is listed stands.
    return {
        key: " ".join(dict.fromkeys(" ".join(values).split()))
        if key in ("find-links", "extra-index-url")
        else values[-1]
        for key, values in options.items()
    }


def folders(options: dict[str, str]) -> list[Path]:
    """Return the files and folders of this machine that pip's settings name."""
    named = [
        Path(word.removeprefix("file://")) for value in options.values() for word in value.split()
    ]
    # An index in a folder keeps its files beside `simple`.
    found = [path.parent if path.name == "simple" else path for path in named if path.is_absolute()]
    return [path for path in dict.fromkeys(found) if path.exists()]


def proxies() -> dict[str, str]:
    """Return the proxies that the environment names."""
    return {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
