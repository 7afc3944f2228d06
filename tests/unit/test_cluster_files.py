"""Files for clusters that we do not have: commands, flags, statuses and tokens in them."""

from __future__ import annotations

import importlib
import json
import re
import shlex
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from cluster_files import (
    ARRAY,
    CLUSTER,
    COMPOSE,
    FILES,
    HOWTO,
    NOT_RUN,
    RAY_SCRIPTS,
    ROOT,
    SCRIPTS,
    evolve_commands,
    load,
    text_of,
)

from metahebb.commands.evolve import Evolve
from metahebb.errors import CheckpointError, InputError, ProgressError, StorageError
from metahebb.runs.presets import preset
from metahebb.runs.stopping import Stopped
from metahebb.settings.asked import Asked
from metahebb.settings.parsing import parse


def test_the_folder_holds_no_other_file() -> None:
    assert sorted(CLUSTER.iterdir()) == sorted(path for path in FILES if path != COMPOSE)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_who_uses_a_file_is_told_what_it_was_tested_with(path: Path) -> None:
    head = " ".join(text_of(path)[:1500].split())
    assert ("Not run by us: " in head) == (path in NOT_RUN)
    assert "See docs/howto/cluster.md." in head
    assert f"]({Path('..', '..') / path.relative_to(ROOT)})" in HOWTO.read_text()


# Commands


@pytest.mark.parametrize("path", [*FILES, HOWTO], ids=lambda path: path.name)
def test_every_evolve_is_understood_and_can_be_given_again(path: Path) -> None:
    commands = evolve_commands(path)
    assert commands
    for name, *rest in commands:
        options = parse(Evolve, Evolve(Asked(preset(name))), rest, f"metahebb evolve {name}")
        if options.estimate:
            continue
        assert options.resume
        assert options.out is not None
        if options.where.threads:  # one node, without Ray
            assert path in (ARRAY, HOWTO)
            continue
        assert options.where.workers >= 1
        assert options.where.address


@pytest.mark.parametrize("path", [*SCRIPTS, HOWTO], ids=lambda path: path.name)
def test_what_the_scripts_are_given_is_understood(path: Path) -> None:
    found = re.findall(r"cluster/(slurm|submit|slurm-array)\.sh +(ant\b[^\n`#]*)", text_of(path))
    assert found
    for script, words in found:
        name, *rest = shlex.split(words)
        out = parse(Evolve, Evolve(Asked(preset(name))), rest, "metahebb evolve").out
        assert (out is None) == (script == "slurm-array")  # which names the folders itself


def ray_flags(command: str) -> set[str]:
    """Return the flags of ``ray COMMAND``."""
    scripts = importlib.import_module("ray.scripts.scripts")
    return {flag for option in getattr(scripts, command).params for flag in option.opts}


def test_every_flag_of_ray_start_exists() -> None:
    words = [
        word
        for path in (*FILES, HOWTO)
        for command in re.findall(r"ray start\b([^\n`]*(?:\n {4}--[^\n]*)*)", text_of(path))
        for word in command.split()
    ]
    nodes = load(COMPOSE)["services"].values()
    words += [word for node in nodes for word in (*node["entrypoint"][2:], *node["command"])]
    cluster = load(CLUSTER / "rayjob.yaml")["spec"]["rayClusterSpec"]
    groups = (cluster["headGroupSpec"], *cluster["workerGroupSpecs"])
    words += [f"--{name}" for group in groups for name in group["rayStartParams"]]
    flags = {word.partition("=")[0].strip("\"'") for word in words if word.startswith("--")}
    assert flags >= {"--head", "--address", "--port", "--num-cpus", "--block", "--dashboard-host"}
    assert flags - ray_flags("start") == set()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_shell_reads_the_script(script: Path) -> None:
    subprocess.run(["bash", "-n", script], check=True)
    assert script.stat().st_mode & 0o100
    shellcheck = shutil.which("shellcheck")
    if shellcheck:
        subprocess.run([shellcheck, script], check=True)


def test_submit_hands_its_words_to_a_job(tmp_path: Path) -> None:
    (tmp_path / "ray").write_text('#!/usr/bin/env bash\nprintf "%s\\n" "$RAY_AUTH_MODE" "$@"\n')
    (tmp_path / "ray").chmod(0o755)
    path = f"{tmp_path}:/usr/bin:/bin"
    done = subprocess.run(
        [CLUSTER / "submit.sh", "ant", "--out", "/my runs/a"],
        env={"PATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    mode, *words = done.stdout.splitlines()
    assert mode == "token"
    assert words[:2] == ["job", "submit"]
    assert json.loads(words[3])["env_vars"] == {"RAY_JOB_STOP_WAIT_TIME_S": "60"}
    again = ["--resume", "--address", "auto"]
    assert words[4:] == ["--", "metahebb", "evolve", "ant", "--out", "/my runs/a", *again]


def test_exit_statuses_are_those_of_the_code() -> None:
    rows = re.findall(r"^\| ([\d, ]+) \| (.*?) \|$", HOWTO.read_text(), re.MULTILINE)
    listed = {int(number) for numbers, _ in rows for number in numbers.split(",")}
    errors = (InputError, CheckpointError, ProgressError, StorageError)
    stopped = Stopped(signal.SIGTERM).exit_status
    assert listed == {0, stopped, Stopped(signal.SIGINT).exit_status} | {
        error.exit_status for error in errors
    }
    assert f'"$status" -eq {stopped} ' in (CLUSTER / "slurm.sh").read_text()


# Tokens


def test_each_node_asks_for_the_token() -> None:
    launcher = load(CLUSTER / "launcher.yaml")
    commands = [*launcher["head_start_ray_commands"], *launcher["worker_start_ray_commands"]]
    commands += re.findall(r"```sh\n(.*?)```", HOWTO.read_text(), re.DOTALL)
    starts = [command for command in commands if "ray start" in command]
    assert len(starts) == 4
    for start in starts:
        assert "RAY_AUTH_MODE=token" in start.partition("ray start")[0]
    for path in RAY_SCRIPTS:
        before, found, _ = path.read_text().partition("export RAY_AUTH_MODE=token")
        assert found
        assert not re.search(r"^[^#]*\bray\b", before, re.MULTILINE)
    for node in load(COMPOSE)["services"].values():
        assert node["environment"]["RAY_AUTH_MODE"] == "token"
    cluster = load(CLUSTER / "rayjob.yaml")["spec"]["rayClusterSpec"]
    assert cluster["authOptions"] == {"mode": "token"}


def test_no_job_server_listens_beyond_its_machine() -> None:
    found = [
        host
        for path in (*FILES, HOWTO)
        for host in re.findall(r"dashboard-host[=:]\s*([\d.]+)", path.read_text())
    ]
    assert set(found) == {"127.0.0.1"}
    assert len(found) == 4  # slurm.sh, launcher.yaml, compose.yaml, by hand
