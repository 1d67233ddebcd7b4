"""``nlpzero demo``: a tour of the commands on texts that come with the program."""

import shlex
import subprocess
import sys
from pathlib import Path

import click

from .command import Command

# what is shown, at most so many lines of each, the quickest first
TOUR: list[tuple[str, str, str | None, int]] = [
    ("Cut a sentence into words.", "segment", "我爱北京天安门，5G手机的C++17文档很好。\n", 3),
    ("What do people buy together?", "rules transactions.csv --min-support 0.03 -q", None, 6),
    ("Find the words of a story, its invented ones too.", "discover --top 8 story.txt", None, 9),
    ("Those that are new.", "discover --new --format jieba --top 6 story.txt -q", None, 6),
    ("Cut the story by what it says itself.", "segment story.txt -q", None, 3),
    ("Why is it a word?", "explain 潮铃 story.txt --contexts 2", None, 12),
]


def samples() -> Path:
    """Where the texts are: beside the installed program, or in a checkout."""
    here = Path(__file__).resolve().parent
    beside = here / "samples"
    return beside if beside.is_dir() else here.parent / "data" / "samples"


@click.command(cls=Command)
def demo() -> None:
    """Show what the commands do, on sample texts that come with the program.

    Each command is printed and then really run; the first use compiles, and says so.

    \b
    Example:
      nlpzero demo
    """
    folder = samples()
    if not (folder / "story.txt").is_file():
        raise click.ClickException(f"{folder}: the sample texts are not there; reinstall nlpzero.")
    for title, command, given, most in TOUR:
        begin = f"echo {given.rstrip()} | " if given else ""
        click.echo(f"# {title}\n$ {begin}nlpzero {command}")
        sys.stdout.flush()
        done = subprocess.run(
            [sys.executable, "-m", "nlpzero_cli", *shlex.split(command)],
            cwd=folder,
            input=(given or "").encode(),
            stdout=subprocess.PIPE,
            check=False,
        )
        if done.returncode:
            raise click.exceptions.Exit(1)
        lines = done.stdout.decode("utf-8").splitlines()
        click.echo("\n".join(lines[:most]))
        if len(lines) > most:
            click.echo(f"… {len(lines) - most} more lines")
        click.echo()
    click.echo(f"The texts are in {folder}\nWhat else there is: nlpzero help")
