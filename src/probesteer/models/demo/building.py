"""Trains the demo model until the gate accepts it, and stores it.

`python -m probesteer.models.demo.building` measures the stored model anew, after a change of the
concepts' texts.
"""

import json
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import torch
from transformers import GPT2LMHeadModel

from probesteer.errors import ProbesteerError
from probesteer.files.atomic import write_text
from probesteer.models.demo import weights_folder
from probesteer.models.demo.concepts import CONCEPTS
from probesteer.models.demo.gate import ConceptFigures, faults, measure
from probesteer.models.demo.tokenizer import build_tokenizer
from probesteer.models.demo.training import DemoTrainingSettings, held_out_loss, train

_DIGITS: Final = 4


def measure_all(model: GPT2LMHeadModel) -> dict[str, ConceptFigures]:
    """The gate's figures for every concept that is gated."""
    return {
        name: measure(model, concept.examples(), concept.prompts())
        for name, concept in CONCEPTS.items()
        if concept.gated
    }


def load(folder: Path) -> GPT2LMHeadModel:
    """A stored demo model in float32, ready to run."""
    model: GPT2LMHeadModel = GPT2LMHeadModel.from_pretrained(folder, dtype=torch.float32)
    return model.eval()


def store(model: GPT2LMHeadModel, folder: Path) -> None:
    """Write a model and its tokenizer; the numbers as float16, to keep the repository small.

    The config says float32, so `from_pretrained` computes in float32 unless told otherwise.
    """
    # from a copy: the caller's model keeps its dtype
    half = GPT2LMHeadModel(model.config)
    half.load_state_dict(model.state_dict())
    half.half().save_pretrained(folder)
    build_tokenizer().save_pretrained(folder)
    config = folder / "config.json"
    settings = json.loads(config.read_text(encoding="utf-8"))
    settings["dtype"] = "float32"
    config.write_text(json.dumps(settings, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _rounded(value: Any) -> Any:
    """The same value with its numbers rounded, so that the record stays readable."""
    if isinstance(value, float):
        return round(value, _DIGITS)
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return value


def _record(
    settings: DemoTrainingSettings,
    seed: int,
    loss: float,
    entropy: float,
    figures: dict[str, ConceptFigures],
) -> str:
    """The training record, as JSON."""
    content = {
        "settings": asdict(settings),
        "seed": seed,
        "loss_nats_per_token": loss,
        "entropy_nats_per_token": entropy,
        "concepts": _by_concept(figures),
    }
    return _as_json(content)


def _by_concept(figures: dict[str, ConceptFigures]) -> dict[str, Any]:
    return {
        name: {**asdict(found), "best_block": found.best_block} for name, found in figures.items()
    }


def _as_json(content: dict[str, Any]) -> str:
    return json.dumps(_rounded(content), indent=2) + "\n"


def measure_again(weights: Path) -> None:
    """Put the gate's figures for today's concepts into the training record of stored weights.

    Raises ProbesteerError, and leaves the record as it is, where the gate rejects the model.
    """
    figures = measure_all(load(weights))
    found = faults(figures)
    if found:
        raise ProbesteerError(
            f"{weights}: the demo model fails its gate ({'; '.join(found)}); train it again"
        )
    record = weights / "training.json"
    content = json.loads(record.read_text(encoding="utf-8"))
    write_text(record, _as_json({**content, "concepts": _by_concept(figures)}))


def build(settings: DemoTrainingSettings, weights: Path) -> None:
    """Train, store and gate, with another seed after each rejection.

    What the gate sees is the model as stored. The folder appears only when it is accepted, in one
    step. Raises ProbesteerError if every attempt was rejected.
    """
    rejections = []
    weights.parent.mkdir(parents=True, exist_ok=True)
    for seed in range(settings.seed, settings.seed + settings.attempts):
        with tempfile.TemporaryDirectory(dir=weights.parent, prefix=".demo-") as beside:
            folder = Path(beside) / "weights"
            store(train(settings, seed), folder)
            model = load(folder)
            figures = measure_all(model)
            found = faults(figures)
            if not found:
                record = _record(settings, seed, *held_out_loss(model), figures)
                (folder / "training.json").write_text(record, encoding="utf-8")
                _replace(folder, weights)
                return
        rejections.append(f"seed {seed}: {', '.join(found)}")
    raise ProbesteerError(
        f"the demo model failed its gate {settings.attempts} times ({'; '.join(rejections)}); "
        "try more steps or another seed"
    )


def _replace(folder: Path, target: Path) -> None:
    """Put a finished folder in the place of the target."""
    # a folder cannot be renamed onto a filled one: move the old one aside first
    if target.exists():
        old = folder.with_name("old")
        target.rename(old)
        folder.rename(target)
        shutil.rmtree(old)
    else:
        folder.rename(target)


if __name__ == "__main__":
    measure_again(weights_folder())
