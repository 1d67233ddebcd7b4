"""The few errors of nlpzero that a caller may want to catch.

Misuse by a programmer raises ``ValueError`` or ``TypeError``. Everything that is wrong with data,
files or the machine raises a child of :class:`NlpzeroError`, whose message says what is wrong, what
came and what to do.
"""


class NlpzeroError(Exception):
    """Base of all errors about data, files or the environment."""


class CorpusError(NlpzeroError):
    """Text that cannot be read: missing files, bad bytes, wrong fields."""


class StorageError(NlpzeroError):
    """A file of nlpzero that is damaged, of another kind, or of another version."""


class ResourceError(NlpzeroError):
    """The machine has too little of something: disk, memory."""


class WorkerError(NlpzeroError):
    """A worker process failed or died."""
