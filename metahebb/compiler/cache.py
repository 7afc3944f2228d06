"""Kernel modules lie on disk, so that every process finds them ready.

numba caches neither ``exec``'d code nor closures across processes; it does cache functions of a
real file. So the kernel's text is written into a folder named by the hash of that text, the numba
version and the processor's features, and imported from there.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import os
import stat
import sys
import tempfile
from pathlib import Path
from types import ModuleType

from metahebb.paths import absolute


@functools.lru_cache(maxsize=128)
def compiled(source: str) -> ModuleType:
    """Return the module whose text is ``source``, its functions compiled when they are called."""
    return _import(_write(source))


def cache_folder() -> Path:
    """Return the folder of compiled kernels (``$METAHEBB_CACHE`` or the user's cache folder)."""
    chosen = os.environ.get("METAHEBB_CACHE")
    if chosen:
        # expanduser: a ~ that no shell has expanded, as in a Dockerfile
        return absolute(Path(chosen).expanduser())
    return absolute(Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "metahebb")


def _write(source: str) -> Path:
    import llvmlite.binding as llvm
    import numba

    features = llvm.get_host_cpu_features().flatten()
    identity = "\n".join((source, numba.__version__, llvm.get_host_cpu_name(), features))
    digest = hashlib.sha256(identity.encode()).hexdigest()[:24]
    try:
        return _place(cache_folder() / "kernels" / digest / "kernel.py", source)
    except (OSError, RuntimeError):  # RuntimeError: a user without a home
        # A home that cannot be written (containers): compile anew per machine start instead.
        return _place(_fallback_folder() / digest / "kernel.py", source)


def _fallback_folder() -> Path:
    """Return a folder of this user's alone, because what lies in a cache gets executed."""
    folder = Path(tempfile.gettempdir()) / f"metahebb-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    own = stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid()
    if own and not status.st_mode & 0o022:
        return folder
    return Path(tempfile.mkdtemp(prefix="metahebb-"))


def _place(path: Path, source: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != source:
        # Many workers may start at once: each writes its own file, the last rename wins.
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(source)
        os.replace(temporary, path)
    return path


def _import(path: Path) -> ModuleType:
    name = f"_metahebb_kernel_{path.parent.name}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.modules[name] = module  # afterwards: no other thread may see it half made
    return module
