"""Text files are UTF-8 whatever the locale says: each call that opens one has to name it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT_MODE = {"open": 1, "fdopen": 1, "read_text": None, "write_text": None}
"""Where the mode stands among the arguments of each function; None: it is always text."""
PROCESSES = {"run", "Popen", "check_output"}
NOT_A_FILE = {"RunFolder"}
"""Classes whose ``open`` takes no encoding."""


def without_encoding(source: str) -> Iterator[int]:
    """Yield the line of each call that would read or write text as the locale says."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and not any(k.arg == "encoding" for k in node.keywords):
            name = ast.unparse(node.func)
            keywords = {k.arg: ast.unparse(k.value) for k in node.keywords}
            if name.split(".")[0] == "subprocess" and name.split(".")[-1] in PROCESSES:
                if "text" in keywords or "universal_newlines" in keywords:
                    yield node.lineno
            elif _is_text(name, [ast.unparse(a) for a in node.args], keywords.get("mode")):
                yield node.lineno


def _is_text(name: str, arguments: list[str], mode: str | None) -> bool:
    owner, _, function = name.rpartition(".")
    if function not in TEXT_MODE or owner in NOT_A_FILE:
        return False
    place = TEXT_MODE[function]
    if place is None:
        return True
    if owner and function == "open":
        place = 0  # a path's method
    if mode is None:
        mode = arguments[place] if len(arguments) > place else "'r'"
    if not mode.startswith("'"):
        return False  # no mode: an archive's member, for example
    return "b" not in mode


@pytest.mark.parametrize("package", ["metahebb", "experiments"])
def test_every_text_file_says_its_encoding(package: str) -> None:
    calls = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sorted((ROOT / package).rglob("*.py"))
        for line in without_encoding(path.read_text(encoding="utf-8"))
    ]
    assert calls == [], 'add encoding="utf-8", or read and write bytes'


@pytest.mark.parametrize(
    "call",
    [
        "open(p)",
        "open(p, 'w')",
        "p.open()",
        "p.open(mode='a')",
        "(a / 'b').read_text()",
        "f(x).write_text(y)",
        "os.fdopen(h, 'w')",
        "subprocess.run(c, text=True)",
    ],
)
def test_a_call_without_an_encoding_is_seen(call: str) -> None:
    assert list(without_encoding(call)) == [1]


@pytest.mark.parametrize(
    "call", ["open(p, 'rb')", "p.open('wb')", "RunFolder.open(p)", "p.open(encoding='utf-8')"]
)
def test_a_call_that_needs_none_is_let_be(call: str) -> None:
    assert list(without_encoding(call)) == []
