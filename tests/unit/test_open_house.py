"""No module asks whether something is of the class of a certain task, network or genome map.

What a module needs of such a thing is a property that all of its kind have, or a protocol, such as
those in ``metahebb/tasks/base.py``. So a class of somebody's own is as good as ours. Only within
its room may a class be asked for: a package or file of ``tasks/``, ``networks/``, ``genomes/``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from report_runs import ant

from metahebb.errors import InputError
from metahebb.life import Ending
from metahebb.networks import FeedForward
from metahebb.probes import check_probes, parse_probes
from metahebb.report.camera import SIZE
from metahebb.report.frames import caption, pictures
from metahebb.report.recording import record
from metahebb.tasks import Locomotion

ROOT = Path(__file__).parents[2]
TASKS, NETWORKS, GENOMES = (ROOT / "metahebb" / name for name in ("tasks", "networks", "genomes"))
SHARED = ("__init__.py", "base.py")
"""Files of ``tasks/`` that belong to no room: every task may use what they define."""


def rooms() -> dict[Path, list[Path]]:
    """Return the files of each room."""
    in_tasks = [
        path
        for path in TASKS.iterdir()
        if path.name not in SHARED and (path.suffix == ".py" or (path / "__init__.py").exists())
    ]
    return {
        path: [path] if path.suffix else sorted(path.rglob("*.py"))
        for path in (NETWORKS, GENOMES, *in_tasks)
    }


def concrete(tree: ast.Module) -> set[str]:
    """Return the public classes of a module that are no protocols."""
    return {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        and not node.name.startswith("_")
        and "Protocol" not in {getattr(base, "id", "") for base in node.bases}
    }


def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def names_in(node: ast.AST, aliases: dict[str, str]) -> set[str]:
    """Return all names in ``node``, those of ``import A as B`` by the name A."""
    names = {n.id if isinstance(n, ast.Name) else n.attr
             for n in ast.walk(node) if isinstance(n, (ast.Name, ast.Attribute))}  # fmt: skip
    return {aliases.get(name, name) for name in names}


def asked(tree: ast.Module) -> Iterator[tuple[int, set[str]]]:
    """Yield each place that asks for a class, as its line and the names of the classes."""
    aliases = {
        each.asname: each.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for each in node.names
        if each.asname
    }
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name("isinstance" | "issubclass"), args=[_, classes]):
                yield node.lineno, names_in(classes, aliases)
            case ast.Compare() if "type" in {
                getattr(n.func, "id", "") for n in ast.walk(node) if isinstance(n, ast.Call)
            }:
                yield node.lineno, names_in(node, aliases)
            case ast.MatchClass(cls=cls):
                yield cls.lineno, names_in(cls, aliases)


def offences(tree: ast.Module, forbidden: set[str]) -> list[str]:
    return [f"{line}: {name}" for line, names in asked(tree) for name in sorted(names & forbidden)]


def test_no_module_asks_for_a_class_of_another_room():
    classes = {room: set().union(*map(concrete, map(parsed, files)))
               for room, files in rooms().items()}  # fmt: skip
    asked = []
    for folder in ("metahebb", "experiments"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            others = [known for room, known in classes.items() if file not in rooms()[room]]
            asked += [
                f"{file.relative_to(ROOT)}:{offence}"
                for offence in offences(parsed(file), set().union(*others))
            ]
    assert not asked, "expected a protocol or a property in the place of these classes"


def test_the_rooms_hold_the_classes_that_runs_are_made_of():
    known = set().union(*(concrete(parsed(file)) for files in rooms().values() for file in files))
    assert {"Bandit", "CarRacing", "GymTask", "Locomotion", "LocomotionLanes", "Reversal"} <= known
    assert {"Convolutional", "FeedForward", "Gated", "Plastic", "Static"} <= known
    assert {"Merge", "Shared"} <= known
    assert not {"Embodied", "Placed", "GenomeMap", "Network", "Task", "Topology"} & known


@pytest.mark.parametrize(
    "text",
    [
        "isinstance(task, Locomotion)",
        "isinstance(task, (Other, tasks.Locomotion))",
        "isinstance(task, Other | Locomotion)",
        "issubclass(kind, Locomotion)",
        "type(task) is Locomotion",
        "Locomotion in (type(task), type(other))",
        "from metahebb.tasks import Locomotion as Walker\nisinstance(task, Walker)",
        "match task:\n    case Locomotion(body=body):\n        pass",
    ],
)
def test_each_way_to_ask_for_a_class_is_noticed(text):
    assert offences(ast.parse(text), {"Locomotion"})
    assert not offences(ast.parse(text), {"Reversal"})


@dataclass(frozen=True)
class Walker:
    """Somebody's own task, whose body MuJoCo simulates, and which is no `Locomotion`."""

    inner: Locomotion
    body: str = "my_robot"
    can_turn: bool = False
    can_go_sideways: bool = True

    @property
    def bodies(self) -> tuple[str, ...]:
        return self.inner.bodies

    def models(self) -> list[Any]:
        return self.inner.models()


def test_a_body_of_somebodys_own_can_be_pushed_and_damaged():
    task = Walker(Locomotion("ant", damages=("intact", "friction:0.5")))
    probes = parse_probes(["push:at=1,x=1,y=1", "damage:at=1,body=friction:0.5"])
    check_probes(probes, task, FeedForward())
    turn = parse_probes(["turn:at=1,angle=1"])
    with pytest.raises(InputError, match="got a my_robot"):
        check_probes(turn, task, FeedForward())
    check_probes(turn, replace(task, can_turn=True), FeedForward())


def test_a_body_of_somebodys_own_is_drawn_and_falls(tmp_path):
    lived = record(ant(tmp_path / "run", max_steps=4).load())
    fallen = replace(lived.result, ending=Ending.TERMINATED)
    lived = replace(lived, task=Walker(lived.task), result=fallen)
    (drawn,) = pictures(lived, [3], "drawn")
    assert drawn.shape == (SIZE[1], SIZE[0], 3)
    assert "fallen" in caption(lived, 4, "", 1)[0]
