"""Outputs in places that fsspec knows: ``s3://bucket/name``, ``hdfs://host/name``, ``memory://name``.

Inputs are opened by ``text/files.py``.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any

from nlpzero.errors import NlpzeroError


def is_url(path: object) -> bool:
    """Whether an output is a URL rather than a path of this machine.

    Examples
    --------
    >>> is_url("s3://bucket/cut.txt"), is_url("cut.txt")
    (True, False)
    """
    return isinstance(path, str) and "://" in path


def file_system(url: str) -> tuple[Any, str]:
    """The file system of a URL, and the path there.

    Parameters
    ----------
    url : str
        Chains of fsspec too, such as ``dir://name::file:///folder``.

    Returns
    -------
    system : fsspec.AbstractFileSystem
    path : str

    Raises
    ------
    NlpzeroError
        fsspec, or the package for this kind of URL, is not there.
    """
    try:
        import fsspec
    except ImportError:
        raise NlpzeroError(
            f"{url}: writing to URLs needs a package more; run: pip install 'nlpzero[dask]'"
        ) from None
    with store_errors(url):
        system, path = fsspec.core.url_to_fs(url)
        return system, path


def local_path(url: str) -> str | None:
    """The path of a URL that is a file of this machine after all; None for others.

    Examples
    --------
    >>> local_path("file:///tmp/cut.txt")
    '/tmp/cut.txt'
    """
    return file_system(url)[1] if url.startswith(("file://", "local://")) else None


def joined(folder: str, name: str) -> str:
    """The path or URL of a file in a folder.

    Examples
    --------
    >>> joined("s3://bucket/parts/", "part-0"), joined("dir://parts::file:///tmp", "part-0")
    ('s3://bucket/parts/part-0', 'dir://parts/part-0::file:///tmp')
    """
    if not is_url(folder):
        return os.path.join(folder, name)
    head, chained, rest = folder.partition("::")
    if "://" not in head:  # the path belongs to the last of the chain
        return f"{folder.rstrip('/')}/{name}"
    return f"{head.rstrip('/')}/{name}{chained}{rest}"


@contextmanager
def store_errors(url: str) -> Iterator[None]:
    """Turn whatever a file system raises into an error that names the URL."""
    try:
        yield
    except NlpzeroError:
        raise
    except Exception as error:  # every file system has errors of its own
        raise NlpzeroError(f"{url}: cannot be written: {error or type(error).__name__}") from error


@contextmanager
def store_output(url: str) -> Iterator[IO[bytes]]:
    """Open a file of a store that appears under its name only when the block ends without an error.

    It is written under a name of its own in the same folder, and moved when it is complete. Stores
    that refuse to move onto a file have the old one removed first; object stores copy it, within
    the store.

    Parameters
    ----------
    url : str

    Yields
    ------
    binary file, open for writing

    Raises
    ------
    NlpzeroError
        It cannot be written.
    """
    system, path = file_system(url)
    folder, slash, _ = path.rpartition("/")
    temporary = f"{folder}{slash}.nlpzero-{os.urandom(8).hex()}.part"
    with store_errors(url):
        if system.isdir(path):
            raise NlpzeroError(f"{url}: is a folder; name a file to write")
        file = system.open(temporary, "wb")
    try:
        try:
            yield file
        except OSError as error:
            raise NlpzeroError(f"{url}: cannot be written: {error}") from error
        finally:
            with store_errors(url):
                file.close()
        with store_errors(url):
            _move(system, temporary, path)
    finally:
        with suppress(Exception):
            if system.exists(temporary):
                system.rm_file(temporary)


def _move(system: Any, temporary: str, path: str) -> None:
    try:
        system.mv(temporary, path)
    except Exception:
        if not system.exists(path):
            raise
        system.rm_file(path)
        system.mv(temporary, path)
