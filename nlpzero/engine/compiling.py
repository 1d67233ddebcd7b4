"""Compiled kernels: Numba's dispatchers, with a cache of our own.

The only module that imports Numba; :mod:`nlpzero.engine.jit` imports it when it is needed.
"""

import hashlib
import logging
import os
import stat
import sys
import tempfile
import types
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numba
import numpy as np
import platformdirs
from numba import config
from numba.core import types as numba_types
from numba.core.caching import CompileResultCacheImpl, FunctionCache, IndexDataCacheFile
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Flags, compile_extra
from numba.core.dispatcher import _FunctionCompiler  # type: ignore[attr-defined]
from numba.core.environment import lookup_environment
from numba.core.registry import CPUDispatcher
from numba.core.types import unliteral
from numba.extending import typeof_impl

_PACKAGE = __name__.partition(".")[0]
_log = logging.getLogger(__name__)
_OPTIONS = {"nopython": True, "nogil": True, "boundscheck": None}


def dispatcher(function: Callable[..., Any]) -> Callable[..., Any]:
    """Numba's object for a function: without the GIL, without fast-math, cached in the user's
    folder.
    """
    compiled: Any = CPUDispatcher(function, targetoptions=dict(_OPTIONS))
    compiled._compiler = _OuterCompiler(
        function, compiled.targetdescr, _OPTIONS, {}, compiled._compiler.pipeline_class
    )
    compiled._cache = _KernelCache(function)
    return compiled  # type: ignore[no-any-return]


def inner_dispatcher(function: Callable[..., Any]) -> Any:
    """Numba's object for a function as other kernels call it: it becomes part of their code.

    Nothing can call it from Python, so that neither an entry for Python nor machine code of its own
    is made, and nothing is kept on disk: that is a third of what compiling takes.
    """
    return _InnerDispatcher(function)


def recognise(kind: type) -> None:
    """Let Numba see in each object of a class what its method `inner` gives."""

    @typeof_impl.register(kind)
    def type_of(value: Any, context: Any) -> Any:
        return numba_types.Dispatcher(value.inner())


class _InnerLibrary(JITCodeLibrary):
    """Code that is only linked into other code."""

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._verify_declare_only_symbols()
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:
        return 0

    @property
    def codegen(self) -> Any:
        return _WithoutEnvironments()


class _WithoutEnvironments:
    def set_env(self, name: str, environment: Any) -> None:
        """There is no code yet that would look for it; see ``_OuterCompiler``."""


class _OuterCompiler(_FunctionCompiler):
    def _compile_core(self, args: Any, return_type: Any) -> Any:
        result = super()._compile_core(args, return_type)
        built = result._asdict()["library"]
        codegen = built.codegen
        for variable in built._final_module.global_variables:
            if variable.name.startswith("_ZN08NumbaEnv") and not variable.is_declaration:
                environment = lookup_environment(variable.name)
                if environment is not None:  # also of inner code
                    codegen.set_env(variable.name, environment)
        return result


class _InnerCompiler(_FunctionCompiler):
    def _compile_core(self, args: Any, return_type: Any) -> Any:
        flags: Any = Flags()
        self.targetdescr.options.parse_as_flags(flags, self.targetoptions)
        flags.no_cpython_wrapper = True
        flags.no_cfunc_wrapper = True
        codegen = self.targetdescr.target_context.codegen()
        return compile_extra(
            self.targetdescr.typing_context,
            self.targetdescr.target_context,
            self.py_func,
            args=args,
            return_type=return_type,
            flags=flags,
            locals=self.locals,
            pipeline_class=self.pipeline_class,
            library=_InnerLibrary(codegen, self.py_func.__qualname__),
        )


class _InnerDispatcher(CPUDispatcher):
    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function, targetoptions=dict(_OPTIONS))
        own: Any = self
        own._compiler = _InnerCompiler(
            function, own.targetdescr, _OPTIONS, {}, own._compiler.pipeline_class
        )

    def get_call_template(self, args: Any, kws: Any) -> Any:
        # else 0 and 1 were types of their own, and a loop were compiled for each
        plain = [unliteral(arg) for arg in args]
        return super().get_call_template(plain, {name: unliteral(kws[name]) for name in kws})


