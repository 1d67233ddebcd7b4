"""Results as pandas data frames; pandas is an optional package."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pandas import DataFrame
else:  # for annotations; pandas takes long to load
    DataFrame = Any


def data_frame(
    columns: Mapping[str, Any] | Sequence[str], rows: Iterable[Sequence[Any]] = ()
) -> DataFrame:
    """A data frame, for the ``to_dataframe`` of a result.

    Parameters
    ----------
    columns : mapping of str to values, or sequence of str
        Columns with their values; or names only, where the values come as rows.
    rows : iterable of sequences
        As many values each as there are names.

    Returns
    -------
    pandas.DataFrame
        The columns are there also where there are no rows.

    Raises
    ------
    ImportError
        There is no pandas; the message says how to get it.

    Examples
    --------
    >>> data_frame(["word", "count"], [("北京", 12)]).to_dict("records")
    [{'word': '北京', 'count': 12}]
    >>> list(data_frame({"word": [], "count": []}).columns)
    ['word', 'count']
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise ImportError(
            "to_dataframe() needs pandas; run: pip install 'nlpzero[pandas]'"
        ) from error
    if isinstance(columns, Mapping):
        return pd.DataFrame(columns)
    return pd.DataFrame(list(rows), columns=list(columns))
