"""Linear probing and steering of language models, as a library and a Snakemake workflow.

    import probesteer as ps

gives the calls listed in `__all__`. What they need is imported when they are first used, so that
importing this costs nothing.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from probesteer.errors import ProbesteerError
    from probesteer.export.chosen import open_directions
    from probesteer.export.control_vectors import write_control_vector
    from probesteer.export.steered import Steered
    from probesteer.library.data import cache, concept
    from probesteer.library.loading import load
    from probesteer.library.reading import controls, direction, probe
    from probesteer.library.steering import compare, dose_response, steer, write

__version__ = "0.1.0"
__all__ = [
    "ProbesteerError",
    "Steered",
    "cache",
    "compare",
    "concept",
    "controls",
    "direction",
    "dose_response",
    "load",
    "open_directions",
    "probe",
    "steer",
    "write",
    "write_control_vector",
]

_ORIGINS = {
    "errors": ("ProbesteerError",),
    "export.chosen": ("open_directions",),
    "export.control_vectors": ("write_control_vector",),
    "export.steered": ("Steered",),
    "library.data": ("cache", "concept"),
    "library.loading": ("load",),
    "library.reading": ("controls", "direction", "probe"),
    "library.steering": ("compare", "dose_response", "steer", "write"),
}


def __getattr__(name: str) -> Any:
    for module, names in _ORIGINS.items():
        if name in names:
            return getattr(importlib.import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
