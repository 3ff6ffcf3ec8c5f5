"""The demo concepts' data: balanced, known to the tokenizer, and as committed."""

from collections import Counter
from pathlib import Path

import pytest
import yaml

from probesteer.models.demo.concepts import CONCEPTS, concept_files, neutral_texts, write_concepts
from probesteer.models.demo.tokenizer import BOS_ID, build_tokenizer, vocabulary

PROJECT = Path(__file__).parents[3]

NAMES = sorted(CONCEPTS)


@pytest.mark.parametrize("name", NAMES)
def test_labels_are_balanced_in_every_group(name: str) -> None:
    examples = CONCEPTS[name].examples()
    counts = Counter((example.group, example.label) for example in examples)
    groups = {group for group, _ in counts}
    assert len(examples) >= 400
    assert len(groups) >= 10
    assert all(counts[group, 0] == counts[group, 1] > 0 for group in groups)


@pytest.mark.parametrize("name", NAMES)
def test_prompts_are_many_and_grouped(name: str) -> None:
    prompts = CONCEPTS[name].prompts()
    assert len(prompts) >= 60
    assert len({prompt.group for prompt in prompts}) >= 10
    assert all(prompt.positive != prompt.negative for prompt in prompts)


def test_the_tokenizer_knows_every_word() -> None:
    known = set(vocabulary())
    texts = list(neutral_texts())
    for concept in CONCEPTS.values():
        texts += [example.text for example in concept.examples()]
        for prompt in concept.prompts():
            texts += [prompt.prompt, prompt.positive, prompt.negative]
    assert {word for text in texts for word in text.split()} <= known


def test_the_tokenizer_puts_bos_first_and_splits_at_spaces() -> None:
    ids = vocabulary()
    encoded = build_tokenizer()("the dog lies")["input_ids"]
    assert encoded == [BOS_ID, ids["the"], ids["dog"], ids.get("lies")]


def test_no_text_says_its_label_by_its_last_word() -> None:
    for name, concept in CONCEPTS.items():
        if name in ("number", "tense"):
            continue  # read at a noun that both labels share by chance, not by design
        last: dict[str, Counter[int]] = {}
        for example in concept.examples():
            last.setdefault(example.text.split()[-1], Counter())[example.label] += 1
        for word, labels in last.items():
            share = labels[1] / labels.total()
            assert 0.3 < share < 0.7, (name, word, labels)


def test_committed_data_are_what_the_grammar_draws() -> None:
    for path, text in concept_files().items():
        assert (PROJECT / path).read_text(encoding="utf-8") == text, path


def test_settings_have_exactly_the_agreed_keys(tmp_path: Path) -> None:
    write_concepts(tmp_path)
    for name in NAMES:
        path = tmp_path / "config/concept" / f"{name}.yaml"
        text = path.read_text(encoding="utf-8")
        assert text.startswith("# ")
        settings = yaml.safe_load(text)
        assert list(settings) == [
            "description",
            "labels",
            "examples",
            "prompts",
            "neutral",
            "position",
        ]
        assert (tmp_path / settings["examples"]).is_file()
        assert (tmp_path / settings["prompts"]).is_file()
        assert (tmp_path / settings["neutral"]).is_file()
