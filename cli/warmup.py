"""``nlpzero warmup``: loops are compiled before anybody waits for them."""

import time

import click

from . import options
from .command import Command
from .compiling import moving
from .progress import note


@click.command(cls=Command)
@options.jobs()
@options.quiet()
def warmup(jobs: int, quiet: bool) -> None:
    """Compile what the commands need, once, for images and machines that test.

    The first use of a command compiles its loops, which takes some seconds; they are kept in the
    user's cache folder, or in NUMBA_CACHE_DIR. This compiles those of all common commands; what is
    there already stays.

    \b
    Examples:
      nlpzero warmup
      NUMBA_CACHE_DIR=/opt/nlpzero nlpzero warmup --jobs 4
    """
    from nlpzero.engine.compiling_ahead import compile_all  # it needs NumPy

    begun = time.perf_counter()
    note("compiling the loops of the common commands", quiet=quiet)
    compiled = ready = 0
    for compiled, ready in compile_all(jobs):
        if moving() and not quiet:
            click.echo(f"\r{compiled} compiled, {ready} there before ", err=True, nl=False)
    if moving() and not quiet:
        click.echo("\r" + " " * 60 + "\r", err=True, nl=False)
    seconds = time.perf_counter() - begun
    loops = "1 loop" if compiled == 1 else f"{compiled} loops"
    note(f"{loops} compiled in {seconds:.1f} s; {ready} were there before", quiet=quiet)
