"""What a model does with its input, which decides how it is loaded and read out."""

from collections.abc import Iterable
from typing import Any, Literal

from transformers import (
    AutoModel,
    AutoModelForCausalLM,
    AutoModelForImageClassification,
    AutoModelForMaskedLM,
    AutoModelForSeq2SeqLM,
)
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING_NAMES,
    MODEL_FOR_MASKED_LM_MAPPING_NAMES,
    MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES,
)

# causal: predicts the next token. masked: predicts the token behind [MASK]. encoder_decoder:
# reads one text and writes another. image: classifies images. encoder: embeds texts.
Kind = Literal["causal", "masked", "encoder_decoder", "image", "encoder"]

_LOADERS: dict[Kind, Any] = {
    "causal": AutoModelForCausalLM,
    "encoder_decoder": AutoModelForSeq2SeqLM,
    "masked": AutoModelForMaskedLM,
    "image": AutoModelForImageClassification,
    "encoder": AutoModel,
}
# In this order: transformers also lists some that write another text as masked models.
_ARCHITECTURES: dict[Kind, Iterable[str | tuple[str, ...]]] = {
    "causal": MODEL_FOR_CAUSAL_LM_MAPPING_NAMES.values(),
    "encoder_decoder": MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES.values(),
    "masked": MODEL_FOR_MASKED_LM_MAPPING_NAMES.values(),
    "image": MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING_NAMES.values(),
}


def kind_of(architecture: str) -> Kind:
    """The kind of a class of transformers, such as `GPT2LMHeadModel`."""
    for kind, names in _ARCHITECTURES.items():
        if any(architecture in ((name,) if isinstance(name, str) else name) for name in names):
            return kind
    return "encoder"


def loader_of(kind: Kind) -> Any:
    """The class of transformers that loads models of a kind."""
    return _LOADERS[kind]
