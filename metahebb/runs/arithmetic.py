"""The manifest's record of the arithmetic that made a run, and its comparison with this process.

The manifest has three entries. ``fingerprint`` is the fingerprint of the process that began the
run. ``continuations`` has an entry for each later process that has another fingerprint, or another
``world``, than the process before it. ``other_workers`` has the fingerprints of workers that were
admitted although their arithmetic differs.
"""

from __future__ import annotations

from datetime import UTC, datetime

from metahebb.errors import InputError
from metahebb.evolution.backends.base import Backend
from metahebb.fingerprint import Fingerprint, differing
from metahebb.runs.folder import RunFolder
from metahebb.runs.manifest import own_fingerprint
from metahebb.runs.world import World, changes, world_of


class Arithmetic:
    """Records in a run's manifest which process, and which workers, compute now."""

    def __init__(self, run: RunFolder, backend: Backend) -> None:
        """Bind the run and the backend; nothing is written yet."""
        self._run = run
        self._backend = backend
        self._noted = False
        self._others = 0

    def note(self, generation: int) -> None:
        """Before ``generation``, record this process and its workers, unless they are recorded."""
        if not self._noted:
            own, world = own_fingerprint(), world_of(self._run.config)
            before, worlds = recorded(self._run, generation), _worlds(self._run)
            moved = bool(worlds) and changes(worlds[-1], world)
            if before is None or differing(before, own) or moved:
                now = datetime.now(UTC).isoformat(timespec="seconds")
                entry = {"generation": generation, "started": now}
                entry |= {"fingerprint": own, "world": world}
                earlier = self._run.read_manifest().get("continuations", [])
                self._run.update_manifest(continuations=[*earlier, entry])
            self._noted = True
        self.note_others()

    def note_others(self) -> None:
        """Record workers of another class that have come since the last call."""
        if len(self._backend.others) == self._others:
            return
        self._others = len(self._backend.others)
        known = self._run.read_manifest().get("other_workers", [])
        new = [other for other in self._backend.others if other not in known]
        self._run.update_manifest(other_workers=[*known, *new])


def recorded(run: RunFolder, generation: int) -> Fingerprint | None:
    """Return the fingerprint of the process that moved the center in a generation.

    This process is the last one that went on with the run at or before ``generation``. The result
    is None if the manifest has no fingerprint.

    Raises:
        InputError: the manifest is damaged.
    """
    fingerprints = [each for first, each in _all(run) if first <= generation]
    return fingerprints[-1] if fingerprints else None


def changed(run: RunFolder) -> str:
    """Return in words how this process differs from the one that began the run; "" if it does not.

    The result is also empty for runs of earlier versions, which recorded no fingerprint.

    Raises:
        InputError: the manifest is damaged.
    """
    began = recorded(run, 0)
    return "" if began is None else differing(began, own_fingerprint(), ("there", "here"))


def changed_world(run: RunFolder) -> str:
    """Return in words how the run's world has changed since it began; "" if it has not.

    The result is also empty for runs of earlier versions, which recorded no world.

    Raises:
        InputError: the manifest is damaged.
    """
    worlds = _worlds(run)
    return changes(worlds[0], world_of(run.config)) if worlds else ""


def _worlds(run: RunFolder) -> list[World]:
    """Return the worlds of a run, from its beginning to the last change."""
    manifest = run.read_manifest()
    try:
        kept = [m["world"] for m in (manifest, *manifest.get("continuations", [])) if "world" in m]
        return [{str(name): str(value) for name, value in each.items()} for each in kept]
    except (AttributeError, TypeError) as error:
        raise InputError(
            f"expected worlds in the manifest of {run.path}, got {type(error).__name__}: {error}; "
            "restore manifest.json"
        ) from None


def _all(run: RunFolder) -> list[tuple[int, Fingerprint]]:
    """Return all fingerprints of a run, each with the generation from which on it computed."""
    manifest = run.read_manifest()
    pairs = [(0, manifest["fingerprint"])] if "fingerprint" in manifest else []
    try:
        pairs += [(c["generation"], c["fingerprint"]) for c in manifest.get("continuations", [])]
        return [(int(first), {str(k): str(v) for k, v in each.items()}) for first, each in pairs]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"expected fingerprints in the manifest of {run.path}, got {type(error).__name__}: "
            f"{error}; restore manifest.json"
        ) from None


def cause(run: RunFolder, generation: int) -> str:
    """Return the likely cause why a generation is not reproduced as the run wrote it down."""
    of_run = recorded(run, generation)
    if of_run is None:
        return (
            "the run's manifest has no fingerprint to tell by whether this machine computes as the "
            "one that made it; see its versions and machine"
        )
    difference = differing(of_run, own_fingerprint(), ("there", "here"))
    if difference:
        return f"the run was made with other arithmetic ({difference}); repeat this where it was"
    if run.read_manifest().get("other_workers"):
        return (
            "some of the run's workers computed otherwise than its leader (--allow-heterogeneous)"
        )
    return (
        "this machine's fingerprint is the run's, so that a file was changed, or the task depends "
        "on more than its seed; restore the folder from a copy"
    )
