"""Errors of the command line in the words of Python."""

from __future__ import annotations

import pytest

from metahebb.settings.in_python import in_python


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("got a run; choose another --out", "got a run; choose another out"),
        ("longer lives (--max-steps)", "longer lives (max_steps)"),
        ("lower --search.stdev, or use", "lower search__stdev, or use"),
        ("expected --workers N with --address", "expected workers=N with address"),
        ("write for example --seeds 0 1 2", "write for example seeds=(0, 1, 2)"),
        ("use for example --lives 32", "use for example lives=32"),
        ("use --no-tensorboard", "use tensorboard=False"),
        ("add --resume to go on", "add resume=True to go on"),
        ("with 'metahebb resume runs/a', or", "with metahebb.open('runs/a').resume(), or"),
        ("with: metahebb resume 'my runs/a'", "with: metahebb.open('my runs/a').resume()"),
        ("got '16,8'; write 16 8", "got '16,8'; write (16, 8)"),
        ("got the folder runs/a--b", "got the folder runs/a--b"),
        ("got '1 -- 2'; mend it", "got '1 -- 2'; mend it"),
        (
            "or give the same command with --traceback",
            "or look at the __context__ of this error",
        ),
    ],
)  # fmt: skip
def test_flags_become_arguments(line: str, wanted: str) -> None:
    assert in_python(line) == wanted
