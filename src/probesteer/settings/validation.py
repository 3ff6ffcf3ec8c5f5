"""Checks across the keys of the settings that types alone cannot make."""

import math
import re
from collections.abc import Sequence

from probesteer.settings.checks import at_least as _at_least
from probesteer.settings.checks import choice as _choice
from probesteer.settings.checks import fail as _fail
from probesteer.settings.checks import finite as _finite
from probesteer.settings.checks import listed as _listed
from probesteer.settings.checks import positive as _positive
from probesteer.settings.dose_checks import check_directions, check_operators, check_push_units
from probesteer.settings.drift_checks import check_drift
from probesteer.settings.schema import ConceptSettings, DatasetSettings, Settings

# Folders of results/ that belong to all experiments.
_SHARED_FOLDERS = ("activations", "datasets", "logs", "made", "models")

# Of examples and prompts: what a file may name otherwise.
_OF_EXAMPLES = ("text", "messages", "label", "group", "pair", "split", "span")
_COLUMNS = (*_OF_EXAMPLES, "prompt", "positive", "negative")


def validate(settings: Settings) -> None:
    """Raise ProbesteerError, in one line that names the key, for the first value out of place."""
    _names(settings)
    for name, model in settings.model.items():
        _choice(f"model.{name}.dtype", model.dtype, "dtype")
        if not re.fullmatch(r"auto|cpu|mps|cuda(:\d+)?", model.device):
            _fail(f"model.{name}.device", f"{model.device!r}", "use auto, cpu, cuda or cuda:1")
        if model.path is None and model.hub is None:
            _fail(f"model.{name}.path", "neither a folder nor `hub` is given", "add model_path=…")
    for name, concept in settings.concept.items():
        if concept.examples and concept.dataset.name:
            _fail(f"concept.{name}.dataset", "examples are given too", "leave one of them out")
        for key in ("description", "examples", "prompts", "neutral"):
            if not getattr(concept, key) and not (key == "examples" and concept.dataset.name):
                _fail(f"concept.{name}.{key}", "missing", f"write it in config/concept/{name}.yaml")
        _chat(name, concept)
        _asked(name, concept)
        _columns(name, concept)
        _choice(f"concept.{name}.kind", concept.kind, "kind")
        _at_least(f"concept.{name}.window", concept.window, 0)
        _labels(name, concept)
        if not re.fullmatch(r"last|mean|all|span|user_end|-?\d+", concept.position):
            _fail(
                f"concept.{name}.position",
                f"{concept.position!r}",
                "use last, mean, all, span, user_end or an index",
            )
    _shares(settings)
    _activations(settings)
    _probe(settings)
    check_directions(settings)
    _sweeps(settings)
    _plot(settings)
    _geometry(settings)
    check_drift(settings)


def _labels(name: str, concept: ConceptSettings) -> None:
    named, classes = concept.labels, concept.kind == "classes"
    if len(set(named)) < len(named) or len(named) < 2 or (len(named) > 2 and not classes):
        remedy = {
            "binary": "name label 0 and label 1",
            "classes": "name two or more classes, each once",
            "real": "name the low end and the high end",
        }[concept.kind]
        _fail(f"concept.{name}.labels", f"{named}", remedy)


def _chat(name: str, concept: ConceptSettings) -> None:
    chat = concept.chat
    if chat.user is not None and "{text}" not in chat.user:
        _fail(f"concept.{name}.chat.user", f"{chat.user!r}", "write {text} where the text goes")
    if chat.messages and (chat.user is not None or chat.system is not None):
        _fail(f"concept.{name}.chat.messages", "user or system is given too", "leave those out")
    if chat.system is not None and chat.user is None:
        _fail(f"concept.{name}.chat.system", "given without user", "add user: '{text}'")
    if concept.position == "user_end" and chat.user is None and not chat.messages:
        _fail(f"concept.{name}.position", "user_end without a chat", "add chat: {user: '{text}'}")


def _asked(name: str, concept: ConceptSettings) -> None:
    asked = concept.asked
    if bool(asked.positive) != bool(asked.negative):
        missing = "negative" if asked.positive else "positive"
        _fail(f"concept.{name}.asked.{missing}", "missing", "ask for both sides, or for none")
    if asked.positive and concept.chat.messages:
        _fail(
            f"concept.{name}.asked", "prompts are conversations", "leave it out, or use chat.user"
        )


