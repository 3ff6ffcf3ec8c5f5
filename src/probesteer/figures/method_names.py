"""What the methods of directions and the operators are called, and the looks they keep."""

from collections.abc import Iterable

from probesteer.figures.marks import MARKERS
from probesteer.figures.style import Colour, FigureStyle

_METHODS = {
    "difference_of_means": "difference of means",
    "paired_difference": "paired difference",
    "logistic": "logistic",
    "lda": "LDA",
    "pca_of_differences": "PCA of differences",
    "leace": "LEACE",
    "logit_gradient": "logit gradient",
    "file": "from a file",
}
_CONTROLS = {
    "random": "random",
    "orthogonal": "orthogonal",
    "shuffled": "shuffled labels",
}
OPERATORS = ("add", "clamp", "rotate", "scale", "ablate", "reflect", "erase")
_OTHER = "other_"


def method_name(method: str) -> str:
    """A method in a legend; another concept's direction by the name of the concept."""
    if is_other(method):
        return f"of {method.removeprefix(_OTHER)}"
    return {**_METHODS, **_CONTROLS}.get(method, method.replace("_", " "))


def is_other(method: str) -> bool:
    """Whether it is the direction of another concept."""
    return method.startswith(_OTHER)


def estimated(methods: Iterable[str]) -> list[str]:
    """Those of the estimated methods that are among `methods`, in one order."""
    found = set(methods)
    return [name for name in _METHODS if name in found]


def controls(methods: Iterable[str]) -> list[str]:
    """Those of the controls that are among `methods`: by chance, then other concepts'."""
    found = dict.fromkeys(methods)
    return [name for name in _CONTROLS if name in found] + [n for n in found if is_other(n)]


def method_look(method: str, style: FigureStyle) -> tuple[Colour, str]:
    """The colour and marker that a method has in every figure."""
    return _look([*_METHODS], method, style)


def operator_look(operator: str, style: FigureStyle) -> tuple[Colour, str]:
    """The colour and marker that an operator has in every figure."""
    return _look(list(OPERATORS), operator, style)


def _look(names: list[str], name: str, style: FigureStyle) -> tuple[Colour, str]:
    at = names.index(name) if name in names else len(names)
    return style.categories(len(names) + 1)[at], MARKERS[at % len(MARKERS)]
