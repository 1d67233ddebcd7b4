"""A Dask cluster as an executor that sends what all calls need once, not with every call."""

from concurrent.futures import Executor, Future
from typing import Any


class DaskExecutor(Executor):
    """Runs work on the workers of a Dask cluster; for ``Resources(executor=...)``.

    The executor of ``Client.get_executor`` does the same, but sends a model with every piece of
    the text. Here the scheduler gets it once, and each worker takes one copy, from another worker
    where one has it already. It is made again if the worker that holds it is lost.

    Parameters
    ----------
    client : distributed.Client
        It is not closed with the executor.
    store : str, optional
        Path or URL of a folder that all workers and this machine reach: there workers leave sorted
        runs, and merge them. Default: the folder for temporary files of the run, if all of them
        see it; else this machine merges.

    Notes
    -----
    With a cluster at hand::

        with distributed.Client("tcp://127.0.0.1:8786") as client:
            resources = Resources(executor=DaskExecutor(client))
            segment_corpus(text, segmenter, out, resources=resources)
    """

    def __init__(self, client: Any, *, store: str | None = None) -> None:
        self._client = client
        self.store = store
        self._pool = client.get_executor(pure=False)

    @property
    def workers(self) -> int:
        """Calls that the cluster runs side by side now, at least 1."""
        return max(1, sum(self._client.nthreads().values()))

    def submit(self, function: Any, /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """Run a call on some worker."""
        future: Future[Any] = self._pool.submit(function, *args, **kwargs)
        return future

    def share(self, value: Any) -> Any:
        """Hand a value to the cluster once.

        Parameters
        ----------
        value : picklable

        Returns
        -------
        distributed.Future
            To be given to :meth:`submit` in place of the value. The cluster keeps the value as
            long as this is held.

        Raises
        ------
        TypeError or pickle.PicklingError
            It cannot be sent.
        """
        from distributed.protocol.pickle import dumps

        # bytes, for inside other values Dask looks for calls and futures of its own
        return self._client.submit(_value_of, dumps(value), pure=False)

    def everywhere(self, function: Any, *args: Any) -> list[Any]:
        """What a function of a module returns on each machine of the cluster, process by process.

        Parameters
        ----------
        function : callable
        *args
            Picklable.
        """
        return list(self._client.run(function, *args).values())

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more calls; the cluster runs on."""
        self._pool.shutdown(wait=wait)


def _value_of(data: bytes) -> Any:
    # what the client sent, by Dask's own way of sending
    from distributed.protocol.pickle import loads

    return loads(data)
