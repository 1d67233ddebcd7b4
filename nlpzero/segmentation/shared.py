"""One segmenter for all workers: threads share it, processes open its file once, clusters get a
copy.
"""

import os
from functools import lru_cache
from typing import Any, NamedTuple

from nlpzero.engine.passes import Passes
from nlpzero.engine.temporary import PathLike
from nlpzero.errors import StorageError
from nlpzero.segmentation.base import Numbers, Segmenter
from nlpzero.segmentation.loading import load_segmenter


def shared_model(path: PathLike, numbers: Numbers | None = None) -> Segmenter:
    """The segmenter of a model file, opened once in this process, however often it is asked for.

    Parameters
    ----------
    path : path
        A file that has changed since (by its time and its size) is opened again.
    numbers : {"learned", "date", "split"}, optional
        Replace the convention for numbers that the file names.

    Returns
    -------
    Segmenter

    Raises
    ------
    StorageError
        As :func:`nlpzero.load_segmenter`.
    """
    place = os.path.abspath(path)
    try:
        state = os.stat(place)
    except OSError as error:
        raise StorageError(f"{place}: cannot be read: {error.strerror}") from error
    return _loaded(place, numbers, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=1)
def _loaded(path: str, numbers: Numbers | None, time: int, size: int) -> Segmenter:
    return load_segmenter(path, numbers=numbers)


class SharedModel(NamedTuple):
    """A segmenter as processes of this machine are handed it.

    path : str
    numbers : {"learned", "date", "split"}
    """

    path: str
    numbers: Numbers


def for_workers(segmenter: Segmenter, passes: Passes[Any]) -> Segmenter | SharedModel:
    """A segmenter as the workers of some passes are best handed it; they call :func:`opened`.

    Parameters
    ----------
    segmenter : Segmenter
    passes : Passes
        The model file is written to their folder, where processes need it.

    Returns
    -------
    Segmenter or SharedModel
        Picklable.
    """
    if passes.single or passes.threads or not passes.here:
        return segmenter
    path = passes.folder / "segmenter.nz"
    segmenter.save(path)
    return SharedModel(os.fspath(path), segmenter.numbers)


def opened(shared: Segmenter | SharedModel) -> Segmenter:
    """The segmenter that :func:`for_workers` handed over."""
    if isinstance(shared, SharedModel):
        return shared_model(shared.path, shared.numbers)
    return shared
