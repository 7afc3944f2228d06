"""Checks of the files that Ray writes on this machine: a token, and a folder with sockets.

Ray notices late that it cannot write its files, and then raises a traceback. These checks run
before Ray starts. This module does not import Ray.
"""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from pathlib import Path

from metahebb.errors import InputError

_SOCKET_BYTES = 107
"""The largest number of bytes that Linux allows in the path of a socket."""
_SOCKET = "/ray/session_2000-01-01_00-00-00_000000_{pid}/sockets/plasma_store"
"""The longest path of a socket below the temporary folder; Ray fills in the time."""
_CHOOSE = "name another folder: export RAY_TMPDIR=/short/path"


def check_temporary_folder() -> None:
    """Raise InputError if Ray could not keep its session in the temporary folder.

    The folder is ``$RAY_TMPDIR``, else ``$TMPDIR``, else ``/tmp``. Ray makes a folder ``ray``
    there, which it shares with all users who may write to it.
    """
    name = next((name for name in ("RAY_TMPDIR", "TMPDIR") if name in os.environ), None)
    path = os.environ[name] if name else "/tmp"
    where = f"{name}={path}" if name else path
    if not path.isascii():
        raise InputError(f"expected ASCII in the path of Ray's files, got {where}; {_CHOOSE}")
    if not path.startswith("/"):
        raise InputError(f"expected an absolute path of Ray's files, got {where!r}; {_CHOOSE}")
    most = _SOCKET_BYTES - len(_SOCKET.format(pid=os.getpid()))
    if len(path) > most:
        raise InputError(
            f"expected at most {most} bytes in the path of Ray's files, since sockets lie below "
            f"it, got {len(path)} ({where}); {_CHOOSE}"
        )
    folder = Path(path, "ray")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder):
            pass
    except OSError as error:
        raise InputError(
            f"expected to write Ray's files to {folder}, got {error.strerror!r}; {_CHOOSE}"
        ) from None


def check_token() -> None:
    """Raise InputError if Ray can neither read a token nor write one to the home folder."""
    if _is_token_given() or os.environ.get("RAY_AUTH_MODE", "").lower() != "token":
        return
    try:
        token = _token_path()
        token.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        can_read = token.exists() and os.access(token, os.R_OK)
        if not can_read and not os.access(token.parent, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except (OSError, RuntimeError) as error:  # RuntimeError: a user without a home
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"expected a home in which Ray can keep its token (.ray/auth_token), got {reason!r} "
            f"(HOME={os.environ.get('HOME', '')}); name a folder of your own: export HOME=/path"
        ) from None


def close_token() -> None:
    """Make the file with Ray's token readable for its owner only, since Ray may have not."""
    try:
        token = _token_path()
    except RuntimeError:  # a user without a home
        return
    for path, mode in ((token, 0o600), (token.parent, 0o700)):
        if path == token.parent and os.environ.get("RAY_AUTH_TOKEN_PATH"):
            return  # the user chose this folder
        try:
            status = path.stat()
        except OSError:  # not there yet, or in another user's home
            continue
        now = stat.S_IMODE(status.st_mode)
        # The secret of a container is closed to others, and cannot be changed.
        if status.st_uid == os.getuid() and now & ~mode:
            path.chmod(now & mode)


def _is_token_given() -> bool:
    return bool(os.environ.get("RAY_AUTH_TOKEN") or os.environ.get("RAY_AUTH_TOKEN_PATH"))


def _token_path() -> Path:
    path = os.environ.get("RAY_AUTH_TOKEN_PATH")
    return Path(path) if path else Path.home() / ".ray" / "auth_token"
