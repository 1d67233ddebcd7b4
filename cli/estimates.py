"""``--dry-run``: what a long run will take, told instead of doing it."""

import dataclasses
import functools
import json
from typing import TYPE_CHECKING, Any

import click

from .options import Decorator, F, format_size
from .progress import note

if TYPE_CHECKING:
    from nlpzero.engine.estimates import Estimate


# seconds until a command reads its first text, when everything is compiled
_STARTING = 1.0


def dry_run() -> Decorator:
    """``--dry-run``, for commands that read files; nothing is kept from such a run."""

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def run(*args: Any, **given: Any) -> Any:
            if given["dry_run"]:
                inputs = given["inputs"]
                if not inputs or "-" in inputs:
                    raise click.UsageError(
                        "--dry-run needs files: how much standard input holds is not known "
                        "beforehand."
                    )
                given["checkpoint"] = None
            return function(*args, **given)

        command: Any = click.option(
            "--dry-run",
            is_flag=True,
            help="Do nothing but try a few MB of the text, and tell about what will be found, "
            "memory, disk and time with these options.",
        )(run)
        return command

    return decorate


def refuse_with_dry_run(dry_run: bool, **others: object) -> None:
    """Refuse options of which no estimate is made."""
    if not dry_run:
        return
    for name, value in others.items():
        if value:
            raise click.UsageError(
                f"--dry-run makes no estimate with --{name.replace('_', '-')}; leave one of them "
                "out."
            )


def write_estimate(estimate: "Estimate", format: str | None, *, quiet: bool) -> None:
    """An estimate on standard output: a table, or one JSON object for ``--format jsonl``."""
    estimate = dataclasses.replace(estimate, seconds=estimate.seconds + _STARTING)
    if format == "jsonl":
        facts = {
            "text": estimate.text,
            **{name.replace(" ", "_"): count for name, count in estimate.counts.items()},
            "memory": estimate.memory,
            "disk": estimate.disk,
            "output": estimate.output,
            "seconds": round(estimate.seconds, 1),
            "jobs": estimate.jobs,
        }
        click.echo(json.dumps(facts))
    else:
        for line in _rows(estimate):
            click.echo(line)
    note(
        f"an estimate from {format_size(estimate.sampled)} of the text; nothing was written",
        quiet=quiet,
    )


def _rows(estimate: "Estimate") -> list[str]:
    jobs = "1 job" if estimate.jobs == 1 else f"{estimate.jobs} jobs"
    rows = [
        ("text", format_size(estimate.text)),
        *((name, f"{_rounded(count):,}") for name, count in estimate.counts.items()),
        ("memory", format_size(_rounded(estimate.memory))),
        ("temporary files", format_size(_rounded(estimate.disk))),
        ("output", format_size(_rounded(estimate.output))),
        ("time", f"{_time(estimate.seconds)} with {jobs}"),
    ]
    width = max(len(name) for name, _ in rows)
    return [f"{name:<{width}}  {value}" for name, value in rows]


def _rounded(number: int) -> int:
    """Two digits: more would promise too much."""
    return int(float(f"{number:.2g}"))


def _time(seconds: float) -> str:
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.2g} {unit}"
    return f"{max(1, round(seconds))} s"
