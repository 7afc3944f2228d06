"""An engine of one's own: Podman, with its images, containers and networks in one folder."""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import machine
import pytest

ROOT = Path(__file__).parents[2]
IMAGE = "metahebb"
TOOLS = Path(__file__).with_name("packages.txt").read_text().split()
"""What is needed, each in the package of Debian that has its name."""
HELPERS = ("/usr/sbin", "/usr/lib/podman", "/usr/libexec/podman")
STATE = "/run/containers"
"""Where the engine keeps state outside of its folder: memory, and the test's own."""
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
BASE = re.compile(r"^ARG BASE=python:(?P<python>\d+\.\d+)-slim-(?P<suite>\w+)$", re.MULTILINE)


def limits() -> dict[str, int]:
    """Return limits that a container can be given even where nobody may raise one."""
    hard = {
        "nofile": resource.getrlimit(resource.RLIMIT_NOFILE)[1],
        "nproc": resource.getrlimit(resource.RLIMIT_NPROC)[1],
    }
    return {name: min(most if most > 0 else 65535, 65535) for name, most in hard.items()}


def require() -> None:
    """Fail where there is no engine to be had."""
    where = os.pathsep.join((os.environ["PATH"], *HELPERS))
    if missing := [tool for tool in TOOLS if shutil.which(tool, path=where) is None]:
        pytest.fail(
            f"expected {', '.join(TOOLS)}, got no {', '.join(missing)}; install them, on Debian and"
            f" Ubuntu with: apt-get install --no-install-recommends {' '.join(TOOLS)}",
            pytrace=False,
        )
    if os.getppid() != 1:
        pytest.fail(
            "expected processes and mounts that end with the test, got the machine's;"
            " run: make test-container",
            pytrace=False,
        )


class Engine:
    """Podman, told by its environment to keep everything below ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.began = time.monotonic()
        self.log: list[str] = []
        ulimits = [f"{name}={most}:{most}" for name, most in limits().items()]
        texts = {
            "containers.conf": f"[containers]\ndefault_ulimits = {ulimits}\n"
            '[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n'
            'lock_type = "file"\n'
            f'tmp_dir = "{folder}/tmp"\n'
            f'[network]\nnetwork_backend = "netavark"\nnetwork_config_dir = "{folder}/networks"\n',
            "storage.conf": f'[storage]\ndriver = "{os.environ.get("STORAGE_DRIVER", "overlay")}"\n'
            f'graphroot = "{folder}/storage"\nrunroot = "{folder}/run"\n',
        }
        for name, text in texts.items():
            Path(folder, name).write_text(text)
        self.environment = {
            **os.environ,
            "CONTAINERS_CONF": f"{folder}/containers.conf",
            "CONTAINERS_STORAGE_CONF": f"{folder}/storage.conf",
            "TMPDIR": str(folder),
        }

    def say(self, what: str) -> None:
        """Print progress, with the seconds since the beginning."""
        print(f"{time.monotonic() - self.began:5.0f} s  {what[:110]}", flush=True)

    def call(self, *words: object, seconds: float = 1200, **told: Any) -> str:
        """Run a command to its end; return what it prints, or fail with the end of that."""
        done = subprocess.run(
            [str(word) for word in words],
            env={**self.environment, **told},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=seconds,
        )
        assert done.returncode == 0, f"{words}: status {done.returncode}\n{done.stdout[-4000:]}"
        return done.stdout

    def podman(self, *words: object, seconds: float = 1200) -> str:
        """Run a command of Podman's."""
        return self.call("podman", *words, seconds=seconds)

    def run(self, *words: object, options: tuple[object, ...] = ()) -> str:
        """Run the image as its users do, but without a network: it needs none."""
        return self.podman("run", "--rm", "--network=none", *options, IMAGE, *words)

    def base(self, options: dict[str, str]) -> None:
        """Make the image that the Dockerfile begins with, out of Debian's packages."""
        suite = BASE.search((ROOT / "Dockerfile").read_text())["suite"]
        Path(self.folder, "apt.conf").write_text(machine.apt_options())
        settings = "".join(f"{name} = {value}\n" for name, value in options.items())
        Path(self.folder, "pip.conf").write_text(f"[global]\n{settings}")
        self.call(
            "mmdebstrap",
            "--quiet",
            "--variant=minbase",
            "--include=python3,python3-venv,ca-certificates",
            f"--aptopt={self.folder}/apt.conf",
            '--customize-hook=ln -s python3 "$1/usr/bin/python"',
            suite,
            f"{self.folder}/base.tar",
            *filter(None, [os.environ.get("DEBIAN_MIRROR")]),
            TMPDIR=STATE,  # thousands of files that go again
        )
        self.podman("import", f"--change=ENV PATH={PATH}", f"{self.folder}/base.tar", "base")

    def build(self) -> None:
        """Carry the Dockerfile's instructions out, as they stand there."""
        options = machine.pip_options()
        self.say("base image from Debian's packages")
        self.base(options)
        mounts = [f"{path}:{path}:ro" for path in machine.folders(options)]
        mounts.append(f"{self.folder}/pip.conf:/etc/pip.conf:ro")
        arguments = [f"{name}={value}" for name, value in machine.proxies().items()]
        words = ["podman", "build", "--layers=false", "--network=host", f"--tag={IMAGE}"]
        words += [f"--volume={mount}" for mount in mounts]
        words += [f"--build-arg={argument}" for argument in ("BASE=localhost/base", *arguments)]
        with subprocess.Popen(
            [*words, str(ROOT)],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as building:
            for line in building.stdout:
                self.log.append(line)
                if re.match(r"(\[\d/\d\] )?(STEP|COMMIT)", line):
                    self.say(line.strip())
        assert building.returncode == 0, f"podman build failed\n{''.join(self.log[-60:])}"
