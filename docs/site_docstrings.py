"""What docstrings say in ways that Griffe, which reads them for the reference, does not know."""

import re
from typing import Any

import griffe

_ROLE = re.compile(r":(?:attr|class|data|func|math|meth|mod):(?=`)")
_FIELD = re.compile(r"^\w+(?:, \w+)* : \S", re.MULTILINE)
_SECTION = re.compile(r"^ *-{4,}$", re.MULTILINE)


def plain(docstring: str, of_class: bool) -> str:
    """Roles of Sphinx become code, and fields that stand below a summary a section."""
    docstring = _ROLE.sub("", docstring)
    field = _FIELD.search(docstring)
    if of_class and field and not _SECTION.search(docstring):
        before, after = docstring[: field.start()], docstring[field.start() :]
        docstring = f"{before}Attributes\n----------\n{after}"
    return docstring


class Docstrings(griffe.Extension):
    def on_instance(self, *, obj: Any, **_: Any) -> None:
        if obj.docstring:
            obj.docstring.value = plain(obj.docstring.value, obj.is_class)
        value = getattr(obj, "value", None)  # of a dataclass: option(default, help, …)
        if isinstance(value, griffe.ExprCall) and str(value.function) == "option":
            obj.value = value.arguments[0]