def _columns(name: str, concept: ConceptSettings) -> None:
    dataset = concept.dataset
    for key, columns, known in (
        ("columns", concept.columns, _COLUMNS),
        ("dataset.columns", dataset.columns, _OF_EXAMPLES),
    ):
        for ours in columns:
            if ours not in known:
                _fail(f"concept.{name}.{key}", f"{ours!r}", f"use some of {', '.join(known)}")
    if dataset != DatasetSettings() and not dataset.name:
        _fail(f"concept.{name}.dataset.name", "missing", "give a hub id, a folder or a file")


def _names(settings: Settings) -> None:
    if not settings.models:
        _fail("models", "empty", "choose one with model=NAME")
    if not settings.concepts:
        _fail("concepts", "empty", "choose one with concept=NAME")
    _listed("models", settings.models)
    _listed("concepts", settings.concepts)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", settings.experiment):
        _fail("experiment", f"{settings.experiment!r} is not a name", "use letters and digits")
    if settings.experiment in _SHARED_FOLDERS:
        _fail("experiment", f"results/{settings.experiment} is shared", "use another name")
    if settings.seed < 0:
        _fail("seed", f"{settings.seed}", "use 0 or more")


def _shares(settings: Settings) -> None:
    shares = settings.split
    values = (shares.train, shares.validation, shares.test)
    if min(values) <= 0 or not math.isclose(sum(values), 1, abs_tol=1e-6):
        _fail("split", f"{values}", "use three positive shares that add up to 1")


def _activations(settings: Settings) -> None:
    _choice("activations.dtype", settings.activations.dtype, "dtype")
    for site in _listed("activations.sites", settings.activations.sites):
        _choice("activations.sites", site, "site")
    _at_least("activations.batch_tokens", settings.activations.batch_tokens, 1)
    _at_least("activations.shards", settings.activations.shards, 1)


def _probe(settings: Settings) -> None:
    probe = settings.probe
    for C in _listed("probe.C", probe.C):
        _positive("probe.C", C)
    _at_least("probe.folds", probe.folds, 2)
    if not re.fullmatch(r"cpu|cuda(:\d+)?", probe.device):
        _fail("probe.device", f"{probe.device!r}", "use cpu, cuda or cuda:1")
    _at_least("probe.shuffled_draws", probe.shuffled_draws, 20)
    _at_least("probe.bootstrap_draws", probe.bootstrap_draws, 100)
    _at_least("probe.control_draws", probe.control_draws, 1)
    _at_least("probe.resplits", probe.resplits, 0)
    for estimator in probe.estimators:
        _choice("probe.estimators", estimator, "estimator")
    for size in _listed("probe.neurons", probe.neurons):
        _at_least("probe.neurons", size, 1)
    _at_least("probe.bases", probe.bases, 1)


def _sweeps(settings: Settings) -> None:
    for stage, sweep in (("steering", settings.steering), ("scale", settings.scale)):
        _strengths(f"{stage}.strengths", sweep.strengths)
        _choice(f"{stage}.unit", sweep.unit, "unit of a push")
        _at_least(f"{stage}.batch_tokens", sweep.batch_tokens, 1)
        _at_least(f"{stage}.bootstrap_draws", sweep.bootstrap_draws, 100)
        for key, limit in (("prompts", sweep.prompts), ("neutral_texts", sweep.neutral_texts)):
            if limit is not None:
                _at_least(f"{stage}.{key}", limit, 4 if key == "prompts" else 1)
        for layer in [] if sweep.layers is None else _listed(f"{stage}.layers", sweep.layers):
            _at_least(f"{stage}.layers", layer, -1)
    for positions in _listed("steering.positions", settings.steering.positions):
        _choice("steering.positions", positions, "positions")
    _choice("scale.positions", settings.scale.positions, "positions of scale")
    for operator in _listed("scale.operators", settings.scale.operators):
        _choice("scale.operators", operator, "operator")
    for key in ("slope_range", "linear_tolerance", "cost"):
        _positive(f"scale.{key}", getattr(settings.scale, key))
    factors = _listed("scale.factors", settings.scale.factors)
    if 1.0 not in factors:
        _fail("scale.factors", "1 is missing", "add it: it is the unscaled model")
    _finite("scale.factors", factors)
    if min(factors) < 0:
        _fail("scale.factors", f"{min(factors)} is negative", "use 0 or more")
    if not (min(factors) < 1 < max(factors)):
        _fail("scale.factors", f"{list(factors)} lies on one side of 1", "add the other side")
    for key in ("readout", "entanglement"):
        strengths = getattr(settings.steering, key)
        _finite(f"steering.{key}", _listed(f"steering.{key}", strengths) if strengths else [])
        if 0 in strengths:
            _fail(f"steering.{key}", "0 is among them", "leave it out: it changes nothing")
    samples = settings.steering.samples
    _finite("steering.samples.strengths", samples.strengths)
    _at_least("steering.samples.prompts", samples.prompts, 0)
    _at_least("steering.samples.new_tokens", samples.new_tokens, 1)
    _positive("steering.samples.temperature", samples.temperature)
    check_operators(settings)
    check_push_units(settings)