class _Implementation(CompileResultCacheImpl):
    """How Numba turns compiled code into bytes and back, without its search for a folder."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._lineno = function.__code__.co_firstlineno
        self._locator = self
        self._py_file = function.__code__.co_filename  # both are named in a warning of Numba's

    def ensure_cache_path(self) -> None:
        """Asked for by Numba before it writes; the folder is there."""


class _KernelCache(FunctionCache):
    """Compiled code of one kernel on disk.

    Whatever is wrong with it, the kernel is compiled anew.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._name = repr(function)
        self._py_func = function
        self._impl = _Implementation(function)
        self._cache_path = ""
        self._base = ""
        self._cache_file: IndexDataCacheFile | None = None
        self._enabled = True

    def _open(self) -> bool:
        """Find the files: at the first call, when all callees are there to be looked at."""
        if self._cache_file is None and self._enabled:
            folder = cache_folder()
            if folder is None:
                self._enabled = False
                return False
            self._cache_path = str(folder)
            self._base = f"{_name(self._py_func)}-{code_digest(self._py_func)}"
            self._cache_file = IndexDataCacheFile(self._cache_path, self._base, "")
        return self._enabled

    def flush(self) -> None:
        if self._open():
            super().flush()

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        kept = None
        try:
            kept = super().load_overload(sig, target_context) if self._open() else None
        except Exception:  # noqa: BLE001 (a damaged file raises whatever its bytes happen to mean)
            self._remove(f"{self._base}.*")
        if kept is None:
            _log.info("compiling %s", self._name)
        return kept

    def save_overload(self, sig: Any, data: Any) -> None:
        _log.info("done with %s", self._name)
        with suppress(OSError):  # the disk is full, or the folder is gone
            if self._open():
                super().save_overload(sig, data)
                self._remove(f"{_name(self._py_func)}-*", but=f"{self._base}.")

    def _remove(self, pattern: str, but: str | None = None) -> None:
        """Remove files of this kernel: damaged ones, or what was compiled from older code."""
        with suppress(OSError):
            for path in Path(self._cache_path).glob(pattern):
                if but is None or not path.name.startswith(but):
                    path.unlink(missing_ok=True)


def is_kept(function: Callable[..., Any]) -> bool:
    """Whether compiled code of a function is on disk, for whatever types."""
    folder = cache_folder()
    return folder is not None and any(
        folder.glob(f"{_name(function)}-{code_digest(function)}.*.nbi")
    )


def _name(function: Callable[..., Any]) -> str:
    # folders forbid < and >, which stand in names of functions within functions
    return f"{function.__module__}.{function.__qualname__}".replace("<", "").replace(">", "")


# --- types of arguments as JSON -------------------------------------------------------------------


def written_type(kind: Any) -> Any:
    """A type of Numba's as strings and lists; ValueError for one that no loop is called with."""
    if isinstance(kind, numba_types.Array):
        read_only = "" if kind.mutable else " read-only"
        return f"{kind.dtype} {kind.ndim}{kind.layout}{read_only}"
    if isinstance(kind, numba_types.BaseTuple):
        several: Any = kind
        fields = [written_type(field) for field in several]
        if hasattr(kind, "instance_class"):
            named = several.instance_class
            return [f"{named.__module__}:{named.__qualname__}", *fields]
        return ["", *fields]
    if isinstance(kind, (numba_types.Number, numba_types.Boolean, numba_types.NoneType)):
        return str(kind)
    raise ValueError(f"no way to write the type {kind}.")


def read_type(written: Any) -> Any:
    """The type of Numba's that :func:`written_type` wrote."""
    if isinstance(written, list):
        fields = [read_type(field) for field in written[1:]]
        module, _, name = written[0].partition(":")
        named = getattr(import_module(module), name) if module else tuple
        return numba_types.BaseTuple.from_types(fields, named)
    name, _, form = written.partition(" ")
    kind = {"bool": numba_types.boolean, "none": numba_types.none}.get(name) or getattr(
        numba_types, name
    )
    if not form:
        return kind
    return numba_types.Array(kind, int(form[0]), form[1], readonly=form.endswith("read-only"))


