"""An hour in which a Ray worker is killed every few seconds: not a bit may change.

    python tests/faults/soak.py --minutes 60 --out runs/soak

Evolves ``ant-quick`` twice, at the same time: with two Ray workers of which a random one is killed
every two to six seconds, and in threads, undisturbed. Ends with 0 if all centers of the disturbed
run are those of the other, to the bit.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

from small_runs import centers

ENDLESS = ("ant-quick", "--generations", "1000000", "--no-finish", "--quiet", "--no-tensorboard")
RESUMABLE = 75
TOLD_EVERY = 60.0


def start(path: Path, *flags: str) -> subprocess.Popen[bytes]:
    """Begin the run in ``path``; what it says goes into a file beside it."""
    words = [sys.executable, "-m", "metahebb", "evolve", *ENDLESS, *flags, "--out", str(path)]
    with path.with_suffix(".log").open("wb") as log:
        return subprocess.Popen(words, stdout=log, stderr=log)


def workers(driver: int) -> list[psutil.Process]:
    """Return the Ray workers of a driver that are alive."""
    found = []
    for process in psutil.Process(driver).children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if process.cmdline()[:1] and process.cmdline()[0].startswith("ray::RemoteWorker"):
                found.append(process)
    return found


def disturb(run: subprocess.Popen[bytes], path: Path, minutes: float, dice: random.Random) -> int:
    """Kill random workers of ``run`` for so many minutes; return how many there were."""
    kills, end, tell = 0, time.monotonic() + 60 * minutes, 0.0
    while time.monotonic() < end:
        time.sleep(dice.uniform(2, 6))
        if run.poll() is not None:
            sys.exit(f"expected a run that survives, got exit status {run.returncode}; see its log")
        victims = workers(run.pid)
        if victims:
            with contextlib.suppress(psutil.Error):
                dice.choice(victims).kill()
                kills += 1
        if time.monotonic() > tell:
            left, done = (end - time.monotonic()) / 60, generations(path)
            print(f"{kills} kills, {done} generations, {left:.0f} min to go", flush=True)
            tell = time.monotonic() + TOLD_EVERY
    return kills


def generations(path: Path) -> int:
    """Return how many generations the run in ``path`` has done."""
    return len(centers(path)) if (path / "metrics.jsonl").exists() else 0


def stop(run: subprocess.Popen[bytes]) -> None:
    """End a run as a scheduler would."""
    run.send_signal(signal.SIGTERM)
    if run.wait(timeout=120) != RESUMABLE:
        sys.exit(f"expected exit status {RESUMABLE}, got {run.returncode}; see its log")


def main() -> None:
    """Soak, compare, and say what was seen."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0, help="of who is killed when")
    parser.add_argument("--out", type=Path, default=Path("runs/soak"))
    told = parser.parse_args()
    if told.out.exists():
        parser.error(f"expected a new folder, got {told.out}; move it away, or name another --out")
    told.out.mkdir(parents=True)
    struck, still = told.out / "disturbed", told.out / "undisturbed"
    runs = [start(struck, "--workers", "2"), start(still, "--workers", "0", "--threads", "2")]
    try:
        kills = disturb(runs[0], struck, told.minutes, random.Random(told.seed))
        stop(runs[0])
        found = centers(struck)
        while generations(still) < len(found):
            time.sleep(5)
        stop(runs[1])
    finally:
        for run in runs:
            if run.poll() is None:
                run.kill()
    expected = centers(still)[: len(found)]
    retries = struck.with_suffix(".log").read_text(errors="replace").count("trying again")
    first = next((n for n, (a, b) in enumerate(zip(found, expected, strict=True)) if a != b), None)
    what = "the same bits" if first is None else f"other bits from generation {first} on"
    print(
        f"{told.minutes:g} min, {kills} kills, {retries} calls lost and tried again, "
        f"{len(found)} generations: {what}; last center {found[-1]}"
    )
    sys.exit(0 if first is None and found else 1)


if __name__ == "__main__":
    main()
