"""A check that workers do the same arithmetic as the process that leads the run.

Workers make fitness; the leading process ranks it, computes the gradient and moves the center. On
another class of machine, all of these numbers could differ in their last bits. Workers of another
class are therefore refused, unless the user allows them.
"""

from __future__ import annotations

import logging

from metahebb.errors import InputError
from metahebb.evolution.backends.actor import Greeting
from metahebb.fingerprint import Fingerprint, differing, fingerprint

_log = logging.getLogger(__name__)


class Alike:
    """A gatekeeper that admits a worker to a run, or refuses it, by the worker's fingerprint.

    Attributes:
        others: fingerprints of admitted workers that differ from this process's, each once.
        proven: whether any work was done. Before that, a worker of another class raises an error;
            later, such a worker comes from a machine that joined the cluster, and is left out.
    """

    def __init__(self, workers: int, allowed: bool) -> None:
        """Expect ``workers`` workers; ``allowed`` admits workers of another class, too."""
        self.others: list[Fingerprint] = []
        self.proven = False
        self._own = fingerprint()
        self._workers = workers
        self._allowed = allowed
        self._refused: set[int] = set()
        self._warned_of: set[str] = set()

    def admits(self, worker: int, greeting: Greeting) -> bool:
        """Return whether a worker that has just started may work.

        Raises:
            InputError: the worker may not work, and no work was done so far or no other is left.
        """
        difference = differing(self._own, greeting.fingerprint)
        if difference and not self._allowed:
            self._refuse(worker, greeting, difference)
            return False
        self._refused.discard(worker)
        if difference and greeting.fingerprint not in self.others:
            self.others.append(greeting.fingerprint)
            self._tell(
                f"worker {worker} on {greeting.host} does other arithmetic than this process "
                f"({difference}); what it does may differ in bits (--allow-heterogeneous)"
            )
        return True

    def _refuse(self, worker: int, greeting: Greeting, difference: str) -> None:
        self._refused.add(worker)
        line = (
            f"expected workers that do the same arithmetic as this process, got one on "
            f"{greeting.host} with {difference}; start them and this process on machines of one "
            "class with one lock file, or use --allow-heterogeneous to do without equal bits"
        )
        if not self.proven or len(self._refused) == self._workers:
            raise InputError(line)
        self._tell(f"{line}. It is left out")

    def _tell(self, line: str) -> None:
        if line not in self._warned_of:
            self._warned_of.add(line)
            _log.warning(line)
