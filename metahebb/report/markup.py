"""Pieces of a page: whatever text goes in is escaped."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from html import escape
from pathlib import Path

_BEHIND = re.compile(r"(?<=[:,/])(?=[^\s\d/])")
_INTERVAL = re.compile(r"\[[^\s,\]]+, [^\s\]]+\]")


class Markup(str):
    """Text that is HTML already: a table shows it as it is."""


def link(href: str, text: str) -> Markup:
    """Return a link; ``href`` is relative to the page, with its odd characters quoted."""
    return Markup(f'<a href="{escape(href, quote=True)}">{words(text)}</a>')


def section(title: str, content: str, kind: str = "") -> str:
    """Return a titled box; ``kind`` is its CSS class."""
    opening = f'<section class="{kind}">' if kind else "<section>"
    return f"{opening}\n<h2>{words(title)}</h2>\n{content}\n</section>"


def words(text: str) -> str:
    """Return text that may break into lines between its parts, and never inside of one.

    The name of a probe, such as ``zero_weights:fraction=0.5,at=125``, and a path may break behind
    a colon, a comma and a slash, and an interval in brackets nowhere.
    """
    if isinstance(text, Markup):
        return text
    whole = _INTERVAL.sub(lambda match: match[0].replace(" ", "\N{NO-BREAK SPACE}"), text)
    return "<wbr>".join(map(escape, _BEHIND.split(whole)))


def note(text: str) -> str:
    """Return a small remark."""
    return f'<p class="note">{escape(text)}</p>'


def picture(path: Path, description: str) -> str:
    """Return an image that lies in the page itself."""
    data = base64.b64encode(path.read_bytes()).decode()
    kind = path.suffix.lstrip(".")
    return f'<img alt="{escape(description)}" src="data:image/{kind};base64,{data}">'


def table(rows: Sequence[Sequence[str]], head: bool) -> str:
    """Return a table; with a ``head`` the first row is the heading, else the first column is."""
    lines = ["<table>" if head else '<table class="facts">']
    for i, row in enumerate(rows):
        cells = [
            f"<th>{words(cell)}</th>" if (i if head else j) == 0 else f"<td>{words(cell)}</td>"
            for j, cell in enumerate(row)
        ]
        lines.append("<tr>" + "".join(cells) + "</tr>")
    return "\n".join([*lines, "</table>"])


def code(text: str) -> str:
    """Return text as it is, in a block of its own."""
    return f"<pre>{escape(text)}</pre>"


def duration(seconds: float) -> str:
    """Return a time as people write it.

    Example:
        >>> duration(3723)
        '1 h 2 min'
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