# --- what a kernel is made of ---------------------------------------------------------------------


@cache
def code_digest(function: Callable[..., Any]) -> str:
    """Digest of all code and all constants that a kernel reaches, in whatever file.

    Parameters
    ----------
    function : function
        As it was before it was compiled.

    Returns
    -------
    str
        Sixteen hexadecimal digits.

    Examples
    --------
    >>> def double(x):
    ...     return 2 * x
    >>> code_digest(double) == code_digest(lambda x: 3 * x)
    False
    """
    parts = hashlib.sha256()
    seen: set[int] = set()
    waiting: list[Any] = [function]
    while waiting:
        function = waiting.pop()
        if id(function) in seen:
            continue
        seen.add(id(function))
        parts.update(repr((_name(function), function.__defaults__)).encode())
        names: list[str] = []
        for code in _code_objects(function.__code__):
            constants = [c for c in code.co_consts if not isinstance(c, types.CodeType)]
            parts.update(repr((code.co_code, constants, code.co_varnames, code.co_names)).encode())
            names += code.co_names
        cells = [cell.cell_contents for cell in function.__closure__ or ()]
        for value in [*cells, *_globals(function, names)]:
            callee = getattr(value, "py_func", value)
            if isinstance(callee, types.FunctionType):
                if callee.__module__.partition(".")[0] != "numba":
                    waiting.append(callee)
            else:
                parts.update(_constant(value))
    return parts.hexdigest()[:16]


def _code_objects(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _code_objects(constant)


def _globals(function: Callable[..., Any], names: list[str]) -> Iterator[Any]:
    """Values of the global names of a function, also as attributes of modules of this package."""
    for name in names:
        value = function.__globals__.get(name)
        if isinstance(value, types.ModuleType):
            if value.__name__.partition(".")[0] == _PACKAGE:
                yield from (vars(value).get(attribute) for attribute in names)
        else:
            yield value


def _constant(value: Any) -> bytes:
    if isinstance(value, np.ndarray):
        return f"{value.dtype}{value.shape}".encode() + value.tobytes()
    if isinstance(value, type):
        return repr((value.__qualname__, getattr(value, "_fields", ()))).encode()
    return repr(value).encode()


# --- where it is kept -----------------------------------------------------------------------------


@cache
def cache_folder() -> Path | None:
    """Folder of compiled code: of this installation, this Numba and this Python.

    ``NUMBA_CACHE_DIR``, else the user's cache folder, else one of the user's own in the temporary
    folder.

    Returns
    -------
    Path or None
        None where nothing can be written.
    """
    # another installation may hold another version; the switches change the code that is made
    package = str(Path(__file__).resolve().parent.parent)
    settings: Any = config
    switches = (settings.BOUNDSCHECK, settings.OPT, settings.DEBUGINFO_DEFAULT)
    digest = hashlib.sha256(repr((package, switches)).encode()).hexdigest()[:12]
    name = f"{sys.implementation.cache_tag}-numba{numba.__version__}-{digest}"
    return next((path for root in _roots() if (path := _usable(root / name)) is not None), None)


def _roots() -> Iterator[Path]:
    if chosen := os.environ.get("NUMBA_CACHE_DIR"):
        yield Path(chosen) / "nlpzero"
    with suppress(RuntimeError, OSError):  # nobody's home
        yield Path(platformdirs.user_cache_dir("nlpzero", appauthor=False)) / "kernels"
    with suppress(OSError):  # no temporary folder either
        user = os.getuid() if hasattr(os, "getuid") else "user"
        shared = Path(tempfile.gettempdir()) / f"nlpzero-{user}"
        shared.mkdir(mode=0o700, exist_ok=True)
        if _is_own(shared):
            yield shared


def _is_own(folder: Path) -> bool:
    """Whether nobody else can have put files there: what is read from the cache is run."""
    if not hasattr(os, "getuid"):
        return True
    status = folder.lstat()
    own = stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid()
    return own and not status.st_mode & 0o022


def _usable(folder: Path) -> Path | None:
    """The folder, made if need be, if files can be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return None
