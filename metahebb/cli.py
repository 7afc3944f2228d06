"""The command line: a thin layer over runs and report; imports wait until they are needed."""

from __future__ import annotations

import importlib
import sys
from typing import NamedTuple

from metahebb.errors import InputError, MetahebbError, unknown_name

USAGE = """\
usage: metahebb COMMAND ...

Evolve plasticity rules instead of weights.

  evolve PRESET     evolve a preset into a new run folder (metahebb presets lists them)
  resume DIR        go on with a run, to the same bits as if it had never stopped
  evaluate DIR      live fresh lives of a run's center: mean with a 95 % interval
  probe DIR         live the same lives with and without something done to them
  report DIR        write the run's report.html
  film DIR          film one life, or lives of several runs side by side
  presets           list the presets
  bench             speed, side by side with peers and limits
  doctor            check this machine: versions, cores, rendering, cache

metahebb COMMAND --help tells more of each; --traceback shows where an error arose.
Exit status: 0 done, 2 bad input, 3 bad checkpoint, 4 no progress, 5 storage, 75 stopped but
resumable, 130 interrupted.
"""


class Command(NamedTuple):
    """Where a command is, and what its first word names."""

    module: str
    function: str
    subject: str = ""


COMMANDS = {
    "evolve": Command("metahebb.commands.evolve", "evolve", "PRESET"),
    "resume": Command("metahebb.commands.evolve", "resume", "DIR"),
    "evaluate": Command("metahebb.commands.look", "evaluate", "DIR"),
    "probe": Command("metahebb.commands.probe", "probe", "DIR"),
    "report": Command("metahebb.commands.look", "report", "DIR"),
    "film": Command("metahebb.commands.look", "film", "DIR"),
    "presets": Command("metahebb.commands.machine", "presets"),
    "bench": Command("metahebb.commands.bench", "bench"),
    "doctor": Command("metahebb.commands.machine", "doctor"),
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return its exit status. Errors are one line on stderr."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    traceback = "--traceback" in words
    words = [word for word in words if word != "--traceback"]
    if not words or words[0] in ("-h", "--help"):
        print(USAGE, end="")
        return 0 if words else 2
    if words[0] == "--version":
        print(importlib.import_module("metahebb").__version__)
        return 0
    try:
        return _run(*words)
    except MetahebbError as error:
        if traceback:
            raise
        line = " ".join(str(error).split())  # what a task raised may have several
        print(f"metahebb: {line}", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        print("metahebb: interrupted", file=sys.stderr)
        return 130


def _run(name: str, *rest: str) -> int:
    if name not in COMMANDS:
        raise unknown_name("command", name, COMMANDS)
    command = COMMANDS[name]
    asks = bool(rest) and rest[0] in ("-h", "--help")
    subject, words = "", list(rest)
    if command.subject and not asks:
        if not rest or rest[0].startswith("-"):
            got = repr(rest[0]) if rest else "nothing"
            raise InputError(
                f"expected metahebb {name} {command.subject}, got {got}; see metahebb --help"
            )
        subject = words.pop(0)
    function = getattr(importlib.import_module(command.module), command.function)
    status: int = function(subject, words)
    return status


if __name__ == "__main__":
    sys.exit(main())
