"""Figures of superposition, of neurons and of polytopes."""

from probesteer.figures import (
    activation_shape,
    boundaries_along_paths,
    boundary_density,
    concept_interference,
    interpolation,
    plane_slices,
    single_neurons,
)
from probesteer.figures.catalogue_entry import CatalogueEntry

SUPERPOSITION = "Do directions share dimensions?"
NEURONS = "What do single neurons read?"
POLYTOPES = "Where do boundaries of polytopes lie?"

GEOMETRY_FIGURES = (
    CatalogueEntry(
        name="concept_interference",
        chapter=SUPERPOSITION,
        tables=("superposition",),
        draw=concept_interference.draw,
        title="Interference of concepts",
        caption=(
            "By layer, means over the other concepts. Above: size of the cosine of the concept's "
            "difference of means with that of another, as it is, and in coordinates in which "
            "activations have the covariance 1 within their classes; dotted: two random "
            "directions. Below: how far adding the difference of means moves the read-out of "
            "another concept's probe, as a share of what that concept's own difference of means "
            "moves it. Vertical scales differ between panels. No intervals."
        ),
        shown=concept_interference.measured,
    ),
    CatalogueEntry(
        name="activation_shape",
        chapter=SUPERPOSITION,
        tables=("superposition",),
        draw=activation_shape.draw,
        title="Dimensions that activations fill, and separation of classes",
        caption=(
            "By layer, of the trained model and of the same with re-initialised weights. Above: "
            "effective rank of the concept's activations, the exponential of the entropy of the "
            "singular values. Below: share of their variance that lies between the class means. "
            "Vertical scales differ between panels. No intervals."
        ),
        shown=activation_shape.measured,
    ),
    CatalogueEntry(
        name="single_neurons",
        chapter=NEURONS,
        tables=("superposition",),
        draw=single_neurons.draw,
        title="Single neurons against directions",
        caption=(
            "AUROC, either way round, of the best of a layer's neurons for the concept, against "
            "the best of as many random directions of the same space, of the units of randomly "
            "rotated bases, and of neurons when labels are shuffled. All examples. Bars: range "
            "over draws; no intervals of the neurons."
        ),
        shown=single_neurons.measured,
    ),
    CatalogueEntry(
        name="boundary_density",
        chapter=POLYTOPES,
        tables=("polytopes",),
        draw=boundary_density.draw,
        title="Boundary density within and between classes",
        caption=(
            "Units after the layer that differ in whether they are open, over the distance of two "
            "activations: mean over the pairs of one class and over those of two, as a share of "
            "the mean over all pairs. Of the trained model, of the same with re-initialised "
            "weights and, where there is one, of the same trained on shuffled labels. Images: the "
            "whole map. Bars: 99% bootstrap intervals over groups of examples."
        ),
        shown=boundary_density.measured,
    ),
    CatalogueEntry(
        name="boundaries_along_rays",
        chapter=POLYTOPES,
        tables=("polytopes",),
        draw=boundaries_along_paths.draw_rays,
        title="Boundaries along rays from the origin",
        caption=(
            "Activations of a layer, at the token that is read (images: the whole map), times a "
            "factor. Above: units after the layer that open or shut, per factor of 1. Below: share "
            "of examples whose prediction differs from that at factor 1. Means over examples with "
            "95% bootstrap intervals over groups. Dotted: Gaussian noise with the mean and the "
            "deviation of every unit. Counts are linear up to 10 and logarithmic above; their "
            "scales differ between panels."
        ),
        shown=boundaries_along_paths.rays_measured,
    ),
    CatalogueEntry(
        name="boundaries_along_pushes",
        chapter=POLYTOPES,
        tables=("polytopes", "sensitivity"),
        draw=boundaries_along_paths.draw_pushes,
        title="Boundaries that a steering vector crosses",
        caption=(
            "Activations of a layer, at the token that is read (images: everywhere in the map), "
            "plus the difference of means times the strength on the axis. Above: units after the "
            "layer that open or shut per unit of strength; rings: ends of the range in which the "
            "response of the prompts rises, where it ends within what was walked. Below: share of "
            "examples whose prediction differs from the unpushed one. Means over examples with 95% "
            "bootstrap intervals over groups. Dotted: mean over random directions of the same "
            "length. Vertical scales differ between panels. Strengths are spread by their "
            "logarithm where they differ much."
        ),
        shown=boundaries_along_paths.pushes_measured,
    ),
    CatalogueEntry(
        name="interpolation_along",
        chapter=POLYTOPES,
        tables=("polytopes",),
        draw=interpolation.draw_along,
        title="Boundaries on the way from one example to another",
        caption=(
            "Spherical interpolation between activations of a layer (direction turns and length "
            "changes evenly), from the same examples to one of their own class and to one of "
            "another, none of the same group; everything else in the text stays that of the "
            "start (images: the whole map). Above: units after the layer that open or shut, per "
            "unit of length, as a share of the mean over all ways. Below: share whose prediction "
            "(the class, or the likeliest token) differs from that at the start. Vertical scales "
            "differ between panels. No intervals here; those of whole ways are in the next figure."
        ),
        shown=interpolation.measured,
    ),
    CatalogueEntry(
        name="interpolation_by_layer",
        chapter=POLYTOPES,
        tables=("polytopes",),
        draw=interpolation.draw_by_layer,
        title="Boundaries and changes of prediction on the way, by network",
        caption=(
            "The same ways in the trained model, in the same with re-initialised weights and, "
            "where there is one, in the same trained on shuffled labels. Above: boundaries per "
            "unit of length over the whole way, as a share of the mean over all ways of the "
            "network. Below: how often the prediction changes on a way. Means with 95% bootstrap "
            "intervals over groups of the examples at the start."
        ),
        shown=interpolation.measured,
    ),
    CatalogueEntry(
        name="plane_slices",
        chapter=POLYTOPES,
        tables=("plane",),
        draw=plane_slices.draw,
        title="The plane through three examples",
        caption=(
            "The first example of a sample balanced over the classes, the next of its class and "
            "the first of another, at the middle one of the layers that were looked at; the plane "
            "through their activations, in the surroundings of the first. Boundaries: units after "
            "the layer that open or shut per unit of length, as a share of the plane's mean. "
            "Prediction: the class or the likeliest token; grey: others. Colours stand for the "
            "same predictions in both networks. Three examples a concept, chosen by this rule "
            "alone: an illustration. No intervals."
        ),
        shown=plane_slices.measured,
    ),
)
