"""What a model writes after a prompt, steered and not, from one and the same draw."""

from collections.abc import Sequence
from contextlib import nullcontext

import torch

from probesteer.directions.direction import Direction
from probesteer.errors import ProbesteerError
from probesteer.export.steered import Steered
from probesteer.interventions.edited_tokens import Positions
from probesteer.models.loading import LoadedModel
from probesteer.models.tokens import tokenize_prompts


def steered_continuations(
    loaded: LoadedModel,
    prompt: str,
    direction: Direction,
    strengths: Sequence[float],
    unit: str = "gap",
    positions: str | Positions = "from_last",
    new_tokens: int = 40,
    temperature: float = 0.7,
    seed: int = 0,
) -> list[str]:
    """A continuation for each strength; at 0 no hook is on the model.

    Every strength starts from the same seed, so that texts differ by the push alone. Errors as
    those of `Steered` and `continuation`.
    """
    written = []
    for strength in strengths:
        steered = Steered(loaded, direction, strength, unit, positions=positions)
        with steered if strength else nullcontext():
            written.append(continuation(loaded, prompt, new_tokens, temperature, seed))
    return written


@torch.no_grad()
def continuation(
    loaded: LoadedModel,
    prompt: str,
    new_tokens: int = 40,
    temperature: float = 0.7,
    seed: int = 0,
) -> str:
    """What the model writes after `prompt`, put to it by its chat template where it has a chat.

    temperature: 0 takes the likeliest token each time; else tokens are drawn from the softmax, and
    what the model's own settings say about sampling is set aside.

    Raises ProbesteerError for a model that writes no continuations, or a prompt that leaves no
    room in its context.
    """
    if not loaded.causal:
        raise ProbesteerError(
            f"model {loaded.name}: it writes no continuations; choose a causal model"
        )
    (ids,) = tokenize_prompts(loaded, [prompt], "prompt").ids
    room = new_tokens
    if loaded.context_length is not None:
        room = min(new_tokens, loaded.context_length - len(ids))
    if not len(ids) or room < 1:
        raise ProbesteerError(
            f"prompt: {len(ids)} tokens, but model {loaded.name} takes 1 to "
            f"{loaded.context_length} with what follows; write another"
        )
    batch = torch.from_numpy(ids)[None].to(loaded.device)
    end = loaded.tokenizer.eos_token_id
    drawn = {"do_sample": True, "temperature": temperature, "top_k": 0, "top_p": 1.0}
    torch.manual_seed(seed)
    written = loaded.model.generate(
        input_ids=batch,
        attention_mask=torch.ones_like(batch),
        max_new_tokens=room,
        repetition_penalty=1.0,
        pad_token_id=loaded.pad_id if end is None else end,
        **(drawn if temperature > 0 else {"do_sample": False}),
    )
    text: str = loaded.tokenizer.decode(written[0, len(ids) :], skip_special_tokens=True)
    return text.strip()
