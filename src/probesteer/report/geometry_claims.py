"""The chapters of the geometry: each text's claims, and the instruments on known truth."""

from collections.abc import Mapping, Sequence

import pandas as pd

from probesteer.figures.rows import matching
from probesteer.report.arithmetic_claims import arithmetic_claims
from probesteer.report.claim import claim_table
from probesteer.report.compact_table import CompactTable
from probesteer.report.component_claims import ALONE, BEYOND, component_claims
from probesteer.report.composition_claims import DEPENDS, LESS, composition_claims
from probesteer.report.dictionary_claims import SLIGHT, dictionary_claims
from probesteer.report.drift_claims import LEAST, SLIGHT_LOSS, drift_claims
from probesteer.report.finding import Finding
from probesteer.report.numbers import number
from probesteer.report.polytope_claims import MARGIN, PURE, polytope_claims
from probesteer.report.superposition_claims import (
    LARGE,
    SMALL,
    direction_claims,
    neuron_claims,
)

_VERDICTS = (
    "Holds, does not hold or not shown at the layers measured; where layers differ, at how many "
    "it holds."
)


def geometry_tables(
    tables: Mapping[str, pd.DataFrame], model: str, findings: Sequence[Finding]
) -> list[CompactTable]:
    """One table a text, and that of the instruments; those of which nothing was measured are left
    out. tables: of all models, by name. findings: of `model`."""
    made = []
    if (shared := _own(tables, "superposition", model)) is not None:
        made.append(
            claim_table(
                "Directions and superposition",
                f"{_VERDICTS} Overlap holds below a share of 0.05 of random sets that overlap as "
                f"much. AUROC is of test examples; a loss up to {SMALL:g} counts as none, one "
                f"above {LARGE:g} as a loss. No intervals.",
                direction_claims(shared),
            )
        )
        made.append(
            claim_table(
                "Polysemantic neurons, superposition, non-linear reading",
                f"{_VERDICTS} Three separate things: neurons that read several concepts need no "
                "superposition. Ranges are over draws, intervals 95% bootstrap intervals.",
                neuron_claims(shared, findings),
            )
        )
    if (pairs := _own(tables, "arithmetic", model)) is not None:
        made.append(
            claim_table(
                "Vector arithmetic",
                f"{_VERDICTS} Pairs of examples of both labels, groups of examples where none are "
                "named; 95% bootstrap intervals over their groups. An analogy a : b = c : d is "
                "right where d is nearest to b - a + c; to hold, more must be right than in 95% of "
                "draws of shuffled pairs, and more than without b - a.",
                arithmetic_claims(pairs),
            )
        )
    if (composed := _own(tables, "composition", model)) is not None:
        made.append(
            claim_table(
                "Composition of two concepts",
                f"{_VERDICTS} Concepts whose examples hold the same texts; 95% bootstrap intervals "
                "over groups. A combination is foreseen where more of its examples are nearest "
                "than in 95% of draws of either concept's labels by lot, of each of the four. An "
                f"offset is the same where less than {DEPENDS:g} of its square depends on the "
                "other concept (cosine 0.9). A direction holds where it is above labels by lot "
                f"and not more than {LESS:g} below one learned on the same combinations.",
                composition_claims(composed),
            )
        )
    if (shifts := _own(tables, "shifts", model)) is not None:
        made.append(
            claim_table(
                "Directions of other checkpoints",
                f"{_VERDICTS} The first model's directions in the second, a checkpoint or a "
                "fine-tune of it. Angles without what the choice of examples adds; turned means by "
                f"more than {LEAST:g} degrees. As well means a loss of at most {SLIGHT_LOSS:g} of "
                "accuracy on test examples, where the second's own direction reads the concept; "
                "slopes, beyond those of random directions. 95% bootstrap intervals over groups, "
                "of angles 95% of draws of halves of the examples.",
                drift_claims(shifts),
            )
        )
    if (atoms := _own(tables, "dictionaries", model)) is not None:
        made.append(
            claim_table(
                "Sparse dictionaries",
                f"{_VERDICTS} Learned from the training examples of all concepts alone; "
                "of test examples, with 95% bootstrap intervals over groups. The best atom is "
                "chosen on validation examples, as is the best random direction. Better means by "
                f"more than {SLIGHT:g} of AUROC; as well as the probe, not more than that below "
                "it, where the probe reads the concept at all.",
                dictionary_claims(atoms),
            )
        )
    polytopes, ends = (_own(tables, name, model) for name in ("polytopes", "sensitivity"))
    if polytopes is not None and ends is not None:
        made.append(
            claim_table(
                "The polytope lens",
                f"{_VERDICTS} Of the units after each layer, at the token that is read (images: of "
                "the whole map). 95% bootstrap intervals over groups where nothing else is said. "
                f"Clusters (HDBSCAN) are pure from {PURE:g} on, {MARGIN:g} above labels by lot, "
                "with half of the examples in one; no intervals.",
                polytope_claims(polytopes, ends),
            )
        )
    if (components := _own(tables, "components", model)) is not None:
        made.append(
            claim_table(
                "Directions against clusters",
                f"{_VERDICTS} Of the examples whose cosine with a direction is in the highest "
                "tenth, the share in one cluster of spline codes; mean over directions, and how "
                f"many have a share from {ALONE:g}. More means by more than {BEYOND:g} than any of "
                "the sets of random directions, and than 97.5% of deals of the clusters by lot. No "
                "intervals of the directions themselves.",
                component_claims(components),
            )
        )
    return [table for table in [*made, _instruments(tables)] if table.rows]


def _own(tables: Mapping[str, pd.DataFrame], name: str, model: str) -> pd.DataFrame | None:
    table = tables.get(name)
    return None if table is None or table.empty else matching(table, model=model)


def _instruments(tables: Mapping[str, pd.DataFrame]) -> CompactTable:
    tried = tables.get("instruments", pd.DataFrame())
    rows = [
        [
            str(each["toy"]),
            str(each["instrument"]),
            str(each["expected"]),
            number(float(each["value"])),
            "found" if each["holds"] else "missed; not used on the model",
        ]
        for each in tried.to_dict("records")
    ]
    return CompactTable(
        "Instruments on toys where the truth is known",
        "What each should measure, and what it did. One that misses is not used on a model.",
        ["toy", "instrument", "expected", "measured", "truth"],
        rows,
    )
