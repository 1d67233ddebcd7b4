"""Who may import whom, and how large things may grow.

The floors are read from docs/architecture.md: a package imports from the floors below its own, and
packages on one floor do not know each other. Imports inside functions, modules named by strings,
and imports for type checkers that point up are exceptions; each is named here with its reason, and
one that is gone must go here too.
"""

import ast
import inspect
import re
from collections import defaultdict
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

import nlpzero

ROOT = Path(__file__).resolve().parents[1]
ABOVE_ALL = {"nlpzero", "nlpzero.__main__"}  # the public names; `python -m nlpzero`

START = "what it needs is loaded when it is asked for: starting stays quick"
FILES = "a model file names the class that reads it"
MAKER = "a class method that makes the class from its maker; the maker imports the class"

# (who, whom): why not at the top of the module
WHEN_CALLED = {
    ("nlpzero.engine.config", "nlpzero.engine.resources"): START,
    ("nlpzero.engine.jit", "nlpzero.engine.compiling"): START,
    ("nlpzero.engine.compiling_ahead", "nlpzero.engine.compiling"): START,
    ("nlpzero.text.alphabet", "nlpzero.text.units"): START,
    ("nlpzero.text.alphabet", "nlpzero.text.point_kernels"): START,
    ("nlpzero.text.alphabet", "nlpzero.text.kept_tokens"): START,
    ("nlpzero.language_model.model", "nlpzero.language_model.arpa"): MAKER,
    ("nlpzero.language_model.model", "nlpzero.language_model.estimation"): MAKER,
    ("nlpzero.segmentation.loading", "nlpzero.learning.base_segmenter"): FILES,
    ("nlpzero.segmentation.loading", "nlpzero.learning.nvbe"): FILES,
    ("nlpzero.segmentation.loading", "nlpzero.learning.segmenter"): FILES,
    ("nlpzero.segmentation.loading", "nlpzero.segmentation.character_lm"): FILES,
    ("nlpzero.segmentation.loading", "nlpzero.segmentation.vocabulary"): FILES,
    ("nlpzero.segmentation.tokenizers", "nlpzero.segmentation.base"): START,
    ("nlpzero.segmentation.tokenizers", "nlpzero.segmentation.loading"): START,
    ("nlpzero.segmentation.tokenizers", "nlpzero.segmentation.pieces"): START,
    ("nlpzero.segmentation.tokenizers", "nlpzero.segmentation.shared"): START,
    ("nlpzero.segmentation.tokenizers", "nlpzero.text.characters"): START,
    ("nlpzero.segmentation.tokenizers", "nlpzero.text.units"): START,
    ("nlpzero.learning.training", "nlpzero.language_model.model"): START,
    ("nlpzero.learning.training", "nlpzero.learning.cotraining"): START,
    ("nlpzero.learning.training", "nlpzero.learning.nvbe"): START,
    ("nlpzero.learning.training", "nlpzero.ngrams.counting"): START,
    ("nlpzero.learning.training", "nlpzero.segmentation.character_lm"): START,
    ("nlpzero.discovery.discover", "nlpzero.learning.training"): START,
    ("nlpzero.discovery.result", "nlpzero.discovery.found_files"): MAKER,
    ("nlpzero.discovery.result", "nlpzero.discovery.reporting"): START,
    ("nlpzero.rules.rule_list", "nlpzero.rules.graphs"): START,
    ("nlpzero.rules.rule_list", "nlpzero.rules.reporting"): START,
    ("nlpzero.rules.rule_list", "nlpzero.rules.rule_files"): START,
    ("nlpzero.discovery.criteria", "nlpzero.learning.base_segmenter"): START,
    ("nlpzero.discovery.criteria", "nlpzero.segmentation.patterns"): START,
    ("nlpzero.words.keyness", "nlpzero.words.reporting"): START,
    ("nlpzero.words.counting", "nlpzero.ngrams.counting"): START,
    ("nlpzero.words.counting", "nlpzero.words.ngrams"): START,
    ("nlpzero.rules.reading", "nlpzero.engine.cluster"): START,
    ("nlpzero.rules.reading", "nlpzero.segmentation.tokenizers"): START,
    ("nlpzero.rules.reading", "nlpzero.rules.reading_on_workers"): START,
    ("nlpzero.rules.transactions", "nlpzero.rules.building"): MAKER,
    ("nlpzero.vectors.vector_files", "nlpzero.segmentation.loading"): START,
    ("nlpzero.vectors.vector_files", "nlpzero.segmentation.shared"): START,
    ("nlpzero.vectors.word_vectors", "nlpzero.vectors.placing"): START,
    ("nlpzero.vectors.word_vectors", "nlpzero.vectors.sentences"): START,
    ("nlpzero.templates.tree", "nlpzero.templates.drawing"): MAKER,
    ("nlpzero.templates.tree", "nlpzero.templates.tree_page"): MAKER,
}
# those of them that point up
UP_WHEN_CALLED = {
    ("nlpzero.segmentation.loading", "nlpzero.learning.base_segmenter"),
    ("nlpzero.segmentation.loading", "nlpzero.learning.nvbe"),
    ("nlpzero.segmentation.loading", "nlpzero.learning.segmenter"),
}
# (who, whom): why a type from above is named
TYPES_FROM_ABOVE = {}
# modules that commands use beside the public names of the library, when run
BESIDE_PUBLIC_NAMES = {
    "nlpzero.engine.compiling",  # the name of what it logs
    "nlpzero.engine.compiling_ahead",
    "nlpzero.engine.resources",
    "nlpzero.engine.showing",
    "nlpzero.engine.stores",
    "nlpzero.engine.temporary",
    "nlpzero.rules.rule_filter",
    "nlpzero.text.cells",
    "nlpzero.text.decoding",
    "nlpzero.text.compressed",
    "nlpzero.text.files",
}


