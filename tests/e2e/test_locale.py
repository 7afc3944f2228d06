"""Text and file names that the locale cannot express: text degrades, and nothing fails."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from small_runs import TINY

from metahebb.cli import main

ONE = (*TINY, "--generations", "1")


def printed(*words: str, encoding: str = "ascii") -> bytes:
    """Return what the command line ``words`` writes to a stdout of this encoding."""
    stdout = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    with contextlib.redirect_stdout(stdout):
        try:
            status = main([*words])
        except SystemExit as ending:  # of --help
            status = int(ending.code or 0)
    assert status == 0
    return stdout.buffer.getvalue()


@pytest.mark.parametrize(
    "words",
    [
        ("--help",),
        ("presets",),
        ("evolve", "ant-quick", "--help"),
        ("evolve", "ant", "--genome", "mixture", "--help"),
        ("probe", "--help"),
        ("bench", "--help"),
    ],
    ids=" ".join,
)
def test_help_is_written_in_any_encoding(words: tuple[str, ...]) -> None:
    assert printed(*words).isascii()


@pytest.mark.parametrize(
    "words",
    [
        ("rules", "--lives", "4"),
        ("probe", "--probe", "zero_weights:at=5", "--lives", "4"),
        ("evaluate", "--lives", "4"),
        ("verify", "--candidates", "2"),
        ("report",),
    ],
    ids=lambda words: words[0],
)
def test_results_are_written_in_any_encoding(run: Path, words: tuple[str, ...]) -> None:
    path = run.rename(run.with_name("größer als …"))
    command, *flags = words
    assert printed(command, str(path), *flags).isascii()


def test_the_name_of_a_run_folder_degrades_on_a_stdout_that_lacks_it(tmp_path: Path) -> None:
    written = printed("evolve", "cartpole", *ONE, "--out", str(tmp_path / "größer"))
    assert written.endswith(b"/gr\\xf6\\xdfer\n")


def test_a_name_that_is_no_utf_8_is_printed_as_it_was_given(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/gr\xf6\xdfer"
    words = ("evolve", "cartpole", *ONE, "--out", os.fsdecode(name))
    assert printed(*words, encoding="utf-8") == name + b"\n"


def test_a_run_whose_name_is_no_utf_8_has_a_report_and_a_film(run: Path) -> None:
    path = run.rename(os.fsdecode(os.fsencode(run.parent) + b"/gr\xf6\xdfer"))
    for command in ("film", "report"):
        assert printed(command, str(path), encoding="utf-8").startswith(os.fsencode(path))
    assert "gr\\udcf6\\udcdfer" in (path / "report.html").read_text(encoding="utf-8")


def test_a_run_whose_name_is_no_utf_8_has_tensorboard_events(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xf6"))
    flags = [flag for flag in ONE if flag != "--no-tensorboard"]
    printed("evolve", "cartpole", *flags, "--out", str(path))
    assert caplog.text == ""
    assert list((path / "tensorboard").iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("locale", ["C", "de_DE.ISO-8859-1"])
def test_a_whole_run_under_a_locale_without_utf_8(tmp_path: Path, locale: str) -> None:
    if locale != "C":
        _make_locale(tmp_path / "locales", locale)
    variables = {
        "LOCPATH": str(tmp_path / "locales"),
        "LC_ALL": locale,
        "PYTHONCOERCECLOCALE": "0",
        "PYTHONUTF8": "0",
    }
    name = os.fsencode(tmp_path) + "/größer als …".encode()
    flags = [flag for flag in ONE if flag not in ("--no-finish", "--no-tensorboard")]
    words = ["evolve", "cartpole", *flags, "--out", name]
    done = _python(words, variables)
    assert (done.returncode, done.stdout) == (0, name + b"\n"), done.stderr.decode()
    done = _python(["rules", name, "--lives", "2"], variables)
    assert done.returncode == 0, done.stderr.decode()


def test_a_stdout_that_is_closed_is_no_fault() -> None:
    done = subprocess.run(["sh", "-c", 'exec "$0" -m metahebb presets >&-', sys.executable])
    assert done.returncode == 0


def _python(
    words: list[str | bytes], variables: dict[str, str]
) -> subprocess.CompletedProcess[bytes]:
    command: list[str | bytes] = [sys.executable, "-m", "metahebb", *words]
    return subprocess.run(command, capture_output=True, env={**os.environ, **variables})


def _make_locale(folder: Path, name: str) -> None:
    """Compile the locale ``name`` into ``folder``, or skip the test."""
    if shutil.which("localedef") is None:
        pytest.skip("expected localedef, got none; install locales")
    folder.mkdir()
    language, charset = name.split(".", 1)
    command = ["localedef", "-i", language, "-f", charset, str(folder / name)]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode > 1:  # 1: with warnings
        pytest.skip(f"cannot make {name}: {done.stderr.decode()}")
