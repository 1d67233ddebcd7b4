"""A folder that all machines of a cluster reach: where workers leave what other workers go on with.

It is a folder of a common disk, or one in a store that fsspec knows.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO

from nlpzero.engine.stores import file_system, is_url, joined, local_path, store_errors
from nlpzero.engine.temporary import disk_errors
from nlpzero.errors import StorageError


@dataclass(frozen=True)
class CommonStore:
    """Files under names of their own, written once, read in parts.

    Parameters
    ----------
    folder : str
        A path, or a URL.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = CommonStore(folder)
    ...     with store.write("run") as file:
    ...         _ = file.write(b"0123456789")
    ...     store.read("run", 2, 5)
    b'234'
    """

    folder: str

    @contextmanager
    def write(self, name: str) -> Iterator[IO[bytes]]:
        """A new file, open for writing."""
        place = joined(self.folder, name)
        if not is_url(place):
            with disk_errors(self.folder), open(place, "wb") as file:
                yield file
            return
        system, path = file_system(place)
        with store_errors(place), system.open(path, "wb") as stored:
            yield stored

    def read(self, name: str, start: int, stop: int) -> bytes:
        """Bytes from `start` to before `stop` of a file.

        Raises
        ------
        StorageError
            The file is gone, or shorter.
        """
        place = joined(self.folder, name)
        try:
            if is_url(place):
                system, path = file_system(place)
                data: bytes = system.cat_file(path, start=start, end=stop)
            else:
                with open(place, "rb") as file:
                    file.seek(start)
                    data = file.read(stop - start)
        except Exception as error:  # every file system has errors of its own
            raise StorageError(
                f"{place}: a temporary file of the cluster cannot be read: "
                f"{error or type(error).__name__}"
            ) from error
        if len(data) != stop - start:
            raise StorageError(f"{place}: a temporary file of the cluster is cut off")
        return data

    def remove(self, name: str) -> None:
        """Give the room back, if the file is still there."""
        place = joined(self.folder, name)
        with suppress(Exception):
            if is_url(place):
                system, path = file_system(place)
                system.rm_file(path)
            else:
                os.unlink(place)


@contextmanager
def folder_at(url: str, name: str) -> Iterator[str]:
    """A new folder in a store, which is gone with all in it when the block ends.

    Parameters
    ----------
    url : str
    name : str
        Of the folder.

    Yields
    ------
    str
        Its path, if the URL is a folder of this machine, else its URL.
    """
    place = joined(url, name)
    system, path = file_system(place)
    with store_errors(place):
        system.makedirs(path, exist_ok=True)
    try:
        yield local_path(place) or place
    finally:
        with suppress(Exception):
            system.rm(path, recursive=True)