def _plot(settings: Settings) -> None:
    plot = settings.plot
    _choice("plot.palette", plot.palette, "palette")
    for key in ("column_width", "double_width", "font_size"):
        _positive(f"plot.{key}", getattr(plot, key))
    _at_least("plot.dpi", plot.dpi, 1)


def _geometry(settings: Settings) -> None:
    geometry = settings.geometry
    for part in _listed("geometry.parts", geometry.parts) if geometry.parts else []:
        _choice("geometry.parts", part, "part")
    if not 0.5 < geometry.threshold <= 1:
        _fail("geometry.threshold", f"{geometry.threshold}", "use more than 0.5, at most 1")
    least = (("random_draws", 1), ("examples", 10), ("paths", 5), ("components", 1))
    for key, smallest in least:
        _at_least(f"geometry.{key}", getattr(geometry, key), smallest)
    _strengths("geometry.strengths", geometry.strengths)
    _finite("geometry.factors", _listed("geometry.factors", geometry.factors))
    if 1.0 not in geometry.factors or min(geometry.factors) < 0:
        _fail("geometry.factors", "1 is missing or one is negative", "use 1 and others from 0 up")
    _choice("geometry.unit", geometry.unit, "unit")
    _choice("geometry.codes", geometry.codes, "spline codes")
    _at_least("geometry.plane", geometry.plane, 5 if geometry.plane else 0)
    for pair in geometry.compositions or []:
        _composition(pair, settings)
    asked = geometry.dictionaries
    for kind in _listed("geometry.dictionaries.kinds", asked.kinds):
        _choice("geometry.dictionaries.kinds", kind, "dictionary")
    for site in _listed("geometry.dictionaries.sites", asked.sites):
        _choice("geometry.dictionaries.sites", site, "site")
    for key in ("atoms", "active", "epochs", "steps", "rows"):
        _at_least(f"geometry.dictionaries.{key}", getattr(asked, key), 1)
    for key in ("coding_penalty", "penalty"):
        _positive(f"geometry.dictionaries.{key}", getattr(asked, key))
    if asked.active > asked.atoms:
        told = f"{asked.active} of {asked.atoms} atoms can't be active"
        _fail("geometry.dictionaries.active", told, "use fewer")


def _composition(pair: Sequence[str], settings: Settings) -> None:
    key, named = "geometry.compositions", f"{list(pair)}"
    if len(pair) != 2 or pair[0] == pair[1]:
        _fail(key, f"{named} are not two concepts", "write a list of pairs, such as [[a, b]]")
    for name in pair:
        if name not in settings.concepts:
            _fail(key, f"{name!r} is not among the concepts", "add it to concepts")
        if settings.concept[name].kind != "binary":
            _fail(key, f"{name!r} has more than labels 0 and 1", "leave the pair out")


def _strengths(key: str, strengths: Sequence[float]) -> None:
    _finite(key, _listed(key, strengths))
    if 0 not in strengths:
        _fail(key, "0 is missing", "add it: it is the unsteered model")
    if not (min(strengths) < 0 < max(strengths)):
        _fail(key, f"{list(strengths)} lies on one side of 0", "add strengths on the other side")
