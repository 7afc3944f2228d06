"""compose.yaml, read by Docker Compose and run: a head and a worker that evolve together."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cluster_files import COMPOSE
from engine import Engine, limits
from small_runs import centers

pytestmark = [pytest.mark.container, pytest.mark.ray, pytest.mark.timeout(3000)]


class Cluster:
    """The services of compose.yaml, in a project folder of their own."""

    def __init__(self, engine: Engine, project: Path) -> None:
        self.engine = engine
        self.program = shutil.which("docker-compose", path=os.path.dirname(sys.executable))
        assert self.program, (
            "expected docker-compose beside Python, got none; run: make test-container"
        )
        self.socket = engine.folder / "podman.sock"
        home = project / "home"
        token = home / ".ray" / "auth_token"
        token.parent.mkdir(parents=True)
        token.write_text(secrets.token_hex(32))
        token.chmod(0o600)
        os.chown(token, 1000, 1000)
        self.told = {
            "DOCKER_HOST": f"unix://{self.socket}",
            "HOME": str(home),
            "WORKERS": "1",
            "CORES": "1",
        }
        # Where the limits of this machine may not be raised, theirs are lower.
        lower = {name: {"ulimits": limits()} for name in ("head", "worker")}
        (project / "limits.yaml").write_text(json.dumps({"services": lower}))
        self.files = [f"--file={COMPOSE}", f"--file={project}/limits.yaml"]
        self.files.append(f"--project-directory={project}")

    def __call__(self, *words: object, seconds: float = 1200) -> str:
        """Run a command of Docker Compose."""
        return self.engine.call(self.program, *self.files, *words, seconds=seconds, **self.told)

    def up(self) -> None:
        """Start all services, as ``docker compose up --detach`` does.

        Podman has its health checks run by systemd, which a build machine need not have: run here.
        """
        words = [self.program, *self.files, "up", "--detach"]
        environment = {**self.engine.environment, **self.told}
        with subprocess.Popen(words, env=environment) as starting:
            while starting.poll() is None:
                time.sleep(5)  # the interval of compose.yaml
                check = ["podman", "healthcheck", "run", "metahebb-head-1"]
                subprocess.run(check, env=self.engine.environment, capture_output=True)
        assert starting.returncode == 0, self("logs")[-4000:]


@pytest.fixture
def cluster(engine: Engine, runs: Path) -> Iterator[Cluster]:
    """Return the services, none of which is started; with a network of their own to be in."""
    made = Cluster(engine, engine.folder)
    serve = ["podman", "system", "service", "--time=0", f"unix://{made.socket}"]
    log = (engine.folder / "service.log").open("w")
    with (
        log,
        subprocess.Popen(
            ["unshare", "--net", *serve], env=engine.environment, stdout=log, stderr=log
        ) as service,
    ):
        while not made.socket.exists():
            assert service.poll() is None, (engine.folder / "service.log").read_text()
            time.sleep(0.1)
        try:
            yield made
        finally:
            try:
                made("down", "--timeout=5")
            finally:
                service.terminate()


def test_a_head_and_a_worker_evolve_as_one_process_does(
    engine: Engine, cluster: Cluster, runs: Path
) -> None:
    engine.say("docker compose up")
    cluster.up()
    evolve = ("metahebb", "evolve", "ant-quick", "--generations", 1, "--no-finish")
    where = ("--workers", 1, "--address", "auto", "--out", "runs/cluster")
    engine.say("a generation by head and worker")
    said = cluster("exec", "-T", "head", *evolve, *where)
    assert (runs / "cluster" / "metrics.jsonl").exists(), said
    assert "metahebb-worker-1" in cluster("ps")  # whose lives they were: the head gives no core
    engine.say("the same in one process")
    engine.run(*evolve[1:], "--out", "runs/alone", options=(f"--volume={runs}:/work/runs",))
    assert centers(runs / "cluster") == centers(runs / "alone")
