"""The command lines and blocks of Python in the documentation, as a reader would copy them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
PAGES = (
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "experiments/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
)
_FENCED = re.compile(r"^```([^\n]*)\n(.*?)^```", re.S | re.M)
_INDENTED = re.compile(r"(?<=\n\n)(?:    .+\n)+")
_INLINE = re.compile(r"`([^`]+)`")
_COMMAND = re.compile(r"(metahebb|python3? -m|make|pip|docker|ray|sbatch|uv|cluster/\S+\.sh) ")
"""Beginnings of inline code that is a command line."""


class Example(NamedTuple):
    """A piece of the documentation that can be run.

    Attributes:
        page: path of the page in this project.
        line: number of the first line.
        text: text of the command line, flag or block.
    """

    page: str
    line: int
    text: str

    @property
    def words(self) -> list[str]:
        """Return the words of a command line."""
        return shlex.split(self.text, comments=True)

    def __str__(self) -> str:
        """Return the name of a test of this example."""
        return f"{self.page}:{self.line} {self.text}"


def command_lines() -> list[Example]:
    """Return the command lines of all pages, each once per page."""
    examples: dict[tuple[str, str], Example] = {}
    for page in PAGES:
        for line, text in _lines(page):
            text = re.sub(r"\s+#\s.*$", "", text).strip()
            name = str(page.relative_to(ROOT))
            examples.setdefault((name, text), Example(name, line, text))
    return list(examples.values())


def flags() -> list[Example]:
    """Return the flags of metahebb in inline code, without their values."""
    return [
        Example(code.page, code.line, flag)
        for code in _inline()
        if code.text.startswith(("--", "metahebb"))
        for flag in re.findall(r"--[a-z][\w.-]*\w", code.text)
    ]


def settings() -> list[Example]:
    """Return the flags with values in inline code; ``--flag a|b`` gives an example per value."""
    return [
        Example(code.page, code.line, f"{before} {value}")
        for code in _inline()
        if re.match(r"--\S+ ", code.text)
        for before, _, values in [code.text.rpartition(" ")]
        for value in values.split("|")
    ]


def _inline() -> list[Example]:
    examples = []
    for page in PAGES:
        prose = _FENCED.sub(_blank, page.read_text(encoding="utf-8"))
        for match in _INLINE.finditer(prose):
            code = " ".join(match[1].split())
            examples.append(Example(str(page.relative_to(ROOT)), _line_of(prose, match), code))
    return examples


def python_blocks() -> dict[str, list[Example]]:
    """Return the blocks of Python, by page."""
    blocks: dict[str, list[Example]] = {}
    for page in PAGES:
        text, name = page.read_text(encoding="utf-8"), str(page.relative_to(ROOT))
        for match in _FENCED.finditer(text):
            if match[1].strip() == "python":
                example = Example(name, _line_of(text, match), match[2])
                blocks.setdefault(name, []).append(example)
    return blocks


def _lines(page: Path) -> list[tuple[int, str]]:
    """Return the command lines of a page with the numbers of their lines."""
    text = page.read_text(encoding="utf-8")
    lines = []
    for match in _FENCED.finditer(text):
        is_script = match[2].startswith("#!")  # shown whole: a test compares it with its file
        if match[1].strip() in ("python", "text"):  # text is what a command prints
            continue
        if not is_script and not _is_list_of_modules(match[2]):
            first = _line_of(text, match) + 1
            lines += _joined(match[2], first)
    prose = _FENCED.sub(_blank, text)
    if page.name == "CONTRIBUTING.md":  # the only page with indented blocks
        for match in _INDENTED.finditer(prose):
            lines += _joined(match[0], _line_of(prose, match))
        prose = _INDENTED.sub(_blank, prose)
    for match in _INLINE.finditer(prose):
        code = " ".join(match[1].split())
        if _COMMAND.match(code):
            lines.append((_line_of(prose, match), code))
    return lines


def _is_list_of_modules(block: str) -> bool:
    """Return whether a block lists files and folders with descriptions."""
    return all(re.match(r"\S+(\.py|/) ", line) for line in block.splitlines())


def _joined(block: str, first: int) -> list[tuple[int, str]]:
    r"""Return the lines of a block; a line that ends in a ``\`` is joined with the next one."""
    lines: list[tuple[int, str]] = []
    continues = False
    for number, line in enumerate(block.splitlines(), first):
        part = line.removesuffix("\\").strip()
        if continues:
            lines[-1] = (lines[-1][0], f"{lines[-1][1]} {part}")
        elif part:
            lines.append((number, part))
        continues = line.endswith("\\")
    return lines


def _line_of(text: str, match: re.Match[str]) -> int:
    return text.count("\n", 0, match.start()) + 1


def _blank(match: re.Match[str]) -> str:
    return "\n" * match[0].count("\n")
