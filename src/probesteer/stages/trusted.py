"""Which instruments may be used on a model: those that found the truth where it is known."""

import logging

import pandas as pd

_log = logging.getLogger(__name__)


def trusted(instruments: pd.DataFrame, names: tuple[str, ...], what: str) -> bool:
    """Whether every one of the instruments `names` held wherever it was tried.

    instruments: the table of the stage `instruments`. One that missed its truth, or was never
    tried, leaves out `what` is measured with it, which is said in one line.
    """
    for name in names:
        tried = instruments[instruments["instrument"] == name]
        missed = tried[~tried["holds"].astype(bool)]
        if len(tried) and missed.empty:
            continue
        where = f"missed its truth on {missed['toy'].iloc[0]}" if len(tried) else "was not tried"
        _log.warning("%s left out: the instrument %r %s", what, name, where)
        return False
    return True
