"""Training lowers the loss; the gate lets the stored model pass and stops a random one."""

import json
from pathlib import Path

import pytest
import torch

from probesteer.errors import ProbesteerError
from probesteer.models.demo import building, weights_folder
from probesteer.models.demo.concepts import CONCEPTS
from probesteer.models.demo.gate import ConceptFigures, faults, last_residuals, measure
from probesteer.models.demo.tokenizer import build_tokenizer, vocabulary
from probesteer.models.demo.training import (
    DemoTrainingSettings,
    build_model,
    held_out_loss,
    train,
)

SMALL = DemoTrainingSettings(
    steps=40, batch_size=8, width=16, layers=2, heads=2, warmup_steps=4, attempts=1
)


def test_a_few_steps_lower_the_loss_and_a_seed_fixes_them() -> None:
    torch.manual_seed(SMALL.seed)
    untrained, entropy = held_out_loss(build_model(SMALL).eval(), n_documents=250)
    model = train(SMALL, seed=SMALL.seed)
    trained, _ = held_out_loss(model, n_documents=250)
    assert entropy < trained < untrained - 0.3
    again = train(SMALL, seed=SMALL.seed)
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, again.state_dict()[name]), name


def test_storing_halves_the_numbers_and_loads_as_float32(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = build_model(SMALL).eval()
    building.store(model, tmp_path)
    loaded = building.load(tmp_path)
    assert loaded.dtype == torch.float32
    assert model.dtype == torch.float32
    for name, tensor in model.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor.half().float()), name
    config = json.loads((tmp_path / "config.json").read_text())
    assert (config["bos_token_id"], config["eos_token_id"], config["pad_token_id"]) == (1, 2, 0)


def test_residuals_are_those_of_the_model() -> None:
    torch.manual_seed(0)
    model = build_model(SMALL).eval()
    texts = ["the dog is a kind of mammal", "the dog"]
    found = last_residuals(model, texts)
    assert found.shape == (SMALL.layers + 1, 2, SMALL.width)
    ids = torch.tensor([build_tokenizer()(texts[0])["input_ids"]])
    with torch.no_grad():
        states = model(input_ids=ids, output_hidden_states=True).hidden_states
        for layer in range(SMALL.layers):
            assert torch.allclose(found[layer, 0], states[layer][0, -1], atol=1e-5)
        # the library's last state has the final norm applied; ours has not
        normed = model.transformer.ln_f(found[-1, 0])
        assert torch.allclose(normed, states[-1][0, -1], atol=1e-5)


def test_the_gate_names_what_fails() -> None:
    good = ConceptFigures([0.5, 1.0], [5.0], [-4.0], [0.5])
    unread = ConceptFigures([0.5, 0.8], [5.0], [-4.0], [0.5])
    unsteered = ConceptFigures([0.5, 1.0], [5.0], [1.0], [0.5])
    noisy = ConceptFigures([0.5, 1.0], [5.0], [-4.0], [3.0])
    assert faults({"good": good}) == []
    found = faults({"unread": unread, "unsteered": unsteered, "noisy": noisy})
    assert [line.split(":")[0] for line in found] == ["unread", "unsteered", "noisy"]
    assert "read at 0.80" in found[0]


def test_the_gate_rejects_random_weights() -> None:
    torch.manual_seed(0)
    model = build_model(SMALL).eval()
    concept = CONCEPTS["truth"]
    assert measure(model, concept.examples(), concept.prompts()).fault is not None


def test_rejection_is_one_line_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only = {"truth": CONCEPTS["truth"]}
    monkeypatch.setattr(building, "CONCEPTS", only)
    settings = DemoTrainingSettings(
        steps=1, batch_size=4, width=16, layers=1, heads=2, attempts=2, seed=5
    )
    with pytest.raises(ProbesteerError) as error:
        building.build(settings, tmp_path / "weights")
    assert "seed 5: truth" in str(error.value)
    assert "seed 6: truth" in str(error.value)
    assert "\n" not in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_acceptance_replaces_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "CONCEPTS", {})
    target = tmp_path / "weights"
    target.mkdir()
    (target / "stale").write_text("old")
    settings = DemoTrainingSettings(steps=1, batch_size=4, width=16, layers=1, heads=2)
    building.build(settings, target)
    assert sorted(path.name for path in target.iterdir()) == [
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
        "training.json",
    ]
    assert json.loads((target / "training.json").read_text())["seed"] == settings.seed
    assert [path.name for path in tmp_path.iterdir()] == ["weights"]


def test_the_stored_tokenizer_is_the_corpus_s() -> None:
    stored = json.loads((weights_folder() / "tokenizer.json").read_text(encoding="utf-8"))
    assert stored["model"]["vocab"] == vocabulary()
    assert (weights_folder() / "model.safetensors").stat().st_size <= 4_000_000


def test_measuring_again_changes_the_concepts_of_the_record_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "CONCEPTS", {})
    torch.manual_seed(0)
    building.store(build_model(SMALL), tmp_path)
    record = tmp_path / "training.json"
    record.write_text(json.dumps({"seed": 3, "concepts": {"old": 1}}))
    building.measure_again(tmp_path)
    assert json.loads(record.read_text()) == {"seed": 3, "concepts": {}}
    monkeypatch.setattr(building, "CONCEPTS", {"truth": CONCEPTS["truth"]})
    with pytest.raises(ProbesteerError, match=r"fails its gate \(truth: .*; train it again$"):
        building.measure_again(tmp_path)
    assert json.loads(record.read_text()) == {"seed": 3, "concepts": {}}


@pytest.mark.slow
def test_the_gate_accepts_the_stored_model() -> None:
    figures = building.measure_all(building.load(weights_folder()))
    assert faults(figures) == []
    record = json.loads((weights_folder() / "training.json").read_text(encoding="utf-8"))
    assert set(record["concepts"]) == set(figures)
    for name, found in figures.items():
        assert record["concepts"][name]["accuracy"] == pytest.approx(found.accuracy, abs=0.01), name
        assert record["concepts"][name]["shift_up"] == pytest.approx(found.shift_up, abs=0.01), name
