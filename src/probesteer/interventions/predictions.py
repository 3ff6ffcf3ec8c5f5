"""What a model of any kind predicts: logits of tokens, or of classes."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor
from transformers import DynamicCache

from probesteer.models.loading import LoadedModel
from probesteer.places import Place


def predictions(
    loaded: LoadedModel,
    inputs: Mapping[str, Tensor],
    keep: int,
    past: DynamicCache | None = None,
) -> Tensor:
    """Logits at the last `keep` positions: [batch, keep, predicted].

    A classifier has one position. past: keys and values of the tokens before, of a causal model.
    """
    options: dict[str, Any] = {}
    if loaded.causal:
        options = {
            "past_key_values": past,
            "use_cache": past is not None,
            "logits_to_keep": keep,
        }
    elif loaded.kind == "encoder_decoder":
        options = {"use_cache": False}
    logits: Tensor = loaded.model(**inputs, **options).logits
    return logits[:, None] if logits.dim() == 2 else logits[:, -keep:]


def predicted(loaded: LoadedModel) -> int:
    """How many tokens or classes there are to predict."""
    config = loaded.model.config
    if loaded.kind == "encoder":
        return 2
    if loaded.kind == "image":
        return int(config.num_labels)
    return int(config.get_text_config(decoder=True).vocab_size)


def first_edited(loaded: LoadedModel, place: Place, start: int) -> int:
    """The first token that is edited at `place`, where `start` is the last of the prompt.

    A decoder has yet to write all of its tokens; of an image no token comes last.
    """
    in_decoder = loaded.decoder_layer is not None and place.layer >= loaded.decoder_layer
    return 0 if in_decoder or loaded.kind == "image" else start


def at_start(loaded: LoadedModel, place: Place, hidden: Tensor, start: int) -> Tensor:
    """The activation that stands for an example: [batch, tokens, d] -> [batch, d].

    The first that an edit "from_last" changes; of an image the mean over its tokens.
    """
    if loaded.kind == "image":
        return hidden.mean(dim=1)
    return hidden[:, first_edited(loaded, place, start)]
