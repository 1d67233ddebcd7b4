"""Long runs that go on after they were killed: what workers found is kept in a folder.

A run that was begun with a :class:`Checkpoint` and ended early is started again in the same way. It
finds what was finished in the folder and reads only the rest; as whatever workers return merges in
any order, the result is the same, byte for byte.
"""

import hashlib
import json
import os
import shutil
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt

from nlpzero.engine.storage import read_file, write_file
from nlpzero.engine.temporary import PathLike, atomic_output, disk_errors
from nlpzero.errors import NlpzeroError, StorageError

_FACTS = "checkpoint.json"
_LOCK = "lock"
_FILES = "files"
_PACKAGE = __name__.partition(".")[0]


class InFiles(ABC):
    """A dataclass whose field `path` names files in the temporary folder of a run."""

    @abstractmethod
    def files(self) -> list[Path]:
        """The files, none if it is in memory."""


class Checkpoint:
    """A folder in which a run keeps what it has finished, to go on from there.

    Parameters
    ----------
    folder : path
        Made if need be. It must be empty, or hold what the same run left.
    facts : mapping of str to JSON values
        What the result depends on beside the text: options. A run with others is refused.

    Raises
    ------
    NlpzeroError
        The folder holds something else, is of a run with other facts, or is in use.

    Examples
    --------
    The folder is empty again when the block ends without an error.

    >>> import tempfile
    >>> from nlpzero import Resources, count_ngrams
    >>> folder = tempfile.mkdtemp()
    >>> with Checkpoint(folder, {"order": 2}) as checkpoint:
    ...     counts = count_ngrams(["好"], 2, resources=Resources(checkpoint=checkpoint))
    >>> os.listdir(folder)
    []
    """

    def __init__(self, folder: PathLike, facts: Mapping[str, Any] | None = None) -> None:
        self.folder = Path(folder)
        self._stages = self._texts = 0
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            there = {path.name for path in self.folder.iterdir()}
        except OSError as error:
            raise NlpzeroError(f"{self.folder}: {error.strerror}; name another folder") from error
        if there and _FACTS not in there and not there <= {_LOCK, _FILES}:
            raise NlpzeroError(
                f"{self.folder}: is not empty and holds no checkpoint; name another folder"
            )
        self._lock = _locked(self.folder / _LOCK)
        self._facts = self._read_facts()
        (self.folder / _FILES).mkdir(exist_ok=True)
        for name, value in {"layout": 1, **(facts or {})}.items():
            self.expect(name, value)

    def _read_facts(self) -> dict[str, Any]:
        path = self.folder / _FACTS
        try:
            facts = json.loads(path.read_text("utf-8")) if path.exists() else {}
        except (OSError, ValueError) as error:
            raise StorageError(
                f"{path}: damaged; remove the folder to begin from the start"
            ) from error
        return dict(facts)

    def expect(self, name: str, value: Any) -> None:
        """Note something that the result depends on, or refuse to go on where it has changed."""
        value = json.loads(json.dumps(value, ensure_ascii=False, default=str))
        if name in self._facts:
            if self._facts[name] != value:
                raise NlpzeroError(
                    f"{self.folder}: was begun with {name} {_shown(self._facts[name])}, now it is "
                    f"{_shown(value)}; go on as it was begun, or remove the folder"
                )
        else:
            self._facts[name] = value
            with atomic_output(self.folder / _FACTS) as file:
                file.write(json.dumps(self._facts, ensure_ascii=False).encode("utf-8"))

    def expect_text(self, identity: str) -> None:
        """Note the next text that is read, or refuse to go on where it has changed."""
        self._texts += 1
        digest = hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()
        name = f"text {self._texts}"
        if self._facts.get(name, digest) != digest:
            raise NlpzeroError(
                f"{self.folder}: was begun with other text, or its files have changed since; "
                "remove the folder to begin from the start"
            )
        self.expect(name, digest)

    def stage(self, name: str, scratch: Path | None = None) -> "Stage":
        """The next part of the run; a run has the same parts in the same order each time.

        `scratch` is where files of kept outcomes are wanted again.
        """
        self._stages += 1
        return Stage(self, f"{self._stages}-{name}", scratch or self.folder / _FILES)

    def __enter__(self) -> "Checkpoint":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            for path in self.folder.iterdir():
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                elif path.name != _LOCK:
                    path.unlink(missing_ok=True)
            with suppress(OSError):
                (self.folder / _LOCK).unlink()
        self._lock.close()

    def __repr__(self) -> str:
        return f"Checkpoint({str(self.folder)!r})"


