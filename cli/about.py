"""``nlpzero help`` and ``nlpzero version``, and which command a mistyped one may have meant."""

import click

import nlpzero

from .command import Command


def unknown_command(name: str) -> str:
    """What is said of a command that there is not."""
    near = _meant(name)
    hint = f"Did you mean {' or '.join(near)}?" if near else "`nlpzero help` lists the commands."
    return f"No such command {name!r}. {hint}"


def _meant(name: str) -> list[str]:
    from difflib import get_close_matches

    from .main import COMMANDS

    begin = [known for known in COMMANDS if known.startswith(name.lower())]
    return begin[:3] or get_close_matches(name.lower(), COMMANDS, n=2)


def _commands(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from .main import COMMANDS

    return [name for name in COMMANDS if name.startswith(incomplete)]


@click.command("help", cls=Command)
@click.argument("command", required=False, shell_complete=_commands)
@click.pass_context
def help_(ctx: click.Context, command: str | None) -> None:
    """Explain a command, or list them all.

    \b
    Examples:
      nlpzero help
      nlpzero help segment
    """
    assert ctx.parent is not None
    group = ctx.parent.command
    assert isinstance(group, click.Group)
    if command is None:
        click.echo(ctx.parent.get_help())
        return
    found = group.get_command(ctx.parent, command)
    if found is None:
        raise click.UsageError(unknown_command(command))
    # a context like that of `nlpzero COMMAND --help`
    with click.Context(
        found, parent=ctx.parent, info_name=command, **group.context_settings
    ) as other:
        click.echo(found.get_help(other))


@click.command(cls=Command)
def version() -> None:
    """Tell the version.

    \b
    Example:
      nlpzero version
    """
    click.echo(f"nlpzero, version {nlpzero.__version__}")
