"""The command group, and the one place where errors become messages and exit codes.

Exit codes: 0 done, 1 failed (bad data, a missing file, a full disk), 2 misused, 130 interrupted
with Ctrl-C, 143 and 129 ended by SIGTERM and SIGHUP.
"""

import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import click

import nlpzero

from . import signals
from .about import unknown_command
from .start import drop, main

__all__ = ["main", "run"]  # `main`: scripts of 0.1.0 call it here

# command name -> (module in this package, attribute, one line for `nlpzero --help`)
# A module is imported only when its command is called, so that `nlpzero --help` stays instant;
# that is why the help lines stand here. They are shown in this order.
COMMANDS: dict[str, tuple[str, str, str]] = {
    "discover": ("discover", "discover", "Find the words of a text, with evidence."),
    "select": ("select", "select", "List what `discover` found by other thresholds, at once."),
    "explain": ("explain", "explain", "Show why a string is a word, or why not."),
    "train": ("train", "train", "Learn to segment from raw text, and write a model file."),
    "segment": ("segment", "segment", "Cut text into words."),
    "evaluate": ("evaluate", "evaluate", "Compare a segmentation with a reference."),
    "count": ("count", "count", "Count words: how often each occurs."),
    "compare": ("compare", "compare", "Find the words characteristic of one text against another."),
    "diff": ("diff", "diff", "Compare two word lists: what was added, is gone, changed."),
    "export": ("export", "export", "Write a word list, or vectors, for other programs."),
    "rules": ("rules", "rules", "Find association rules between items, or between words."),
    "recommend": ("recommend", "recommend", "Tell what goes with a basket, by rules, and why."),
    "templates": ("templates", "templates", "Find sentence templates."),
    "parse": ("parse", "parse", "Show sentences as nested templates."),
    "vectors": ("vectors", "vectors", "Learn vectors of words from text, and write a file."),
    "similar": ("similar", "similar", "Find the words nearest to a word, or to several."),
    "search": ("search", "search", "Find the sentences of a text nearest to a sentence."),
    "clusters": ("clusters", "clusters", "Group words, or sentences, that belong together."),
    "ngrams": ("ngrams", "ngrams", "Count n-grams of characters."),
    "merge": ("ngrams", "merge", "Add up counts of n-grams or words."),
    "info": ("info", "info", "Tell what a model or a file of counts holds."),
    "demo": ("demo", "demo", "Show what the commands do, on texts that come along."),
    "warmup": ("warmup", "warmup", "Compile what the commands need, ahead of their first use."),
    "help": ("about", "help_", "Explain a command, or list them all."),
    "version": ("about", "version", "Tell the version."),
}


class _Stop(Exception):
    """Leave quietly with an exit code; click lets it pass, unlike what it stands for."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Take Ctrl-C and a closed pipe away from click, which has its own, louder ways with them."""
    try:
        yield
    except KeyboardInterrupt:
        raise _Stop(130) from None
    except BrokenPipeError:
        raise _Stop(0) from None


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one only to run it."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-") and not ctx.resilient_parsing:
            raise click.UsageError(unknown_command(name), ctx)
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(f".{module}", __package__), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if COMMANDS:
            with formatter.section("Commands"):
                formatter.write_dl([(name, entry[2]) for name, entry in COMMANDS.items()])

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        with _quietly():  # --help and --version are printed here
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        with _quietly():
            return super().invoke(ctx)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Every command explains itself: nlpzero help COMMAND",
)
@click.version_option(nlpzero.__version__, "-V", "--version", prog_name="nlpzero")
def group() -> None:
    """Unsupervised Chinese NLP from raw text.

    Results go to standard output, everything else to standard error. Text is read and written as
    UTF-8 unless --encoding says otherwise. "-" stands for standard input.
    """


def _drop_output() -> None:
    with contextlib.suppress(OSError, ValueError):
        drop(sys.stdout.fileno())


def _complain(message: str) -> None:
    if signals.received() is not None:
        return  # whatever it is, it comes of ending
    with contextlib.suppress(OSError):
        click.echo(f"Error: {message}", err=True)


def _describe(error: OSError) -> str:
    """One line about an operating system error that no command foresaw."""
    name = os.fsdecode(error.filename) if isinstance(error.filename, (str, bytes)) else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        where = f" while writing {name}" if name else ""
        return (
            f"the disk is full{where}; free some space, or choose another folder for the output or "
            "--tmpdir."
        )
    reason = error.strerror or str(error) or type(error).__name__
    return f"{name}: {reason}." if name else f"{reason}."


def run(args: list[str] | None = None) -> int:
    """Run one command line and return its exit code; nothing but a programming error is raised."""
    try:
        code = group.main(args, prog_name="nlpzero", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except _Stop as stop:
        _drop_output()
        return stop.code
    except click.ClickException as error:
        with contextlib.suppress(OSError):  # nobody can be told
            error.show()
        return error.exit_code
    except click.Abort:
        return 130
    except nlpzero.NlpzeroError as error:
        _complain(str(error))
        return 1
    except MemoryError:
        _complain(
            "not enough memory; give a smaller --memory or fewer --jobs, or let a smaller part of "
            "the text in."
        )
        return 1
    except RecursionError:
        _complain("something in the input is nested too deeply to be read.")
        return 1
    except BrokenPipeError:
        _drop_output()
        return 0
    except OSError as error:
        _drop_output()
        _complain(_describe(error))
        return 1
    except KeyboardInterrupt:
        return 130