class Stage:
    """Finished pieces of one part of a run."""

    def __init__(self, checkpoint: Checkpoint, name: str, scratch: Path) -> None:
        self._folder = checkpoint.folder
        self._files = checkpoint.folder / _FILES
        self._name = name
        self._scratch = scratch

    def _path(self, identity: str) -> Path:
        digest = hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:24]
        return self._folder / f"{self._name}-{digest}.done"

    def has(self, identity: str) -> bool:
        """Whether a piece was finished, and what was kept of it is whole."""
        path = self._path(identity)
        try:
            return path.exists() and read_file(path, "checkpoint") is not None
        except StorageError:
            return False

    def load(self, identity: str) -> Any:
        """What was kept of a piece.

        Raises
        ------
        StorageError
            A file that belongs to it is gone.
        """
        header, arrays = read_file(self._path(identity), "checkpoint")
        try:
            return _Reader(arrays, self._files, self._scratch).value(header["outcome"])
        except FileNotFoundError as error:
            raise StorageError(
                f"{error.filename}: is gone; remove {self._folder} to begin from the start"
            ) from error

    def keep(self, identity: str, outcome: Any) -> None:
        """Keep what came of a piece: plain values, arrays, dataclasses and named tuples of this
        package.
        """
        writer = _Writer(self._files)
        with disk_errors(self._folder):
            value = writer.value(outcome)
        write_file(self._path(identity), "checkpoint", {"outcome": value}, writer.arrays)


class _Writer:
    """Turns an outcome into a JSON value and arrays; files that it names are linked into the
    checkpoint's own folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.arrays: dict[str, npt.NDArray[Any]] = {}

    def value(self, what: Any) -> Any:
        """One value: plain ones as they are, others as a list that begins with their kind."""
        if what is None or isinstance(what, (bool, int, float, str)):
            return what
        if isinstance(what, np.generic):
            return ["scalar", self._array(np.array(what))]
        if isinstance(what, np.ndarray):
            return ["array", self._array(what)]
        if isinstance(what, bytes):
            return ["bytes", self._array(np.frombuffer(what, np.uint8))]
        if isinstance(what, Path):
            return ["path", str(what)]
        if isinstance(what, (list, tuple)) and type(what) in (list, tuple):
            return [type(what).__name__, *map(self.value, what)]
        if isinstance(what, dict):
            pairs = [[self.value(key), self.value(value)] for key, value in what.items()]
            return ["dict", *pairs]
        names = _field_names(type(what))
        if names is None:
            raise TypeError(f"a checkpoint cannot keep a {type(what).__name__}.")
        values = {name: getattr(what, name) for name in names}
        if isinstance(what, InFiles) and what.files():
            for path in what.files():
                _link(path, self._folder / path.name)
            files = [path.name for path in what.files()]
            path = values.pop("path")
            inner = [f"{type(what).__module__}:{type(what).__qualname__}", self.value(values)]
            return ["in files", *inner, files, Path(path).name, isinstance(path, str)]
        return ["object", f"{type(what).__module__}:{type(what).__qualname__}", self.value(values)]

    def _array(self, array: npt.NDArray[Any]) -> str:
        name = f"a{len(self.arrays)}"
        self.arrays[name] = np.asarray(array)
        return name


class _Reader:
    """Inverse of :class:`_Writer`: links the files into the temporary folder of this run."""

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]], folder: Path, scratch: Path) -> None:
        self._arrays = arrays
        self._folder = folder
        self._scratch = scratch

    def value(self, stored: Any) -> Any:
        if not isinstance(stored, list):
            return stored
        kind, *rest = stored
        if kind == "array":
            return self._arrays[rest[0]]
        if kind == "scalar":
            return self._arrays[rest[0]][()]
        if kind == "bytes":
            return self._arrays[rest[0]].tobytes()
        if kind == "path":
            return Path(rest[0])
        if kind == "list":
            return list(map(self.value, rest))
        if kind == "tuple":
            return tuple(map(self.value, rest))
        if kind == "dict":
            return {self.value(key): self.value(value) for key, value in rest}
        if kind == "object":
            return self._type(rest[0])(**self.value(rest[1]))
        assert kind == "in files"
        name, values, files, path, plain = rest
        for file in files:
            _link(self._folder / file, self._scratch / file)
        where = self._scratch / path
        return self._type(name)(**self.value(values), path=str(where) if plain else where)

    def _type(self, name: str) -> Any:
        """A dataclass or named tuple of this package: nothing else is made from a file."""
        module, _, path = name.partition(":")
        found: Any = None
        if module.partition(".")[0] == _PACKAGE and module in sys.modules:
            found = getattr(sys.modules[module], path, None)
        if found is None or _field_names(found) is None:
            raise StorageError(
                f"{self._folder.parent}: holds something else than a checkpoint: {name}"
            )
        return found


def _field_names(kind: Any) -> list[str] | None:
    """Fields of a dataclass or a named tuple; None for all else."""
    if not isinstance(kind, type):
        return None
    if is_dataclass(kind):
        return [field.name for field in fields(kind) if field.init]
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):
        return list(kind._fields)
    return None


def _link(source: Path, target: Path) -> None:
    if target.exists():
        return
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:  # another disk, or one without links
        shutil.copyfile(source, target)


def _locked(path: Path) -> Any:
    """An open file that no other process has locked; closing it gives it back."""
    file = open(path, "ab")  # noqa: SIM115 (the checkpoint closes it)
    try:
        import fcntl
    except ImportError:  # another system: nobody watches
        return file
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise NlpzeroError(
            f"{path.parent}: another run uses this checkpoint; wait for it or name another folder"
        ) from error
    return file


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."