class Import(NamedTuple):
    """One module of this project that another imports.

    who, whom : str
        Dotted names.
    kind : {"top", "called", "types"}
        At the top of the module; inside a function, or by a string; for type checkers only.
    """

    who: str
    whom: str
    kind: str


def module_files(folder: str, package: str) -> dict[str, Path]:
    """Dotted names of the modules below a folder, and where they are."""
    found = {}
    for path in sorted((ROOT / folder).rglob("*.py")):
        parts = [package, *path.relative_to(ROOT / folder).with_suffix("").parts]
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


LIBRARY = module_files("nlpzero", "nlpzero")
COMMANDS = module_files("cli", "nlpzero_cli")


def imports(who: str, path: Path) -> Iterator[Import]:
    """Everything of the library that a file imports, in whatever way."""

    def visit(node: ast.AST, kind: str) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                for alias in child.names:
                    yield from named(alias.name, kind)
            elif isinstance(child, ast.ImportFrom):
                assert not child.level or who.startswith("nlpzero_cli"), f"{who}: relative import"
                for alias in child.names:
                    # `from nlpzero.engine import storage` names a module, as
                    # `from nlpzero import Corpus` does not
                    whole = f"{child.module}.{alias.name}"
                    yield from named(whole if whole in LIBRARY else child.module or "", kind)
            elif isinstance(child, ast.Constant) and isinstance(child.value, str):
                if "." in child.value and child.value in LIBRARY:
                    yield from named(child.value, "called")
            elif isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                yield from visit(child, "called")
            elif isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
                yield from visit(child, "types")
            else:
                yield from visit(child, kind)

    def named(module: str, kind: str) -> Iterator[Import]:
        if module.partition(".")[0] == "nlpzero":
            assert module in LIBRARY, f"{who} imports {module}, which is no module"
            yield Import(who, module, kind)

    yield from visit(ast.parse(path.read_text(encoding="utf-8")), "top")


