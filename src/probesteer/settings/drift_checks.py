"""Checks of which checkpoints are compared."""

from collections.abc import Mapping
from typing import Any

from omegaconf import OmegaConf

from probesteer.settings.checks import fail, listed
from probesteer.settings.schema import Settings

_KEY = "geometry.drift.checkpoints"


def compared_models(content: Mapping[str, Any]) -> list[str]:
    """The models that are only compared with those of the run: named in pairs, not in `models`.

    content: the settings as plain containers, not checked yet. Raises what OmegaConf does where the
    geometry is none.
    """
    asked = OmegaConf.create({key: content[key] for key in ("geometry",) if key in content})
    typed = OmegaConf.merge(OmegaConf.structured(Settings), asked)
    named = dict.fromkeys(name for pair in typed.geometry.drift.checkpoints for name in pair)
    return [name for name in named if name not in content["models"]]


def check_drift(settings: Settings) -> None:
    """Raise ProbesteerError where a pair or a concept of drift isn't one.

    Whether two models have the same layers is known when both were read; the stage checks it.
    """
    drift = settings.geometry.drift
    for pair in drift.checkpoints:
        if len(pair) != 2 or pair[0] == pair[1]:
            fail(_KEY, f"{list(pair)} is no pair", "name two models, as [[first, second]]")
        if pair[0] not in settings.models:
            told = f"{pair[0]!r} is not among the models {', '.join(settings.models)}"
            fail(_KEY, told, "the first of a pair is one of them")
    if drift.checkpoints:
        listed(_KEY, [" and ".join(pair) for pair in drift.checkpoints])
    if drift.concepts:
        listed("geometry.drift.concepts", drift.concepts)
    for name in drift.concepts:
        if name not in settings.concepts:
            told = f"{name!r} is not among the concepts {', '.join(settings.concepts)}"
            fail("geometry.drift.concepts", told, "use some of them")
        if settings.concept[name].kind != "binary":
            told = f"{name!r} is of kind {settings.concept[name].kind}"
            fail("geometry.drift.concepts", told, "use concepts of two labels")
    if drift.checkpoints and all(settings.concept[c].kind != "binary" for c in settings.concepts):
        fail(_KEY, "no concept has two labels", "add one that has")
