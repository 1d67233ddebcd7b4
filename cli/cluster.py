"""``--executor dask --scheduler tcp://HOST:PORT``: the same work on the workers of a Dask cluster.

Nothing of the cluster is home-made: the library takes any ``concurrent.futures.Executor``, and
``distributed.Client`` gives one that starts lost work again on other workers.
"""

import functools
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

import nlpzero

from .options import Decorator, F

if TYPE_CHECKING:
    from concurrent.futures import Executor

_SECONDS_TO_CONNECT = 15
_ADDRESS = r"(?:(?:tcp|tls|ucx|ws|wss)://)?(\[[^]]+\]|[^:/]+):(\d+)/?"


def cluster(check: Callable[[dict[str, Any]], object] | None = None) -> Decorator:
    """Add ``--executor``, ``--scheduler`` and ``--store``; the command receives ``executor``, an
    Executor or None.

    `check` sees the other options before a cluster is asked, to refuse one of no use.
    """

    def decorate(function: F) -> F:
        @click.option(
            "--executor",
            type=click.Choice(["processes", "dask"]),
            default="processes",
            show_default=True,
            help="What runs the work: processes of this machine, or a Dask cluster.",
        )
        @click.option(
            "--scheduler",
            metavar="ADDRESS",
            help="Where the Dask scheduler listens, such as tcp://HOST:8786.",
        )
        @click.option(
            "--store",
            metavar="URL",
            help="Folder, or URL of one, that this machine and all of the cluster reach: there "
            "workers leave what they count and merge it.  [default: --tmpdir, if all of them see "
            "it; else this machine merges]",
        )
        @functools.wraps(function)
        def run(
            *args: Any, executor: str, scheduler: str | None, store: str | None, **options: Any
        ) -> Any:
            if (executor == "dask") != (scheduler is not None):
                raise click.UsageError(
                    "--executor dask and --scheduler ADDRESS belong together; give both or none."
                )
            if store is not None and scheduler is None:
                raise click.UsageError("--store is for a cluster; give --executor dask too.")
            if scheduler is None:
                return function(*args, executor=None, **options)
            if check is not None:
                check(options)
            if not re.fullmatch(_ADDRESS, scheduler):
                raise click.BadParameter(
                    f"{scheduler!r} is not the address of a Dask scheduler; "
                    "it looks like tcp://HOST:8786.",
                    param_hint="--scheduler",
                )
            with dask_executor(scheduler, store) as pool:
                return function(*args, executor=pool, **options)

        return run  # type: ignore[return-value]

    return decorate


@contextmanager
def dask_executor(scheduler: str, store: str | None = None) -> Iterator["Executor"]:
    """An executor on the workers of a running Dask cluster.

    Parameters
    ----------
    scheduler : str
        Address, such as ``tcp://127.0.0.1:8786``.
    store : str, optional
        Path or URL of a folder that all machines reach.
    """
    try:
        from distributed import Client
    except ImportError:
        raise nlpzero.NlpzeroError(
            "--executor dask needs a package more; run: pip install 'nlpzero[dask]'"
        ) from None
    import logging
    import socket
    import warnings

    import dask

    # what its connections go through is not for the user of a command; errors arrive as exceptions
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] == "distributed":
            logging.getLogger(name).setLevel(logging.CRITICAL)
    quiet = dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 TiB"})
    with quiet, warnings.catch_warnings():
        # of graphs, versions and ports: for those who run the cluster, who read its logs
        warnings.filterwarnings("ignore", module=r"(dask|distributed)\b")
        match = re.fullmatch(_ADDRESS, scheduler)
        try:
            if match is not None:
                # a client that cannot connect retries for long and takes its leave noisily: try the
                # door first
                place = (match[1].strip("[]"), int(match[2]))
                socket.create_connection(place, timeout=_SECONDS_TO_CONNECT).close()
            client = Client(scheduler, timeout=_SECONDS_TO_CONNECT, set_as_default=False)
        except (OSError, ValueError) as error:
            raise nlpzero.NlpzeroError(
                f"no Dask scheduler answers at {scheduler} ({error}); "
                "start one with: dask scheduler"
            ) from error
        try:
            if not client.nthreads():
                raise nlpzero.NlpzeroError(
                    f"the Dask scheduler at {scheduler} has no workers; "
                    f"start some with: dask worker {scheduler}"
                )
            yield nlpzero.DaskExecutor(client, store=store)
        finally:
            client.close(timeout=2)
