"""Figures of sparse dictionaries, and of vector arithmetic."""

from probesteer.figures import (
    concept_composition,
    dictionary_atoms,
    dictionary_quality,
    vector_arithmetic,
)
from probesteer.figures.catalogue_entry import CatalogueEntry

DICTIONARIES = "Do single atoms of sparse dictionaries read concepts?"
ARITHMETIC = "Do pairs of examples share an offset?"
COMPOSITION = "Do two concepts add up?"

DICTIONARY_FIGURES = (
    CatalogueEntry(
        name="dictionary_atoms",
        chapter=DICTIONARIES,
        tables=("dictionaries",),
        draw=dictionary_atoms.draw,
        title="Single atoms against the probe and random directions",
        caption=(
            "AUROC on test examples, by layer of the residual stream, of the atom that reads the "
            "concept best on validation examples, in four kinds of dictionaries learned from the "
            "training examples of all concepts. Dashed: the logistic probe, which reads all "
            "dimensions. Band: the best of as many random directions, chosen in the same way; "
            "range over draws. Bars: 95% bootstrap intervals over groups of examples."
        ),
        shown=dictionary_atoms.measured,
    ),
    CatalogueEntry(
        name="dictionary_quality",
        chapter=DICTIONARIES,
        tables=("dictionaries",),
        draw=dictionary_quality.draw,
        title="What dictionaries rebuild, and with how many atoms",
        caption=(
            "By layer of the residual stream, on the concept's test examples. Above: share of the "
            "variance of their activations that a dictionary rebuilds; dotted: that as many "
            "principal components rebuild as atoms are active on average over all concepts. What "
            "lies below 0, worse than the mean, is cut off. Below: atoms active at a time. Bars: "
            "95% bootstrap intervals over groups of examples; none of the components."
        ),
        shown=dictionary_quality.measured,
    ),
)

ARITHMETIC_FIGURES = (
    CatalogueEntry(
        name="vector_arithmetic",
        chapter=ARITHMETIC,
        tables=("arithmetic",),
        draw=vector_arithmetic.draw,
        title="Vector arithmetic with pairs",
        caption=(
            "By layer of the residual stream. A pair is an activation a of one label and one, b, "
            "of the other; (c, d) is another pair. Above: mean cosine of b - a and d - c; no point "
            "where every offset is 0. Middle: share of the analogies a : b = c : d in which d is "
            "the candidate nearest to b - a + c, all members of pairs but a, b and c being "
            "candidates. Bottom: in which it is among the nearest five. Squares: nearest to c "
            "alone. Bars: 95% bootstrap intervals over groups of pairs. Bands: pairs whose "
            "members of the second label were dealt out anew; 95% of draws."
        ),
        shown=vector_arithmetic.measured,
    ),
    CatalogueEntry(
        name="concept_composition",
        chapter=COMPOSITION,
        tables=("composition",),
        draw=concept_composition.draw,
        title="Two concepts over the same texts",
        caption=(
            "A concept and another whose examples hold the same texts, by layer of the residual "
            "stream. Top: each combination of the two labels is foreseen as a sum from the other "
            "three; share of its examples that are nearest to the mean foreseen, of two "
            "combinations the worse. Second: share of the concept's offset, squared, that depends "
            "on the other; 0 where they add up; no point where there is no offset. Below: probes "
            "of the concept where the other has one label, learned where it has the other (solid) "
            "or where it has the same (dotted), on groups held out; AUROC, and balanced accuracy "
            "with the learned threshold. Bars: 95% bootstrap intervals over groups. Bands: the "
            "concept's labels dealt out within the other's; 95% of draws."
        ),
        shown=concept_composition.measured,
    ),
)
