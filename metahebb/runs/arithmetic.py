"""Whose arithmetic a run's bits come from: recorded in its manifest, compared with this process's.

``fingerprint`` is of the process that began the run, ``continuations`` of those that went on with
it where theirs is another than the one before, or where its ``world`` is, and ``other_workers`` of
workers that were admitted although they compute otherwise.
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
    """Keeps a run's manifest true to whoever computes now."""

    def __init__(self, run: RunFolder, backend: Backend) -> None:
        """Write nothing yet: perhaps there is nothing left to compute."""
        self._run = run
        self._backend = backend
        self._noted = False
        self._others = 0

    def note(self, generation: int) -> None:
        """Record this process and its workers, where they are new, before ``generation``."""
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
        new = [found for found in self._backend.others if found not in known]
        self._run.update_manifest(other_workers=[*known, *new])


def recorded(run: RunFolder, generation: int) -> Fingerprint | None:
    """Return whose arithmetic moved the center in a generation; None where nobody noted it.

    That is the last process that went on with the run at or before ``generation``.

    Raises:
        InputError: the manifest is damaged.
    """
    found = [each for first, each in _all(run) if first <= generation]
    return found[-1] if found else None


def changed(run: RunFolder) -> str:
    """Return in words what this process has other than the one that began the run; "" if nothing.

    Nothing is known of runs of earlier versions.

    Raises:
        InputError: the manifest is damaged.
    """
    began = recorded(run, 0)
    return "" if began is None else differing(began, own_fingerprint(), ("there", "here"))


def changed_world(run: RunFolder) -> str:
    """Return in words what of the run's world is otherwise than when it began; "" if nothing.

    Nothing is known of runs of earlier versions.

    Raises:
        InputError: the manifest is damaged.
    """
    worlds = _worlds(run)
    return changes(worlds[0], world_of(run.config)) if worlds else ""


def _worlds(run: RunFolder) -> list[World]:
    """Return what the world of a run was made of, from its beginning to the last change."""
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
    """Return all fingerprints of a run, each with the generation that it was the first of."""
    manifest = run.read_manifest()
    found = [(0, manifest["fingerprint"])] if "fingerprint" in manifest else []
    try:
        found += [(c["generation"], c["fingerprint"]) for c in manifest.get("continuations", [])]
        return [(int(first), {str(k): str(v) for k, v in each.items()}) for first, each in found]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"expected fingerprints in the manifest of {run.path}, got {type(error).__name__}: "
            f"{error}; restore manifest.json"
        ) from None


def cause(run: RunFolder, generation: int) -> str:
    """Return what may be why a generation does not come out again as the run wrote it down."""
    found = recorded(run, generation)
    if found is None:
        return (
            "the run's manifest has no fingerprint to tell by whether this machine computes as the "
            "one that made it; see its versions and machine"
        )
    difference = differing(found, own_fingerprint(), ("there", "here"))
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
