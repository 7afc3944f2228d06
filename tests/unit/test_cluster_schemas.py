"""Files for clusters that we do not have, against the schemas of those who read them.

JSON schemas are read with a package that Ray depends on.
"""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from cluster_files import CLUSTER, COMPOSE, ROOT, evolve_commands, load

import metahebb
from metahebb.commands.evolve import Evolve
from metahebb.runs.presets import preset
from metahebb.settings.asked import Asked
from metahebb.settings.parsing import parse


def test_the_launcher_follows_rays_schema() -> None:
    (folder,) = importlib.util.find_spec("ray").submodule_search_locations
    schema = json.loads(Path(folder, "autoscaler", "ray-schema.json").read_text())
    launcher = load(CLUSTER / "launcher.yaml")
    jsonschema.validate(launcher, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(launcher | {"head_ip": "192.0.2.1"}, schema)
    # Ray fills these in with starts that ask for no token.
    assert launcher["head_start_ray_commands"]
    assert launcher["worker_start_ray_commands"]
    assert launcher["file_mounts"]["~/.ray/auth_token"] == "~/.ray/auth_token"


def strictly(required: dict[str, Any], **optional: Any) -> dict[str, Any]:
    """Return the schema of an object with these fields and no others."""
    return {
        "type": "object",
        "properties": required | optional,
        "required": list(required),
        "additionalProperties": False,
    }


TEXT, COUNT = {"type": "string"}, {"type": "integer", "minimum": 0}
TEXTS = {"type": "array", "items": TEXT, "minItems": 1}
NON_ROOT = strictly(
    {
        "runAsNonRoot": {"const": True},
        "runAsUser": {"const": 1000},
        "runAsGroup": COUNT,
        "fsGroup": {"const": 1000},  # owns the volume of the runs
    }
)
SIZE = strictly({"cpu": {"type": "string", "pattern": "^[0-9]+$"}, "memory": TEXT})
CONTAINER = strictly(
    {
        "name": TEXT,
        "image": TEXT,
        "env": {"type": "array", "items": strictly({"name": TEXT, "value": TEXT})},
        "resources": strictly({"requests": SIZE, "limits": SIZE}),
    },
    volumeMounts={"type": "array", "items": strictly({"name": TEXT, "mountPath": TEXT})},
)
VOLUME = strictly({"name": TEXT, "persistentVolumeClaim": strictly({"claimName": TEXT})})
POD = strictly(
    {
        "spec": strictly(
            {
                "securityContext": NON_ROOT,
                "nodeSelector": {"type": "object", "minProperties": 1},
                "terminationGracePeriodSeconds": COUNT,
                "containers": {"type": "array", "items": CONTAINER, "maxItems": 1},
            },
            volumes={"type": "array", "items": VOLUME},
        )
    }
)
PARAMETERS = {"type": "object", "additionalProperties": TEXT}  # KubeRay takes texts only
RAY_JOB = strictly(
    {
        "apiVersion": {"const": "ray.io/v1"},
        "kind": {"const": "RayJob"},
        "metadata": strictly({"name": {"type": "string", "pattern": "^[a-z][a-z0-9-]{0,46}$"}}),
        "spec": strictly(
            {
                "entrypoint": TEXT,
                "runtimeEnvYAML": TEXT,
                "backoffLimit": {"type": "integer", "minimum": 1},
                "shutdownAfterJobFinishes": {"const": True},
                "ttlSecondsAfterFinished": COUNT,
                "rayClusterSpec": strictly(
                    {
                        "rayVersion": TEXT,
                        "authOptions": strictly({"mode": {"const": "token"}}),
                        "headGroupSpec": strictly({"rayStartParams": PARAMETERS, "template": POD}),
                        "workerGroupSpecs": {
                            "type": "array",
                            "minItems": 1,
                            "items": strictly(
                                {
                                    "groupName": TEXT,
                                    "replicas": COUNT,
                                    "minReplicas": COUNT,
                                    "maxReplicas": COUNT,
                                    "rayStartParams": PARAMETERS,
                                    "template": POD,
                                }
                            ),
                        },
                    }
                ),
            }
        ),
    }
)
"""The fields of KubeRay's ``ray.io/v1`` that we rely on, as its API reference has them."""


def test_the_ray_job_has_the_fields_that_we_rely_on() -> None:
    job = load(CLUSTER / "rayjob.yaml")
    jsonschema.validate(job, RAY_JOB)
    spec = job["spec"]
    assert yaml.safe_load(spec["runtimeEnvYAML"]) == {
        "env_vars": {"RAY_JOB_STOP_WAIT_TIME_S": "60"}
    }
    cluster = spec["rayClusterSpec"]
    locked = re.search(r"^ray==(.*)$", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    assert cluster["rayVersion"] == locked.group(1)
    head = cluster["headGroupSpec"]
    pods = [group["template"]["spec"] for group in (head, *cluster["workerGroupSpecs"])]
    images = {pod["containers"][0]["image"] for pod in pods}
    assert images == {f"REGISTRY/metahebb:{metahebb.__version__}"}
    assert len({json.dumps(pod["nodeSelector"]) for pod in pods}) == 1
    # The run folder outlives the pods, and each worker has a core.
    (command,) = evolve_commands(CLUSTER / "rayjob.yaml")
    options = parse(Evolve, Evolve(Asked(preset("ant"))), command[1:], "metahebb evolve ant")
    (mount,) = pods[0]["containers"][0]["volumeMounts"]
    assert options.out.is_relative_to(mount["mountPath"])
    assert mount["name"] == pods[0]["volumes"][0]["name"]
    cores = sum(
        group["replicas"] * int(pod["containers"][0]["resources"]["requests"]["cpu"])
        for group, pod in zip(cluster["workerGroupSpecs"], pods[1:], strict=True)
    )
    assert options.where.workers == cores
    assert head["rayStartParams"]["num-cpus"] == "0"


SERVICE = strictly(
    {
        "image": {"const": "metahebb"},
        "entrypoint": TEXTS,
        "command": TEXTS,
        "user": {"const": "1000:1000"},
        "init": {"const": True},
        "cap_drop": {"const": ["ALL"]},
        "security_opt": {"const": ["no-new-privileges:true"]},
        "environment": {"type": "object", "additionalProperties": TEXT},
        "secrets": TEXTS,
        "shm_size": {"type": "string", "pattern": "^[0-9]+[mg]b$"},
        "ulimits": strictly({"nofile": COUNT}),
        "restart": {"enum": ["on-failure", "unless-stopped", "always", "no"]},
    },
    volumes=TEXTS,
    healthcheck=strictly({"test": TEXTS, "interval": TEXT, "timeout": TEXT, "retries": COUNT}),
    depends_on=strictly({"head": strictly({"condition": {"const": "service_healthy"}})}),
    deploy=strictly({"replicas": TEXT}),
)
"""The fields of the Compose specification that we rely on. No ports, and nothing privileged."""


def test_compose_makes_a_closed_head_and_workers() -> None:
    compose = load(COMPOSE)
    services = strictly({"head": SERVICE, "worker": SERVICE})
    secrets = strictly({"ray_token": strictly({"file": TEXT})})
    jsonschema.validate(
        compose, strictly({"name": TEXT, "x-node": {}, "services": services, "secrets": secrets})
    )
    head, worker = compose["services"]["head"], compose["services"]["worker"]
    for node in (head, worker):
        assert node["entrypoint"] == ["ray", "start", "--block"]
        assert node["environment"]["RAY_AUTH_TOKEN_PATH"] == f"/run/secrets/{node['secrets'][0]}"
    assert "--head" in head["command"]
    assert head["volumes"] == ["./runs:/work/runs"]
    assert "healthcheck" in head  # which the worker waits for
    assert "--address=head:6379" in worker["command"]
    assert "--port=6379" in head["command"]
    compile(head["healthcheck"]["test"][3], "healthcheck", "exec")
    image = (ROOT / "Dockerfile").read_text()
    for part in (
        "--uid 1000 metahebb",
        "/work/runs",
        "WORKDIR /work",
        "ENV PATH=/opt/metahebb/bin",
    ):
        assert part in image
