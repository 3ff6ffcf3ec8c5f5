"""A tiny random model of every architecture that the installed transformers can make."""

import inspect
from dataclasses import dataclass
from typing import Any, Literal

import torch
import transformers
from torch import Tensor
from transformers.models.auto.configuration_auto import CONFIG_MAPPING
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING_NAMES,
    MODEL_FOR_MASKED_LM_MAPPING_NAMES,
    MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES,
)

from tests.architectures.shrinking import tiny_config

Kind = Literal["causal", "masked", "encoder_decoder", "image"]
MAPPINGS: dict[Kind, Any] = {
    "causal": MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    "masked": MODEL_FOR_MASKED_LM_MAPPING_NAMES,
    "encoder_decoder": MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES,
    "image": MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING_NAMES,
}
# A model that is larger has a setting that no rule made small.
MOST_WEIGHTS = 5_000_000


@dataclass(frozen=True)
class Entry:
    """One line of a mapping of transformers."""

    kind: Kind
    model_type: str
    architecture: str


class TooLarge(Exception):
    """The rules did not make this architecture small."""


# Settings by architecture, where one configuration serves several.
_OWN: dict[str, dict[str, Any]] = {
    "ReformerForMaskedLM": {"is_decoder": False},
}
# Types of model that run for minutes on a CPU; none since heads of every kind are made small.


def entries(kind: Kind) -> list[Entry]:
    """Every architecture of a kind."""
    found = []
    for model_type, names in MAPPINGS[kind].items():
        for name in (names,) if isinstance(names, str) else names:
            found.append(Entry(kind, model_type, name))
    return found


def build(entry: Entry) -> Any:
    """The model with seeded random weights, in evaluation mode.

    Weights keep the size of what goes through them; norms, gates and biases are moved off the
    values at which they hide what a change does.

    Raises what transformers raises where it can't be built.
    """
    config = tiny_config(CONFIG_MAPPING[entry.model_type], **_OWN.get(entry.architecture, {}))
    architecture = getattr(transformers, entry.architecture)
    if not isinstance(config, architecture.config_class):
        # As `from_pretrained` does for the text part of a larger model.
        config = config.get_text_config(decoder=True)
    with torch.device("meta"):
        weights = sum(parameter.numel() for parameter in architecture(config).parameters())
    if weights > MOST_WEIGHTS:
        raise TooLarge(f"{weights:,} weights")
    torch.manual_seed(0)
    model = architecture(config).eval().requires_grad_(False)
    for parameter in model.parameters():
        if not parameter.is_floating_point():
            continue
        size = parameter.shape[1:].numel() if parameter.dim() > 1 else 400
        parameter.data += torch.randn_like(parameter) * size**-0.5
    if entry.kind == "image":
        _set_running_statistics(entry, model)
    return model


def _set_running_statistics(entry: Entry, model: Any) -> None:
    """Batch norms take their means and variances from sixteen images, as if they were trained."""
    norms = [m for m in model.modules() if isinstance(m, torch.nn.modules.batchnorm._BatchNorm)]
    for norm in norms:
        norm.momentum = 1.0
        norm.train()
    if norms:
        with torch.no_grad():
            model(pixel_values=torch.stack(inputs(entry, model, 16)))
    model.eval()


def inputs(entry: Entry, model: Any, images: int = 2) -> list[Tensor]:
    """Token sequences [tokens] of lengths 5 and 7, or images [channels, height, width]."""
    generator = torch.Generator().manual_seed(0)
    if entry.kind == "image":
        side = getattr(model.config, "image_size", None) or 32
        height, width = (side, side) if isinstance(side, int) else side
        channels = getattr(model.config, "num_channels", 3)
        return list(torch.randn(images, channels, height, width, generator=generator))
    return [torch.randint(10, 60, (length,), generator=generator) for length in (5, 7)]


def padded_pair(entry: Entry, model: Any) -> dict[str, Any]:
    """A batch as a forward pass takes it: two texts padded on the right, [2, 7], or two images.

    Padding is the id 0; an encoder-decoder's decoder reads the first three tokens of each text.
    No cache is made, as a pass of one batch needs none.
    """
    accepted = inspect.signature(model.forward).parameters
    options = {"use_cache": False} if "use_cache" in accepted else {}
    examples = inputs(entry, model)
    if entry.kind == "image":
        return {**_images(torch.stack(examples), model.config, set(accepted)), **options}
    short, long = examples
    ids = torch.nn.utils.rnn.pad_sequence([long, short], batch_first=True)
    batch: dict[str, Any] = {"input_ids": ids, "attention_mask": (ids != 0).long(), **options}
    if entry.kind == "encoder_decoder":
        batch["decoder_input_ids"] = ids[:, :3]
    if "encoder_inputs_embeds" in accepted:
        # Sound, which it hears beside each token: some frames of it a token.
        config = model.config
        frames = config.downsample_factor * ids.shape[1]
        batch["encoder_inputs_embeds"] = torch.zeros(2, frames, config.audio_config.hidden_size)
    return batch


def _images(pixels: Tensor, config: Any, accepted: set[str]) -> dict[str, Tensor]:
    """Images [images, channels, height, width] in the form in which a model takes them."""
    if "pixel_values" not in accepted:
        # Colours by number, as many as there are words: 8 x 8 pixels of the first channel.
        colours = (pixels[:, 0, :8, :8].flatten(1) * 8 + 32).clamp(10, 59)
        return {"input_ids": colours.long()}
    if "spatial_shapes" in accepted:
        size = config.vision_config.patch_size
        rows, columns = (side // size for side in pixels.shape[2:])
        patches = torch.nn.functional.unfold(pixels, size, stride=size).transpose(1, 2)
        shapes = torch.tensor([[rows, columns]] * len(pixels))
        mask = torch.ones(patches.shape[:2], dtype=torch.long)
        return {"pixel_values": patches, "pixel_attention_mask": mask, "spatial_shapes": shapes}
    if "input_ids" in accepted:
        # A question about an image, whose place is kept by a token for each of its parts.
        places = torch.full((len(pixels), config.mm_tokens_per_image), config.image_token_id)
        question = torch.tensor([[10, 20, 30]] * len(pixels))
        ids = torch.cat([places, question], dim=1)
        return {"pixel_values": pixels, "input_ids": ids, "attention_mask": torch.ones_like(ids)}
    return {"pixel_values": pixels}
