"""The public calls: light to import, and the same numbers as the rooms behind them."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

import probesteer as ps
from probesteer.errors import ProbesteerError
from probesteer.library.data import Activations, Concept
from probesteer.library.loading import Model
from probesteer.places import EMBEDDING, Place

REPOSITORY = Path(__file__).parents[3]
DATA = REPOSITORY / "config" / "concept" / "data" / "demo"


@pytest.fixture(scope="module")
def model() -> Model:
    return ps.load("demo", config=REPOSITORY / "config")


@pytest.fixture(scope="module")
def tense() -> Concept:
    return ps.concept("tense", config=REPOSITORY / "config")


@pytest.fixture(scope="module")
def activations(model: Model, tense: Concept) -> Activations:
    return ps.cache(model, tense)


def test_importing_it_is_light() -> None:
    heavy = ["torch", "transformers", "pandas", "numpy", "hydra", "omegaconf", "matplotlib"]
    code = f"import sys, probesteer; print([name for name in {heavy} if name in sys.modules])"
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert printed == "[]\n"


def test_every_public_name_is_there() -> None:
    for name in ps.__all__:
        assert getattr(ps, name).__doc__ and name in dir(ps)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = ps.nothing


def test_a_model_by_its_name_its_folder_or_as_embedded(
    model_folder: Callable[[str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    model: Model,
) -> None:
    monkeypatch.chdir(tmp_path)
    embedded = ps.load("demo", device="cpu")
    assert embedded.record is not None and model.record is not None
    assert embedded.record.digest == model.record.digest and embedded.name == "demo"
    tiny = ps.load(model_folder("llama"), dtype="bfloat16")
    assert tiny.model.dtype == torch.bfloat16 and tiny.dtype == "bfloat16"
    with pytest.raises(ProbesteerError, match="model 'gpt3': there is no config/ here"):
        ps.load("gpt3")
    with pytest.raises(ProbesteerError, match="'colour' is no setting; use some of path"):
        ps.load("demo", colour="red")
    with pytest.raises(ProbesteerError, match=r"holds no config.yaml"):
        ps.load("demo", config=tmp_path)


def test_a_concept_of_files_is_that_of_the_yaml(tense: Concept) -> None:
    named = ps.concept(
        "mine",
        examples=DATA / "tense" / "examples.csv",
        prompts=DATA / "tense" / "prompts.csv",
        neutral=DATA / "neutral.csv",
    )
    assert named.data.examples.equals(tense.data.examples)
    assert named.prompts.equals(tense.prompts)
    with pytest.raises(ProbesteerError, match="concept mine: no prompts; give that file too"):
        ps.concept("mine", examples="x.csv")
    with pytest.raises(ProbesteerError, match=r"concept mine: .*'exmples'"):
        ps.concept("mine", exmples="x.csv")


def test_activations_are_what_hooks_of_torch_see(model: Model, activations: Activations) -> None:
    assert activations.places == [EMBEDDING, *(Place("resid_post", layer) for layer in range(4))]
    text = activations.rows["text"][7]
    ids = torch.tensor([model.tokenizer(text)["input_ids"]])
    seen: list[torch.Tensor] = []
    handle = model.blocks[2].register_forward_hook(lambda _, __, output: seen.append(output))
    model.model(ids)
    handle.remove()
    recorded = activations.read(Place("resid_post", 2))[7]
    np.testing.assert_allclose(recorded, seen[0][0, -1], rtol=1e-4, atol=1e-4)


def test_a_cache_in_a_folder_is_found_again(model: Model, tense: Concept, tmp_path: Path) -> None:
    first = ps.cache(model, tense, tmp_path)
    file = first.cache.folder / "resid_post.001.safetensors"
    written = file.stat().st_mtime_ns
    again = ps.cache(model, tense, tmp_path)
    assert again.cache.folder == first.cache.folder and file.stat().st_mtime_ns == written
    assert np.array_equal(again.read(again.places[2]), first.read(first.places[2]))


def test_probes_read_what_they_are_to(activations: Activations) -> None:
    found = ps.probe(activations, C=[1.0], shuffled_draws=5, bootstrap_draws=50)
    curve = found.accuracy
    assert list(curve.columns) == ["site", "layer", "value", "low", "high", "null"]
    assert curve["layer"].tolist() == [0, 0, 1, 2, 3]
    assert found.place == Place("resid_post", 0) and curve["value"].iloc[1] == 1.0
    assert curve["null"].between(0.3, 0.7).all()
    with pytest.raises(ProbesteerError, match=r"probe: .*'penalty'"):
        ps.probe(activations, penalty=1)
    coefficient = found.probes[found.place].coefficient
    weights = ps.direction(activations, found.place, "logistic", found)
    expected = coefficient / np.linalg.norm(coefficient)
    np.testing.assert_allclose(weights.vector, expected, atol=1e-6)
    with pytest.raises(ProbesteerError, match="logistic needs the place's probe"):
        ps.direction(activations, found.place, "logistic")


def test_a_direction_is_the_difference_of_the_training_means(activations: Activations) -> None:
    found = ps.direction(activations, 1)
    X, rows = activations.read(Place("resid_post", 1)), activations.rows
    train = (rows["split"] == "train").to_numpy()
    labels = rows["label"].to_numpy()
    means = [X[train & (labels == label)].astype(np.float64).mean(axis=0) for label in (0, 1)]
    np.testing.assert_allclose(found.push(1, "gap"), means[1] - means[0], rtol=1e-4, atol=1e-4)
    randoms = ps.controls(activations, 1, draws=3)
    assert [one.gap for one in randoms] == [found.gap] * 3
    assert ps.direction(activations, Place("resid_post", 1)).gap == found.gap
    with pytest.raises(ProbesteerError, match=r"directions.methods: 'magic' is unknown"):
        ps.direction(activations, 1, method="magic")


def test_dose_and_response_are_what_the_steered_model_predicts(
    model: Model, tense: Concept, activations: Activations
) -> None:
    found = ps.direction(activations, 1)
    table = ps.dose_response(model, tense, found, (-1, 0, 1), prompts=6, bootstrap_draws=50)
    (row,) = table.query(
        "metric == 'logit_difference_change' and strength == 1 and split == 'all'"
    ).itertuples()
    assert (row.model, row.concept, row.layer, row.n) == ("demo", "tense", 1, 6)
    asked = tense.prompts.iloc[
        np.sort(np.random.default_rng(tense.seed).choice(len(tense.prompts), 6, replace=False))
    ]
    steered = ps.steer(model, found, 1, positions="from_last")
    changes = [
        difference(steered, model, *texts) - difference(model.model, model, *texts)
        for texts in asked[["prompt", "positive", "negative"]].itertuples(index=False)
    ]
    assert row.value == pytest.approx(np.mean(changes), abs=1e-3)
    with pytest.raises(ProbesteerError, match="strengths on both sides of a 0"):
        ps.dose_response(model, tense, found, (0, 1))


@torch.no_grad()
def difference(predictor: object, model: Model, prompt: str, positive: str, negative: str) -> float:
    """log p(positive) - log p(negative), each of one token."""
    assert callable(predictor)
    tokens = [model.tokenizer(f"{prompt} {end}")["input_ids"] for end in (positive, negative)]
    assert len(tokens[0]) == len(tokens[1])
    logits = predictor(torch.tensor([tokens[0][:-1]])).logits[0, -1]
    return float(logits[tokens[0][-1]] - logits[tokens[1][-1]])


def test_what_is_written_is_compared_from_one_draw(model: Model, activations: Activations) -> None:
    found, prompt = ps.direction(activations, 1), "the cat"
    table = ps.compare(model, prompt, found, (-2, 0, 2), new_tokens=8)
    assert table["strength"].tolist() == [-2, 0, 2]
    texts = table["continuation"].tolist()
    assert texts[1] == ps.write(model, prompt, new_tokens=8) and len(set(texts)) == 3
    with ps.steer(model, found, 2, positions="from_last") as steered:
        assert ps.write(steered, prompt, new_tokens=8) == texts[2]
    assert ps.write(steered, prompt, new_tokens=8) == texts[2]
