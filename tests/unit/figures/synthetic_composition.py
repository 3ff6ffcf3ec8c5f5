"""Rows on two concepts over the same texts, with known truth."""

from collections.abc import Sequence

from tests.unit.figures.synthetic_truth import Row, Site, Truth

COMPOSITION = "model site layer concept other unseen method metric value low high n interval"
NAN = float("nan")
NEAREST = {"0,0": 0.9, "0,1": 0.3, "1,0": 0.8, "1,1": 0.4, "": 0.6}
"""Foreseen, by combination."""
SHARES = (0.02, 0.4)
"""Of the offsets of the first concept and of the second that depend on the other."""
READ = {("seen", "0"): 1.0, ("seen", "1"): 0.95, ("unseen", "0"): 0.9, ("unseen", "1"): 0.6}
"""AUROC by where the direction was learned; balanced accuracy is 0.05 lower."""
BY_LOT = 0.45


def composition_rows(truths: Sequence[Truth], places: list[Site], model: str) -> list[Row]:
    """The first two concepts, neither with an offset at the embedding; intervals of 0.02 around."""
    if len(truths) < 2:
        return []
    rows: list[Row] = []
    names = (truths[0].name, truths[1].name)
    for at, place in enumerate(places):
        where = (model, *place)
        for unseen, value in NEAREST.items():
            predicted = (*names, unseen, "predicted", "nearest")
            rows.append((*where, *predicted, *_around(value), 40, "bootstrap 95%"))
        for share, pair in zip(SHARES, (names, names[::-1]), strict=True):
            own = (*where, *pair)
            for metric, value in (("joint_share", share), ("offset_cosine", 1 - 2 * share)):
                told = ("", "combinations", metric)
                known = _around(value if at else NAN)
                rows.append((*own, *told, *known, 160, "bootstrap 95%"))
            for metric, less in (("auroc", 0.0), ("balanced_accuracy", 0.05)):
                for (method, unseen), value in READ.items():
                    told = (unseen, method, metric)
                    rows.append((*own, *told, *_around(value - less), 80, "bootstrap 95%"))
                for unseen in ("0", "1"):
                    lost = READ["unseen", unseen] - READ["seen", unseen]
                    told = (unseen, "unseen_less_seen", metric)
                    rows.append((*own, *told, *_around(lost), 80, "bootstrap 95%"))
                seen = (READ["seen", "0"] + READ["seen", "1"]) / 2 - less
                rows.append((*own, "", "seen", metric, *_around(seen), 160, "bootstrap 95%"))
            for metric in ("nearest", "offset_cosine", "auroc", "balanced_accuracy"):
                told = ("", "by_lot", metric)
                ends = (BY_LOT, BY_LOT - 0.1, BY_LOT + 0.1)
                rows.append((*own, *told, *ends, 160, "95% of draws"))
    return rows


def _around(value: float) -> tuple[float, float, float]:
    return value, value - 0.02, value + 0.02
