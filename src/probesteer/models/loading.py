"""Load a fetched model, ready to be read and written at its places."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from transformers.utils import logging

from probesteer.errors import ProbesteerError
from probesteer.gpus import own_gpu
from probesteer.models.blocks import Blocks, find_blocks
from probesteer.models.kinds import Kind, loader_of, reader_of
from probesteer.models.record import ModelRecord
from probesteer.settings.schema import ChatSettings, ModelSettings


@dataclass(frozen=True)
class LoadedModel:
    """A model in evaluation mode, its tokenizer and its blocks."""

    name: str
    model: Any  # transformers.PreTrainedModel
    tokenizer: Any  # transformers.PreTrainedTokenizerBase; of image models the image processor
    blocks: Blocks
    device: torch.device
    kind: Kind
    chat: ChatSettings = field(default_factory=ChatSettings)  # how prompts are put to it

    @property
    def causal(self) -> bool:
        """It predicts the next token, and no activation depends on a later one."""
        return self.kind == "causal"

    @property
    def width(self) -> int:
        """Size d of the residual stream."""
        return int(self.model.config.get_text_config().hidden_size)

    @property
    def context_length(self) -> int | None:
        """Most tokens that the model takes; None where its config doesn't say."""
        length = getattr(self.model.config.get_text_config(), "max_position_embeddings", None)
        return None if length is None else int(length) - self._reserved_positions()

    def _reserved_positions(self) -> int:
        """Positions that no token takes: RoBERTa counts from behind the one of its padding."""
        for name, module in self.model.named_modules():
            padding = getattr(module, "padding_idx", None)
            if name.endswith("position_embeddings") and padding is not None:
                return int(padding) + 1
        return 0

    @property
    def pad_id(self) -> int:
        """A token id for padding; masked out, so any id does."""
        return int(self.tokenizer.pad_token_id or 0)

    @property
    def decoder_start_id(self) -> int:
        """The token that a decoder starts from."""
        config = self.model.config.get_text_config(decoder=True)
        for name in ("decoder_start_token_id", "bos_token_id"):
            found = getattr(self.model.config, name, None) or getattr(config, name, None)
            if found is not None:
                return int(found)
        return self.pad_id

    @property
    def decoder_layer(self) -> int | None:
        """The first block of the decoder, whose blocks are counted after the encoder's."""
        return self.blocks.decoder_layer

    def run_blocks(self, inputs: Mapping[str, Any]) -> Tensor:
        """One forward pass without the head.

        inputs: what a batch of the model takes (`inputs.Inputs.batch`). Returns what the head
        would get: [batch, tokens, d], or [batch, channels, height, width].
        """
        options = {}
        if self.kind in ("causal", "encoder_decoder"):
            options["use_cache"] = "past_key_values" in inputs
        output: Tensor = self.model.base_model(**inputs, **options)[0]
        return output


def load_model(record: ModelRecord, settings: ModelSettings) -> LoadedModel:
    """Load the weights of `record` on the wanted device, without touching the network.

    Raises ProbesteerError where the device is missing or the files can't be loaded.
    """
    device = _device(settings)
    # What transformers would report of the weights is checked here; its bars are noise in a log.
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    options = {
        "trust_remote_code": settings.trust_remote_code,
        "local_files_only": True,
    }
    try:
        tokenizer = reader_of(record.kind).from_pretrained(record.folder, **options)
        model, loading = loader_of(record.kind).from_pretrained(
            record.folder,
            dtype=getattr(torch, settings.dtype),
            use_safetensors=None if settings.allow_pickle_weights else True,
            output_loading_info=True,
            **_placement(settings),
            **options,
        )
        if not (settings.device_map or settings.quantization):
            model.to(device)
        model.eval().requires_grad_(False)
    # Files are read by four libraries, and one of them raises plain Exception.
    except Exception as fault:
        first = str(fault).strip().splitlines()[0] if str(fault).strip() else type(fault).__name__
        raise ProbesteerError(
            f"model {record.name}: {record.folder} can't be loaded: {first}; fetch or save it anew"
        ) from fault
    _check_whole(record, model, loading["missing_keys"])
    blocks = find_blocks(model, settings.blocks)
    return LoadedModel(record.name, model, tokenizer, blocks, _input_device(model), record.kind)


def _input_device(model: Any) -> torch.device:
    """Spread over several devices, a model takes its inputs where its first weights lie."""
    parameters: Iterable[Tensor] = model.parameters()
    return next(weights.device for weights in parameters if weights.device.type != "meta")


def _placement(settings: ModelSettings) -> dict[str, Any]:
    """What `from_pretrained` is told of devices and quantised weights."""
    placement: dict[str, Any] = {}
    if settings.device_map:
        placement["device_map"] = settings.device_map
    if settings.quantization:
        placement["quantization_config"] = dict(settings.quantization)
    return placement


def _check_whole(record: ModelRecord, model: Any, missing: Collection[str]) -> None:
    # No site lies behind the pooler; whatever else is missing would be filled with random numbers.
    lost = sorted(key for key in missing if "pooler" not in key)
    if lost:
        raise ProbesteerError(
            f"model {record.name}: {record.folder} lacks {len(lost)} weights, the first is "
            f"{lost[0]}; fetch or save it anew"
        )


def _device(settings: ModelSettings) -> torch.device:
    """Where the weights go; a model that is spread over all GPUs takes none for its own."""
    wanted = settings.device
    if wanted == "auto":
        wanted = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(wanted)
    except RuntimeError as fault:
        raise ProbesteerError(f"device {wanted!r} is unknown; use auto, cpu or cuda") from fault
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ProbesteerError(f"device {wanted!r}: no GPU is to be seen here; use auto or cpu")
    return own_gpu() if wanted == "cuda" and not settings.device_map else device
