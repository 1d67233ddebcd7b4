"""What is installed, what imports what, and that starting up loads nothing it does not need."""

import ast
import importlib
import importlib.metadata
import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
import yaml

import nlpzero

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = {"nlpzero": "nlpzero", "nlpzero_cli": "cli"}
# import name -> name on the package index, where they differ
DISTRIBUTIONS = {
    "ahocorasick": "pyahocorasick",
    "charset_normalizer": "charset-normalizer",
    "llvmlite": "numba",
    "dask": "distributed",
    "sklearn": "scikit-learn",
}


def sources(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imports(path: Path) -> set[str]:
    """First parts of the names a file imports anywhere, except relative ones."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            found.add(node.module.partition(".")[0])
    return found


def project() -> dict:
    tomllib = pytest.importorskip("tomllib")  # Python 3.11
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def in_yaml(name: str) -> dict:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def loaded_by(code: str, tmp_path: Path) -> set[str]:
    """Packages outside the standard library that Python has loaded after `code`, beyond those at
    its start.
    """
    script = f"""
import sys
before = set(sys.modules)
try:
    {code}
except SystemExit as stop:
    assert not stop.code, stop.code
import json
loaded = {{name.partition(".")[0] for name in set(sys.modules) - before}}
print(json.dumps(sorted(loaded)), file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return set(json.loads(done.stderr.splitlines()[-1])) - sys.stdlib_module_names


def test_every_package_folder_is_listed():
    listed = project()["tool"]["setuptools"]["packages"]
    on_disk = {
        ".".join([name, *path.parent.relative_to(ROOT / folder).parts])
        for name, folder in FOLDERS.items()
        for path in (ROOT / folder).rglob("__init__.py")
    }
    # the texts that `demo` shows lie where they are everybody's
    assert sorted(listed) == sorted([*on_disk, "nlpzero_cli.samples"])
    assert all((ROOT / "data" / "samples" / name).is_file() for name in demo_texts())


def demo_texts() -> list[str]:
    texts: list[str] = project()["tool"]["setuptools"]["package-data"]["nlpzero_cli.samples"]
    return texts


def test_all_files_that_are_no_modules_are_package_data():
    patterns = project()["tool"]["setuptools"]["package-data"]
    for name, folder in FOLDERS.items():
        for path in (ROOT / folder).rglob("*"):
            if path.is_dir() or path.suffix in (".py", ".pyc"):
                continue
            package = ".".join([name, *path.parent.relative_to(ROOT / folder).parts])
            wanted = [*patterns.get(package, []), *patterns["*"]]
            assert any(path.match(pattern) for pattern in wanted), path


def test_nothing_named_cli_is_installed(tmp_path):
    # from another folder: in the tree, leftovers of building answer instead of what is installed
    script = """
import importlib.metadata, importlib.util
files = importlib.metadata.files("nlpzero")
print(len(files) > 0, [str(file) for file in files if file.parts[0] == "cli"])
print(importlib.util.find_spec("cli"), importlib.util.find_spec("nlpzero_cli") is not None)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, cwd=tmp_path, check=True
    )
    assert done.stdout.decode().split() == ["True", "[]", "None", "True"]


def test_the_version_is_the_same_everywhere(tmp_path):
    assert project()["project"]["version"] == nlpzero.__version__
    assert importlib.metadata.version("nlpzero") == nlpzero.__version__
    assert in_yaml("CITATION.cff")["version"] == nlpzero.__version__
    done = subprocess.run(
        [sys.executable, "-m", "nlpzero_cli", "--version"],
        capture_output=True,
        cwd=tmp_path,
        check=True,
    )
    assert done.stdout.decode().split()[-1] == nlpzero.__version__


@pytest.mark.parametrize("package", ["nlpzero", "nlpzero_cli"])
def test_python_m_is_the_program(package, tmp_path):
    """In processes of their own: results, exit codes and messages are those of the installed
    script.
    """
    script = Path(sysconfig.get_path("scripts")) / f"nlpzero{'.exe' * (os.name == 'nt')}"
    (tmp_path / "text.txt").write_bytes("天气 很 好\n天气 很 冷\n".encode())
    for arguments in (
        ["--help"],
        ["count", "--whitespace", "text.txt"],
        ["count", "nowhere.txt"],
        ["nonsense"],
    ):
        told = [
            subprocess.run(
                [*program, *arguments], capture_output=True, cwd=tmp_path, check=False, timeout=120
            )
            for program in ([sys.executable, "-m", package], [str(script)])
        ]
        assert told[0].returncode == told[1].returncode
        assert (told[0].stdout, told[0].stderr) == (told[1].stdout, told[1].stderr)
        assert told[0].stdout or told[0].returncode
    assert told[0].returncode == 2
    assert b"nonsense" in told[0].stderr


def test_importing_the_library_loads_nothing_else(tmp_path):
    assert loaded_by("import nlpzero", tmp_path) == {"nlpzero"}


def test_help_loads_click_and_nothing_else(tmp_path):
    code = "import nlpzero_cli.main as m; m.run(['--help'])"
    allowed = {"nlpzero", "nlpzero_cli", "click"}
    assert loaded_by(code, tmp_path) - allowed == set()


def test_help_of_a_command_needs_no_arrays_either(tmp_path):
    from nlpzero_cli.main import COMMANDS

    for name in COMMANDS:
        code = f"import nlpzero_cli.main as m; m.run([{name!r}, '--help'])"
        heavy = loaded_by(code, tmp_path) - {"nlpzero", "nlpzero_cli", "click"}
        assert heavy == set(), f"nlpzero {name} --help loads {sorted(heavy)}"


def test_every_module_and_every_public_name_can_be_imported():
    for name, folder in FOLDERS.items():
        for path in sources(folder):
            parts = path.relative_to(ROOT / folder).with_suffix("").parts
            if parts[-1] not in ("__init__", "__main__"):
                importlib.import_module(".".join([name, *parts]))
    for name in nlpzero.__all__:
        assert getattr(nlpzero, name) is not None
    # neither the packages, which are loaded by now, nor what the module itself uses
    assert dir(nlpzero) == sorted(nlpzero.__all__)
    assert [name for name in dir(nlpzero) if name.startswith("_")] == ["__version__"]
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        nlpzero.nonsense  # noqa: B018


@pytest.mark.parametrize("path", sources("nlpzero"), ids=lambda path: path.stem)
def test_the_library_does_not_know_the_command_line(path):
    known = imports(path) & {"click", "tqdm", "nlpzero_cli", "cli"}
    # `python -m nlpzero` is the command line
    assert known == ({"nlpzero_cli"} if path == ROOT / "nlpzero" / "__main__.py" else set())


@pytest.mark.parametrize("path", sources("cli"), ids=lambda path: path.name)
def test_commands_import_their_siblings_relatively(path):
    assert imports(path) & {"cli", "nlpzero_cli"} == set()


def test_numba_is_imported_in_one_place():
    assert [path.name for path in sources("nlpzero") if "numba" in imports(path)] == [
        "compiling.py"
    ]


@pytest.mark.parametrize(
    ("package", "allowed"),
    [
        ("sklearn", ["sklearn.py"]),
        ("spacy", ["spacy.py"]),
        ("pandas", ["frames.py", "tables.py"]),  # results as frames; frames of transactions
        ("jieba", ["jieba_words.py"]),
    ],
)
def test_who_is_optional_is_imported_in_one_place(package, allowed):
    found = [path.name for path in sources("nlpzero") if package in imports(path)]
    assert found == allowed


def test_what_is_imported_is_declared():
    table = project()["project"]
    extras = [name for extra in table["optional-dependencies"].values() for name in extra]
    declared = {
        requirement.split(">")[0].split("[")[0].strip().lower()
        for requirement in [*table["dependencies"], *extras]
    }
    used = set().union(*(imports(path) for folder in FOLDERS.values() for path in sources(folder)))
    # `compression` is in the standard library from Python 3.14 on; the other is for type checkers
    # only
    used -= {*sys.stdlib_module_names, *FOLDERS, "compression", "typing_extensions"}
    assert {DISTRIBUTIONS.get(name, name) for name in used} <= declared


def test_nothing_is_unpickled():
    """Files are data, never code."""
    # workers of a cluster take from their client what all of Dask does: it is the sender to trust
    sent = {Path("nlpzero/engine/cluster.py")}
    for folder in FOLDERS.values():
        for path in sources(folder):
            if Path(*path.parts[-3:]) in sent:
                continue
            assert imports(path) & {"marshal", "shelve", "dill", "cloudpickle", "joblib"} == set()
            text = path.read_text(encoding="utf-8")
            for word in ("pickle.load", "pickle import", "Unpickler", "allow_pickle=True"):
                assert word not in text, f"{path}: {word}"


def test_types_are_shipped():
    for name in FOLDERS:
        package = importlib.import_module(name)
        assert os.path.exists(os.path.join(os.path.dirname(package.__file__), "py.typed"))
