"""What a model does with its input, which decides how it is loaded and read out."""

from typing import Any, Literal

from transformers import AutoModel, AutoModelForCausalLM, AutoModelForMaskedLM
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    MODEL_FOR_MASKED_LM_MAPPING_NAMES,
)

Kind = Literal["causal", "masked", "encoder"]

# causal: predicts the next token. masked: predicts the token behind [MASK]. encoder: neither.
_LOADERS: dict[Kind, Any] = {
    "causal": AutoModelForCausalLM,
    "masked": AutoModelForMaskedLM,
    "encoder": AutoModel,
}


def kind_of(architecture: str) -> Kind:
    """The kind of a class of transformers, such as `GPT2LMHeadModel`."""
    if architecture in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES.values():
        return "causal"
    if architecture in MODEL_FOR_MASKED_LM_MAPPING_NAMES.values():
        return "masked"
    return "encoder"


def loader_of(kind: Kind) -> Any:
    """The class of transformers that loads models of a kind."""
    return _LOADERS[kind]
