"""Options made from the configurations of the library's methods: one description, one default, one
check.
"""

import functools
import re
from collections.abc import Callable, Container, Mapping
from dataclasses import MISSING, Field, fields
from typing import Any, TypeVar

import click

from .command import Option
from .options import Numbers, Size

F = TypeVar("F", bound=Callable[..., Any])


def config_options(
    configs: Mapping[str, Callable[[], type]] | Mapping[str, type],
    *,
    default: str | Callable[[Mapping[str, Any]], str] | None = None,
    default_help: str = "",
    instead: Mapping[tuple[str, str], str] | None = None,
    parameter: str = "method",
    help: str = "",
    skip: tuple[str, ...] = (),
    always: bool = False,
) -> Callable[[F], F]:
    """``--method`` and the options of all methods.

    The command receives ``method``, a configuration.

    Parameters
    ----------
    configs : mapping of str to configuration class
        Name of the method on the command line -> its configuration. With one entry there is no
        ``--method``, unless `always`.
    default : str or callable, optional
        The method when none is named, or a function that chooses it by the other parameters of the
        command; default the first one.
    default_help : str
        How a function chooses, for the help.
    instead : mapping of (parameter, method) to parameter, optional
        What a method has instead of a parameter of another one, for the message that refuses it.
    parameter : str
        Name of the option that chooses, and of the command's parameter.
    help : str
        Of that option.
    skip : tuple of str
        Fields that the command makes options of itself; it sets them with ``dataclasses.replace``.
    always : bool
        Offer the choice even if there is one method only: others may come.

    Notes
    -----
    A field that several methods have is one option. An option that was given but belongs to another
    method is refused; one that was not given takes the configuration's own default.
    """
    classes: dict[str, Any] = dict(configs)
    chosen = always or len(classes) > 1
    first = default if isinstance(default, str) else next(iter(classes))
    choose = default if callable(default) else None
    owners: dict[str, list[str]] = {}
    found: dict[str, Field[Any]] = {}
    defaults: dict[str, dict[str, Any]] = {}
    for method, config in classes.items():
        for f in fields(config):
            if "help" in f.metadata and f.name not in skip:
                owners.setdefault(f.name, []).append(method)
                found.setdefault(f.name, f)
                defaults.setdefault(f.name, {})[method] = f.default

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def run(*args: Any, **given: Any) -> Any:
            context = click.get_current_context()
            method = given.pop(parameter) if chosen else first
            if method is None:
                assert choose is not None
                method = choose(given)
            values = {}
            for name, methods in owners.items():
                value = given.pop(name)
                source = context.get_parameter_source(name)
                if source is None or source.name in ("DEFAULT", "DEFAULT_MAP"):
                    continue
                if method not in methods:
                    other = (instead or {}).get((name, method))
                    raise click.UsageError(
                        f"--{name.replace('_', '-')} belongs to --{parameter.replace('_', '-')} "
                        f"{' and '.join(methods)}, not to {method}"
                        + (f", which has --{other.replace('_', '-')}." if other else ".")
                    )
                values[name] = value
            try:
                config = classes[method](**values)
            except (ValueError, TypeError) as error:
                raise click.UsageError(in_options(str(error), found)) from error
            return function(*args, **{parameter: config}, **given)

        command: Any = run
        for name in reversed(found):
            shown = owners[name] if len(classes) > 1 and len(owners[name]) < len(classes) else []
            command = _option(name, found[name], shown, defaults[name])(command)
        if chosen:
            command = click.option(
                f"--{parameter.replace('_', '-')}",
                type=click.Choice(list(classes)),
                default=None if choose else first,
                show_default=default_help or True,
                help=help,
            )(command)
        return command

    return decorate


def in_options(message: str, names: Container[str]) -> str:
    """An error of the library in the words of the command line: `min_count` is --min-count."""
    return re.sub(
        r"`(\w+)`",
        lambda m: f"--{m[1].replace('_', '-')}" if m[1] in names else m[0],
        message,
    )


def _option(
    name: str, f: "Field[Any]", owners: list[str], defaults: Mapping[str, Any]
) -> Callable[[F], F]:
    default = None if f.default is MISSING else f.default
    meta = f.metadata
    text = meta["help"]
    # without owners, it is one of all methods
    more: dict[str, Any] = {"help": text, "cls": Option}
    if owners:
        more["group"] = f"Method {' and '.join(owners)}"
    option = f"--{name.replace('_', '-')}"
    if isinstance(default, bool):
        return click.option(option, is_flag=True, default=default, **more)
    kind: Any
    if meta["choices"]:
        kind = click.Choice(meta["choices"])
    elif meta["kind"] == "size":
        kind = Size()
    elif isinstance(default, tuple):
        kind = Numbers()
    else:
        kind = _number(str(f.type), meta)
    shown: Any = _shown(default)
    if len(set(defaults.values())) > 1:
        parts = ((method, value, _shown(value)) for method, value in defaults.items())
        shown = ", ".join(
            f"{text if isinstance(text, str) else value} for {method}"
            for method, value, text in parts
        )
    return click.option(option, type=kind, default=default, show_default=shown, **more)


def _number(annotation: str, limits: Mapping[str, Any]) -> Any:
    least, above, most = limits["least"], limits["above"], limits["most"]
    if "float" in annotation:
        if least is above is most is None:
            return float
        return click.FloatRange(least if above is None else above, most, min_open=above is not None)
    if "int" in annotation:
        return int if least is most is None else click.IntRange(least, most)
    return str


def _shown(default: Any) -> str | bool:
    """What ``show_default`` takes; True shows the value itself."""
    if isinstance(default, tuple):
        return ",".join(f"{x:g}" for x in default)
    return default is not None
