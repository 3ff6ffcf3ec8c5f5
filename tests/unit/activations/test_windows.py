"""Windows of tokens, as a model computes them for each text alone."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from probesteer.activations.image_rows import image_rows
from probesteer.concepts.positions import parse_position
from probesteer.errors import ProbesteerError
from probesteer.models.loading import LoadedModel
from tests.tiny_models import TEXTS
from tests.unit.activations.filling import fill, one_at_a_time, request

Load = Callable[[str], LoadedModel]


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("kind", ["gpt2", "llama", "bert"])
def test_the_rows_of_a_window_are_the_last_of_all_rows(
    kind: str, side: str, load_tiny: Load, tmp_path: Path
) -> None:
    loaded = load_tiny(kind)
    loaded.tokenizer.padding_side = side
    # The spans of filling.SPANS end inside most texts.
    window = fill(loaded, tmp_path, request(position="window:4"))
    everything = one_at_a_time(loaded, "all")
    at_end = one_at_a_time(loaded, "span")
    encoded = loaded.tokenizer(list(TEXTS), return_special_tokens_mask=True)
    counts = [mask.count(0) for mask in encoded["special_tokens_mask"]]
    starts = np.cumsum([0, *counts])
    first = [mask.index(0) for mask in encoded["special_tokens_mask"]]
    assert np.unique(window.example).tolist() == list(range(len(TEXTS)))
    for example in range(len(TEXTS)):
        rows = np.flatnonzero(window.example == example)
        tokens = window.token[rows]
        assert np.array_equal(np.diff(tokens), np.ones(len(rows) - 1))
        assert len(rows) == min(4, tokens[-1] - first[example] + 1)
        for place in window.places:
            read, of_text = window.read(place)[rows], everything[place][starts[example] :]
            expected = of_text[tokens - first[example]]
            np.testing.assert_allclose(read, expected, atol=1e-5)
            np.testing.assert_allclose(read[-1], at_end[place][example], atol=1e-5)


def test_images_have_no_window() -> None:
    with pytest.raises(ProbesteerError) as caught:
        image_rows(parse_position("window:4:0"), 3)
    assert str(caught.value) == (
        "config: position window is one of texts; read images at mean, or at an index such as 0"
    )
