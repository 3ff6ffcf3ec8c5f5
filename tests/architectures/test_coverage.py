"""Every architecture that the installed transformers can build small: its sites are proved.

The same outcomes as a table: `make architectures`, in `docs/architectures.md`.
"""

import pytest

from tests.architectures.entries import Kind, entries
from tests.architectures.outcomes import outcome

pytestmark = pytest.mark.slow

# Of each kind: how many are built at least, and what share of those passes. Measured: 186 and 181
# causal models, 50 and 48 masked, 36 and 35 encoder-decoders, 38 and 38 image classifiers.
FLOORS: dict[Kind, tuple[int, float]] = {
    "causal": (184, 0.97),
    "masked": (50, 0.95),
    "encoder_decoder": (36, 0.95),
    "image": (38, 0.95),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", list(FLOORS))
def test_sites_hold_on_every_architecture(kind: Kind) -> None:
    outcomes = [outcome(entry) for entry in entries(kind)]
    built = [found for found in outcomes if found.built]
    failed = [found for found in built if not found.passed]
    said = "\n".join(f"{found.entry.architecture}: {found.reason}" for found in failed)
    least, share = FLOORS[kind]
    unbuilt = [found.entry.architecture for found in outcomes if not found.built]
    assert len(built) >= least, f"not built: {unbuilt}"
    assert 1 - len(failed) / len(built) >= share, said


@pytest.mark.filterwarnings("ignore")
def test_common_architectures_have_every_site() -> None:
    """By name, so that a share that is high enough doesn't hide the models people use."""
    wanted = {
        "gpt2",
        "llama",
        "mistral",
        "qwen2",
        "qwen3",
        "gemma2",
        "gemma3_text",
        "phi3",
        "olmo2",
    }
    found = {entry.model_type: outcome(entry) for entry in entries("causal")
             if entry.model_type in wanted}  # fmt: skip
    assert set(found) == wanted
    for model_type, reached in found.items():
        assert reached.passed, (model_type, reached.reason)
        assert len(reached.sites) == 7, (model_type, reached.sites)
