"""Files and folders that do not outlive the process that made them, and outputs that appear
complete or not at all.

Each has the number of its process and the time in its name, and is locked until it is removed.
Whatever way a process ends, the system lets go of its locks: so the next run in the same folder
knows what nobody needs any more, and removes it. Nothing is reclaimed where there are no locks
(Windows, some network file systems).
"""

import errno
import os
import re
import stat
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

from nlpzero.engine.stores import is_url, local_path, store_output
from nlpzero.errors import NlpzeroError, ResourceError

PathLike = str | os.PathLike[str]

_OWN = r"nlpzero-\d+-\d{8}T\d{6}-[0-9a-f]{8}"
_NAME = rf"{_OWN}|\.{_OWN}\.part"
_TRIES = 100
_COPY_BYTES = 1 << 22
_BINARY = getattr(os, "O_BINARY", 0)

# What this process has made and not removed yet, with the descriptors that hold the locks. Only a
# process that is about to end itself asks for all of it: `remove_all`.
_own: dict[str, int | None] = {}


@contextmanager
def disk_errors(folder: PathLike) -> Iterator[None]:
    """Turn a full disk into one clear error that names the folder."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            what = "a file grew too large" if error.errno == errno.EFBIG else "the disk is full"
            raise ResourceError(
                f"{os.fspath(folder)}: {what}; free some space or name another folder "
                "(--tmpdir for temporary files, -o for the result)"
            ) from error
        raise


# --- whose they are -------------------------------------------------------------------------------


def _new_name(form: str) -> str:
    made = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
    return form.format(f"nlpzero-{os.getpid()}-{made}-{os.urandom(4).hex()}")


def _lock(descriptor: int) -> bool:
    """Hold a lock, where there are locks; False if somebody else holds it, or has just removed the
    file as one that was left behind.
    """
    if fcntl is None:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in (errno.EWOULDBLOCK, errno.EACCES)
    return os.fstat(descriptor).st_nlink > 0


def _make_folder(parent: str) -> str:
    for _ in range(_TRIES):
        name = os.path.join(parent, _new_name("{}"))
        os.mkdir(name, 0o700)
        if fcntl is None:
            _own[name] = None
            return name
        with suppress(OSError):  # gone again
            descriptor = os.open(name, os.O_RDONLY)
            if _lock(descriptor):
                _own[name] = descriptor
                return name
            os.close(descriptor)
    raise OSError(errno.EEXIST, "No usable temporary name", parent)


def _make_file(parent: str, mode: int) -> tuple[int, str]:
    flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | _BINARY
    for _ in range(_TRIES):
        name = os.path.join(parent, _new_name(".{}.part"))
        descriptor = os.open(name, flags, mode)
        if _lock(descriptor):
            # one more hold on the same lock: it lasts until the file has its own name
            _own[name] = None if fcntl is None else os.dup(descriptor)
            return descriptor, name
        os.close(descriptor)
    raise OSError(errno.EEXIST, "No usable temporary name", parent)


def _remove_tree(name: str) -> None:
    import shutil  # it brings all ways of compressing with it

    shutil.rmtree(name, ignore_errors=True)


def _system_folder() -> str:
    import tempfile  # not needed by most runs

    return tempfile.gettempdir()


def _remove(name: str) -> None:
    """Remove what this process made, if it is still there, and let go of its lock."""
    if os.path.isdir(name):
        _remove_tree(name)
    else:
        with suppress(OSError):
            os.unlink(name)
    descriptor = _own.pop(name, None)
    if descriptor is not None:
        with suppress(OSError):
            os.close(descriptor)


def remove_all() -> None:
    """Remove all temporary files and folders of this process, which is about to end."""
    for _ in range(3):  # another thread may just have made one more file
        for name in list(_own):
            if os.path.lexists(name):
                _remove_tree(name)
                with suppress(OSError):
                    os.unlink(name)


def reclaim(folder: PathLike) -> None:
    """Remove what processes that are dead left in a folder.

    Parameters
    ----------
    folder : path
        What it holds of others, of living processes, or of other users is left alone.
    """
    if fcntl is None:
        return
    with suppress(OSError), os.scandir(folder) as entries:
        names = [entry.path for entry in entries if re.fullmatch(_NAME, entry.name)]
        for name in names:
            _reclaim(name)


def reclaim_in(tmpdir: PathLike | None) -> None:
    """Remove what processes that are dead left where temporary files are kept.

    Parameters
    ----------
    tmpdir : path or None
        None: the system's folder.
    """
    with suppress(OSError):
        reclaim(_system_folder() if tmpdir is None else tmpdir)


def _reclaim(name: str) -> None:
    with suppress(OSError):
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            status = os.fstat(descriptor)
            if status.st_uid != os.getuid():
                return
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if stat.S_ISDIR(status.st_mode):
                _remove_tree(name)
            else:
                os.unlink(name)
        finally:
            os.close(descriptor)


# --- folders --------------------------------------------------------------------------------------


class KeptFolder:
    """A temporary folder of a result: gone with :meth:`cleanup`, with the object, or with the
    interpreter.

    Parameters
    ----------
    tmpdir : path, optional
        Where to make it; by default where the system keeps temporary files.

    Attributes
    ----------
    path : Path

    Raises
    ------
    NlpzeroError
        No folder can be made there.
    """

    def __init__(self, tmpdir: PathLike | None = None) -> None:
        try:
            parent = os.path.abspath(_system_folder() if tmpdir is None else tmpdir)
            if not os.path.isdir(parent):
                raise NlpzeroError(f"{os.fspath(parent)}: no such folder for temporary files")
            reclaim(parent)
            with disk_errors(parent):
                name = _make_folder(parent)
        except OSError as error:
            place = "for temporary files" if tmpdir is None else os.fspath(tmpdir)
            raise ResourceError(
                f"{place}: no folder can be made: {error.strerror}; name another folder (--tmpdir)"
            ) from error
        self.path = Path(name)
        self.cleanup = weakref.finalize(self, _remove, name)


@contextmanager
def scratch_folder(tmpdir: PathLike | None = None) -> Iterator[Path]:
    """A temporary folder that is gone when the block ends, however it ends.

    Parameters
    ----------
    tmpdir : path, optional
        Where to make it; by default where the system keeps temporary files.
    """
    folder = KeptFolder(tmpdir)
    try:
        with disk_errors(folder.path.parent):
            yield folder.path
    finally:
        folder.cleanup()


# --- outputs --------------------------------------------------------------------------------------


@contextmanager
def atomic_output(path: PathLike) -> Iterator[IO[bytes]]:
    """Open a binary file that appears under its name only when the block ends without an error.

    Parameters
    ----------
    path : path
        A URL is written by fsspec, under another name beside it that it is then moved from. In a
        folder of this machine an existing file is replaced, and its permissions are kept; so is its
        owner, where that is allowed. A symbolic link stays, and its file is replaced. A file with
        several names (hard links) is filled when all is ready, so that it keeps them; only a
        process that is killed in that moment leaves it half written. The temporary file lies in the
        same folder.

    Yields
    ------
    binary file, open for writing

    Raises
    ------
    NlpzeroError
        The folder does not exist or cannot be written.
    ResourceError
        The disk is full; nothing is left behind.
    """
    if is_url(path):
        local = local_path(os.fspath(path))
        if local is None:
            with store_output(os.fspath(path)) as stored:
                yield stored
            return
        path = local
    target = Path(path)
    try:
        before = target.stat()
    except FileNotFoundError:
        before = None
    except (OSError, ValueError) as error:  # a loop of links; a NUL character in the name
        reason = getattr(error, "strerror", None) or error
        raise NlpzeroError(f"{target}: cannot be written: {reason}") from error
    if before is not None and not stat.S_ISREG(before.st_mode):
        # /dev/stdout, a named pipe: nothing to rename onto
        if stat.S_ISDIR(before.st_mode):
            raise NlpzeroError(f"{target}: is a folder; name a file to write")
        with disk_errors(target.parent), open(target, "wb") as special:
            yield special
        return
    if target.is_symlink():  # the link stays, and /dev/stdout may lead to a file
        target = Path(os.path.realpath(target))
    folder = os.path.abspath(target.parent)
    try:
        reclaim(folder)
        # nobody reads a private file before it has its permissions
        descriptor, name = _make_file(folder, 0o666 if before is None else 0o600)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            with disk_errors(folder):
                raise
        raise NlpzeroError(f"{target}: cannot be written: {error.strerror}") from error
    try:
        with disk_errors(target.parent):
            with os.fdopen(descriptor, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            if before is not None and before.st_nlink > 1:
                _fill(target, name)
            else:
                if before is not None:
                    _permit(name, before)
                os.replace(name, target)
    finally:
        _remove(name)


def _permit(name: str, like: os.stat_result) -> None:
    """Give a file the owner and the permissions of another, as far as is allowed."""
    now = os.stat(name)
    if hasattr(os, "chown") and (now.st_uid, now.st_gid) != (like.st_uid, like.st_gid):
        with suppress(OSError):
            os.chown(name, like.st_uid, like.st_gid)
    os.chmod(name, stat.S_IMODE(like.st_mode))


def _fill(target: Path, name: str) -> None:
    """Put the content of one file into another, all of it even if a signal comes meanwhile."""
    interruption: BaseException | None = None
    with open(name, "rb") as ready, open(target, "r+b") as file:
        size, before = os.path.getsize(name), os.path.getsize(target)
        if size > before and hasattr(os, "posix_fallocate"):
            try:
                os.posix_fallocate(file.fileno(), 0, size)  # there is room, or nothing is changed
            except OSError as error:
                os.truncate(file.fileno(), before)
                if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP):
                    raise
        done = False
        while not done:
            try:
                ready.seek(0)
                file.seek(0)
                while block := ready.read(_COPY_BYTES):
                    file.write(block)
                file.truncate(size)
                file.flush()
                os.fsync(file.fileno())
                done = True
            except (KeyboardInterrupt, SystemExit) as error:
                interruption = error
    if interruption is not None:
        raise interruption