def floors() -> dict[str, int]:
    """Package -> floor, 0 being the lowest."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    (picture,) = re.findall(r"^```floors\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    lines = [line.split() for line in picture.splitlines()]
    found = {name: len(lines) - 1 - n for n, names in enumerate(lines) for name in names}
    assert len(found) == sum(map(len, lines)), "a package stands on two floors"
    return found


FLOORS = floors()
ALL = [found for who, path in LIBRARY.items() for found in imports(who, path)]


def room(module: str) -> str:
    return module.split(".")[1]


def may_import(who: str, whom: str) -> bool:
    """Whether it is in the same package or on a floor below."""
    return room(who) == room(whom) or FLOORS[room(whom)] < FLOORS[room(who)]


def test_every_package_is_on_a_floor() -> None:
    rooms = {room(name) for name in LIBRARY if name not in ABOVE_ALL}
    assert rooms | {"cli"} == set(FLOORS)
    assert FLOORS["errors"] == 0
    assert FLOORS["cli"] == max(FLOORS.values())


@pytest.mark.parametrize("who", sorted(set(LIBRARY) - ABOVE_ALL))
def test_imports_point_down(who: str) -> None:
    below = [found for found in ALL if found.who == who and found.kind == "top"]
    assert [found.whom for found in below if not may_import(who, found.whom)] == []


def test_nobody_imports_the_public_names() -> None:
    assert {found.who for found in ALL if found.whom in ABOVE_ALL} == set()


def test_imports_when_called_are_those_with_a_reason() -> None:
    called = {(found.who, found.whom) for found in ALL if found.kind == "called"}
    assert called - set(WHEN_CALLED) == set(), "import at the top, or say here why not"
    assert set(WHEN_CALLED) - called == set(), "these are gone"
    assert {pair for pair in called if not may_import(*pair)} == UP_WHEN_CALLED


def test_types_from_above_are_those_with_a_reason() -> None:
    types = {(found.who, found.whom) for found in ALL if found.kind == "types"}
    assert {pair for pair in types if not may_import(*pair)} == set(TYPES_FROM_ABOVE)


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph = defaultdict(set)
    for who, whom, kind in ALL:
        if kind == "top" or WHEN_CALLED.get((who, whom)) == START:
            graph[who].add(whom)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" <- ".join(error.args[1]))


@pytest.mark.parametrize("who", sorted(COMMANDS))
def test_commands_know_the_public_names(who: str) -> None:
    run = {found.whom for found in imports(who, COMMANDS[who]) if found.kind != "types"}
    assert run - {"nlpzero"} <= BESIDE_PUBLIC_NAMES


def test_the_exceptions_of_commands_are_in_use() -> None:
    run = {
        found.whom
        for who, path in COMMANDS.items()
        for found in imports(who, path)
        if found.kind != "types"
    }
    assert run - {"nlpzero"} == BESIDE_PUBLIC_NAMES


def test_the_checks_see_what_they_should(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text(
        "from typing import TYPE_CHECKING\n"
        "import nlpzero.errors\n"
        "from nlpzero.engine import storage\n"
        "if TYPE_CHECKING:\n"
        "    from nlpzero.words.table import WordCounts\n"
        "def late():\n"
        "    from nlpzero.rules.apriori import frequent_itemsets\n"
        "    return import_module('nlpzero.templates.tree')\n",
        encoding="utf-8",
    )
    assert [found[1:] for found in imports("nlpzero.text.new", path)] == [
        ("nlpzero.errors", "top"),
        ("nlpzero.engine.storage", "top"),
        ("nlpzero.words.table", "types"),
        ("nlpzero.rules.apriori", "called"),
        ("nlpzero.templates.tree", "called"),
    ]
    assert may_import("nlpzero.text.new", "nlpzero.engine.storage")
    assert not may_import("nlpzero.text.new", "nlpzero.words.table")
    assert not may_import("nlpzero.words.new", "nlpzero.rules.apriori")
    assert may_import("nlpzero.words.new", "nlpzero.words.table")


# --- sizes ----------------------------------------------------------------------------------------


def test_the_top_level_is_seen_at_a_glance() -> None:
    rooms = [path.name for path in (ROOT / "nlpzero").iterdir() if path.name != "__pycache__"]
    assert len(rooms) <= 18, sorted(rooms)


def lines_of(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize("path", [*LIBRARY.values(), *COMMANDS.values()], ids=lambda p: p.stem)
def test_no_file_is_longer_than_can_be_read(path: Path) -> None:
    assert lines_of(path) <= 700


@pytest.mark.parametrize("name", ["segment", "rules"])
def test_long_commands_stay_cut_up(name: str) -> None:
    assert lines_of(ROOT / "cli" / f"{name}.py") <= 300


def test_discovery_is_asked_with_few_parameters() -> None:
    # what belongs to a method is in its configuration, what a run may use in its resources
    assert len(inspect.signature(nlpzero.discover_words).parameters) <= 8
