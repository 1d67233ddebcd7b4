"""Names of array types, once for all modules.

Element types stand in the name: a kernel is compiled for them, and two names for one type would
hide that.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

Symbols = npt.NDArray[np.uint16]
Floats32 = npt.NDArray[np.float32]
Array = npt.NDArray[Any]
Keys = npt.NDArray[np.uint64]
Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int32]


def frozen(array: Array) -> Array:
    """A plain read-only view of an array, mapped from a file or not: kernels are compiled for one
    type.
    """
    view = np.ascontiguousarray(array).view(np.ndarray).view()
    view.flags.writeable = False
    return view
