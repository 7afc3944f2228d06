"""The command line: a thin layer over runs and report; heavy imports wait until they are needed."""

from __future__ import annotations

import sys
from collections.abc import Callable

from metahebb.errors import InputError, MetahebbError, unknown_name

USAGE = """\
usage: metahebb COMMAND ...

Evolve plasticity rules instead of weights.

  evolve PRESET     evolve a preset into a new run folder (metahebb presets lists them)
  resume DIR        go on with a run, to the same bits as if it had never stopped
  evaluate DIR      live fresh lives of a run's center: mean with a 95 % interval
  report DIR        write the run's report.html
  film DIR          film one life
  presets           list the presets
  doctor            check this machine: versions, cores, rendering, cache

metahebb COMMAND --help tells more of each.
Exit status: 0 done, 2 bad input, 3 bad checkpoint, 4 no progress, 5 storage, 75 stopped but
resumable, 130 interrupted.
"""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return its exit status. Errors are one line on stderr."""
    rest = list(sys.argv[1:] if arguments is None else arguments)
    if not rest or rest[0] in ("-h", "--help"):
        print(USAGE, end="")
        return 0 if rest else 2
    if rest[0] == "--version":
        from metahebb import __version__

        print(__version__)
        return 0
    traceback = "--traceback" in rest
    rest = [word for word in rest if word != "--traceback"]
    try:
        command = rest.pop(0)
        if command not in COMMANDS:
            raise unknown_name("command", command, COMMANDS)
        return COMMANDS[command](rest)
    except MetahebbError as error:
        if traceback:
            raise
        print(f"metahebb: {error}", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        print("metahebb: interrupted", file=sys.stderr)
        return 130


def _evolve(rest: list[str]) -> int:
    from metahebb.commands import evolve

    return evolve.evolve(_named(rest, "evolve", "PRESET", "see metahebb presets"), rest)


def _resume(rest: list[str]) -> int:
    from metahebb.commands import evolve

    return evolve.resume(_named(rest, "resume", "DIR", "a run folder"), rest)


def _evaluate(rest: list[str]) -> int:
    from metahebb.commands import look

    return look.evaluate(_named(rest, "evaluate", "DIR", "a run folder"), rest)


def _report(rest: list[str]) -> int:
    from metahebb.commands import look

    return look.report(_named(rest, "report", "DIR", "a run folder"), rest)


def _film(rest: list[str]) -> int:
    from metahebb.commands import look

    return look.film(_named(rest, "film", "DIR", "a run folder"), rest)


def _presets(rest: list[str]) -> int:
    from metahebb.runs.presets import PRESETS

    _nothing_more(rest, "presets")
    width = max(map(len, PRESETS))
    for name, (_, description) in PRESETS.items():
        print(f"{name:{width}}  {description}")
    return 0


def _doctor(rest: list[str]) -> int:
    from metahebb.commands.doctor import doctor

    _nothing_more(rest, "doctor")
    return doctor()


def _named(rest: list[str], command: str, what: str, where: str) -> str:
    """Take the command's first word, which names what it is about."""
    if rest and rest[0] in ("-h", "--help"):
        return ""
    if not rest or rest[0].startswith("-"):
        got = rest[0] if rest else "nothing"
        raise InputError(f"expected metahebb {command} {what} ({where}), got {got}")
    return rest.pop(0)


def _nothing_more(rest: list[str], command: str) -> None:
    if rest and rest[0] not in ("-h", "--help"):
        raise InputError(f"expected no arguments after {command}, got {rest[0]!r}; leave it out")


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "evolve": _evolve,
    "resume": _resume,
    "evaluate": _evaluate,
    "report": _report,
    "film": _film,
    "presets": _presets,
    "doctor": _doctor,
}


if __name__ == "__main__":
    sys.exit(main())
