"""The command line; modules are imported when a command needs them."""

from __future__ import annotations

import codecs
import contextlib
import importlib
import io
import signal
import sys
from typing import NamedTuple

from metahebb.api.front import from_command_line
from metahebb.errors import InputError, MetahebbError, one_line, unknown_name
from metahebb.explained import explained
from metahebb.notes import printed
from metahebb.paths import from_here
from metahebb.runs.stopping import Interrupted, heard, leave, unread_to_nowhere

USAGE = """\
usage: metahebb COMMAND ...

Evolve plasticity rules instead of weights, and let networks learn within their lives.

  evolve PRESET     evolve a preset into a new run folder (metahebb presets lists all presets)
  learn PRESET      let a network learn a task within its life (presets lists these, too)
  resume DIR        go on with a run, to the same bits as if it had never stopped
  replay DIR        repeat a run's search from its journal, without lives, and compare all hashes
  verify DIR        live some of a run's candidates again, and compare their fitness bit for bit
  tune PRESET       try settings of a preset's search in short runs, and print the best flags
  evaluate DIR ...  live fresh lives of a run's center, and print means with 95 % intervals
  probe DIR ...     live the same lives with a probe and without it, and compare them
  compare NAME=DIR ...  compare arms of runs: curves with bands, differences with intervals
  rules DIR         describe the evolved rules: clusters, words, the share of each term
  report DIR        write the run's report.html
  film DIR          film one life, or lives of several runs side by side
  live DIR          live one life, and write it as arrays with names (.npz)
  presets           list the presets
  bench             measure the speed of this machine, against peers and limits
  doctor            check this machine: versions, cores, rendering, cache

metahebb COMMAND --help explains a command; --traceback shows where in the code an error arose;
--trust allows the code of parts in a run folder from elsewhere to run.
Exit status: 0 done, 2 bad input, 3 bad checkpoint, 4 no progress, 5 storage, 75 stopped by SIGTERM
or SIGHUP (give the line again), 130 interrupted, 141 no reader of the output (as in `| head`).
"""


class Command(NamedTuple):
    """A command of the command line.

    Attributes:
        module: name of the module that has the command's function.
        function: name of this function.
        subject: kind of the command's first word, such as ``DIR``; empty if there is none.
        flags: flags that may replace the first word.
    """

    module: str
    function: str
    subject: str = ""
    flags: tuple[str, ...] = ()


COMMANDS = {
    "evolve": Command("metahebb.commands.evolve", "evolve", "PRESET", ("--env", "--task")),
    "learn": Command("metahebb.commands.learn", "learn", "PRESET", ("--task",)),
    "resume": Command("metahebb.commands.evolve", "resume", "DIR"),
    "tune": Command("metahebb.commands.tune", "tune", "PRESET", ("--env", "--task")),
    "compare": Command("metahebb.commands.compare", "compare", "NAME=DIR"),
    "replay": Command("metahebb.commands.verify", "replay", "DIR"),
    "verify": Command("metahebb.commands.verify", "verify", "DIR"),
    "evaluate": Command("metahebb.commands.look", "evaluate", "DIR"),
    "probe": Command("metahebb.commands.probe", "probe", "DIR"),
    "rules": Command("metahebb.commands.rules", "rules", "DIR"),
    "report": Command("metahebb.commands.look", "report", "DIR"),
    "film": Command("metahebb.commands.look", "film", "DIR"),
    "live": Command("metahebb.commands.look", "live", "DIR"),
    "presets": Command("metahebb.commands.machine", "presets"),
    "bench": Command("metahebb.commands.bench", "bench"),
    "doctor": Command("metahebb.commands.machine", "doctor"),
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command, and return its exit status. Errors are one line on stderr.

    Without ``arguments``, the command has the arguments of this process. The process then serves
    this command only, and may end here; see `leave`.
    """
    _degrade_text()
    status = _checked(arguments)
    if arguments is None:
        leave(status)
    return status


def _checked(arguments: list[str] | None) -> int:
    """Run one command, and return its exit status, also if nobody reads its output any more."""
    try:
        try:
            return _main(arguments)
        finally:
            if sys.stdout is not None:  # it is None where the shell has closed it
                sys.stdout.flush()  # now, and not after the last line that can catch an error
    except BrokenPipeError:
        if not unread_to_nowhere():
            raise  # of another pipe, such as a logger's
        return 128 + signal.SIGPIPE


def _degrade_text() -> None:
    """Make stdout replace characters that its encoding lacks, so that no output fails.

    Python does the same for stderr. Bytes of a file name that could not be decoded are written as
    they are, so that the name of a run folder can be used again.
    """
    codecs.register_error("metahebb", _degraded)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="metahebb")


def _degraded(error: UnicodeError) -> tuple[str | bytes, int]:
    """Return the text or bytes for the characters of ``error``; this is a handler for `codecs`."""
    try:
        return codecs.lookup_error("surrogateescape")(error)
    except UnicodeError:
        return codecs.backslashreplace_errors(error)


def _main(arguments: list[str] | None) -> int:
    words = list(sys.argv[1:] if arguments is None else arguments)
    traceback, trusts = "--traceback" in words, "--trust" in words
    words = [word for word in words if word not in ("--traceback", "--trust")]
    if not words or words[0] in ("-h", "--help"):
        print(USAGE, end="")
        return 0 if words else 2
    if words[0] == "--version":
        print(importlib.import_module("metahebb").__version__)
        return 0
    if own_parts := sys.modules.get("metahebb.own_parts"):
        own_parts.begin_command()
    try:
        # First of all: code of a user's may go elsewhere.
        with printed(), from_here(), from_command_line(), heard(), _trusting(trusts):
            return _run(*words)
    except MetahebbError as error:
        if traceback:
            raise
        print(f"metahebb: {one_line(error)}", file=sys.stderr)
        return error.exit_status
    except Exception as error:
        input_error = None if traceback else explained(error)
        if input_error is None:
            raise
        print(f"metahebb: {one_line(input_error)}", file=sys.stderr)
        return input_error.exit_status
    except Interrupted as interrupted:
        print(f"metahebb: stopped by {interrupted}", file=sys.stderr)
        return interrupted.exit_status
    except KeyboardInterrupt:
        print("metahebb: interrupted", file=sys.stderr)
        return 130


def _trusting(everything: bool) -> contextlib.AbstractContextManager[None]:
    """Return a block in which code of run folders may run unread, if ``everything`` is trusted."""
    if not everything:
        return contextlib.nullcontext()
    return importlib.import_module("metahebb.own_parts").trusting(True)  # type: ignore[no-any-return]


def _run(name: str, *rest: str) -> int:
    if name not in COMMANDS:
        raise unknown_name("command", name, COMMANDS)
    command = COMMANDS[name]
    asks = bool(rest) and rest[0] in ("-h", "--help")
    subject, words = "", list(rest)
    has_flag = any(word.partition("=")[0] in command.flags for word in rest)
    if command.subject and not asks and not (has_flag and rest[0].startswith("-")):
        if not rest or rest[0].startswith("-"):
            got = repr(rest[0]) if rest else "nothing"
            how = "see metahebb --help"
            if command.flags:
                how = f"name a preset (see metahebb presets), or add {' or '.join(command.flags)}"
            raise InputError(f"expected metahebb {name} {command.subject}, got {got}; {how}")
        subject = words.pop(0)
    function = getattr(importlib.import_module(command.module), command.function)
    status: int = function(subject, words)
    return status


if __name__ == "__main__":
    sys.exit(main())
