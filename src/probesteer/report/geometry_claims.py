"""The chapters of the geometry: each text's claims, and the instruments on known truth."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from probesteer.figures.rows import matching
from probesteer.report.arithmetic_claims import arithmetic_claims
from probesteer.report.claim import Claim, claim_table
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


@dataclass(frozen=True)
class ClaimChapter:
    """The claims of one text, and what must have been measured to judge them."""

    title: str
    tables: tuple[str, ...]
    rules: str
    """When a claim holds, and what its numbers are of."""
    judged: Callable[[Mapping[str, pd.DataFrame], Sequence[Finding]], list[Claim]]
    """From the tables by name, and the findings, all of one model."""


CHAPTERS = (
    ClaimChapter(
        "Directions and superposition",
        ("superposition",),
        f"Overlap holds below a share of 0.05 of random sets that overlap as "
        f"much. AUROC is of test examples; a loss up to {SMALL:g} counts as none, one "
        f"above {LARGE:g} as a loss. No intervals.",
        lambda own, _: direction_claims(own["superposition"]),
    ),
    ClaimChapter(
        "Polysemantic neurons, superposition, non-linear reading",
        ("superposition",),
        "Three separate things: neurons that read several concepts need no "
        "superposition. Ranges are over draws, intervals 95% bootstrap intervals.",
        lambda own, findings: neuron_claims(own["superposition"], findings),
    ),
    ClaimChapter(
        "Vector arithmetic",
        ("arithmetic",),
        "Pairs of examples of both labels, groups of examples where none are "
        "named; 95% bootstrap intervals over their groups. An analogy a : b = c : d is "
        "right where d is nearest to b - a + c; to hold, more must be right than in 95% of "
        "draws of shuffled pairs, and more than without b - a.",
        lambda own, _: arithmetic_claims(own["arithmetic"]),
    ),
    ClaimChapter(
        "Composition of two concepts",
        ("composition",),
        f"Concepts whose examples hold the same texts; 95% bootstrap intervals "
        "over groups. A combination is foreseen where more of its examples are nearest "
        "than in 95% of draws of either concept's labels by lot, of each of the four. An "
        f"offset is the same where less than {DEPENDS:g} of its square depends on the "
        "other concept (cosine 0.9). A direction holds where it is above labels by lot "
        f"and not more than {LESS:g} below one learned on the same combinations.",
        lambda own, _: composition_claims(own["composition"]),
    ),
    ClaimChapter(
        "Directions of other checkpoints",
        ("shifts",),
        f"The first model's directions in the second, a checkpoint or a "
        "fine-tune of it. Angles without what the choice of examples adds; turned means by "
        f"more than {LEAST:g} degrees. As well means a loss of at most {SLIGHT_LOSS:g} of "
        "accuracy on test examples, where the second's own direction reads the concept; "
        "slopes, beyond those of random directions. 95% bootstrap intervals over groups, "
        "of angles 95% of draws of halves of the examples.",
        lambda own, _: drift_claims(own["shifts"]),
    ),
    ClaimChapter(
        "Sparse dictionaries",
        ("dictionaries",),
        f"Learned from the training examples of all concepts alone; "
        "of test examples, with 95% bootstrap intervals over groups. The best atom is "
        "chosen on validation examples, as is the best random direction. Better means by "
        f"more than {SLIGHT:g} of AUROC; as well as the probe, not more than that below "
        "it, where the probe reads the concept at all.",
        lambda own, _: dictionary_claims(own["dictionaries"]),
    ),
    ClaimChapter(
        "The polytope lens",
        ("polytopes", "sensitivity"),
        f"Of the units after each layer, at the token that is read (images: of "
        "the whole map). 95% bootstrap intervals over groups where nothing else is said. "
        f"Clusters (HDBSCAN) are pure from {PURE:g} on, {MARGIN:g} above labels by lot, "
        "with half of the examples in one; no intervals.",
        lambda own, _: polytope_claims(own["polytopes"], own["sensitivity"]),
    ),
    ClaimChapter(
        "Directions against clusters",
        ("components",),
        f"Of the examples whose cosine with a direction is in the highest "
        "tenth, the share in one cluster of spline codes; mean over directions, and how "
        f"many have a share from {ALONE:g}. More means by more than {BEYOND:g} than any of "
        "the sets of random directions, and than 97.5% of deals of the clusters by lot. No "
        "intervals of the directions themselves.",
        lambda own, _: component_claims(own["components"]),
    ),
)


def geometry_tables(
    tables: Mapping[str, pd.DataFrame], model: str, findings: Sequence[Finding]
) -> list[CompactTable]:
    """One table a chapter, and that of the instruments; those of which nothing was measured are
    left out. tables: of all models, by name. findings: of `model`."""
    measured = {
        name: matching(table, model=model)
        for name, table in tables.items()
        if "model" in table and not table.empty
    }
    made = [
        claim_table(
            chapter.title, f"{_VERDICTS} {chapter.rules}", chapter.judged(measured, findings)
        )
        for chapter in CHAPTERS
        if all(name in measured for name in chapter.tables)
    ]
    return [table for table in [*made, _instruments(tables)] if table.rows]


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
