"""A model that is steered, wherever a model is wanted."""

from contextlib import ExitStack
from typing import Any, Self
from weakref import WeakKeyDictionary

from probesteer.directions.direction import Direction
from probesteer.errors import ProbesteerError
from probesteer.interventions.edited_tokens import POSITIONS, Positions
from probesteer.interventions.intervene import intervene
from probesteer.interventions.operators.doses import OPERATORS, stacked_edit
from probesteer.models.blocks import find_blocks
from probesteer.models.kinds import kind_of
from probesteer.models.loading import LoadedModel

_OF_WIDTH = ("resid_pre", "attn_out", "resid_mid", "mlp_out", "resid_post")

# What steers each model now, in the order in which it came.
_STEERING: WeakKeyDictionary[Any, list["Steered"]] = WeakKeyDictionary()


class Steered:
    """A model with a direction added, or edited otherwise, in every pass.

    The edit is made by hooks on the model itself, while it is attached:

        with Steered(model, direction, 2) as steered:
            model.generate(...)              # steered, as is steered.generate(...)
        model.generate(...)                  # as it was, to the bit

    `attach()` and `detach()` do the same without a block. Called while it is not attached, as
    `steered(...)` or `steered.generate(...)`, it attaches itself for that call. All other
    attributes are the model's, so that it can be given to lm-evaluation-harness as
    `HFLM(pretrained=steered, tokenizer=…)`; where a PreTrainedModel is checked for, attach it and
    give `steered.model`.

    Several may be attached to one model: those attached first come first, whatever the order in
    which they are detached.
    """

    def __init__(
        self,
        model: Any,
        direction: Direction,
        strength: float,
        unit: str | None = None,
        operator: str = "add",
        positions: str | Positions = "all",
    ) -> None:
        """model: a `LoadedModel`, or a model of transformers as it is.

        strength, unit, operator: as in `operators.doses.stacked_edit`; without a unit it is the
        operator's first, for `add` the gap. positions: all, last, from_last, generated, or one of
        `edited_tokens`. Padding is never edited.

        Raises ProbesteerError for an unknown operator, unit or name, a place that the model doesn't
        have, or a direction of another width than the model's.
        """
        if isinstance(positions, str) and positions not in POSITIONS:
            raise ProbesteerError(
                f"positions: {positions!r} is unknown; choose one of {', '.join(POSITIONS)}"
            )
        self.loaded = model if isinstance(model, LoadedModel) else _as_loaded(model)
        self.direction, self.strength = direction, strength
        place, width = direction.place, len(direction.vector)
        if place.site in _OF_WIDTH and width != self.loaded.width:
            raise ProbesteerError(
                f"model {self.loaded.name}: {self.loaded.width} wide, but the direction has "
                f"{width} numbers; it is of another model"
            )
        known = unit or (OPERATORS[operator][0][0] if operator in OPERATORS else "gap")
        self._edit = stacked_edit(operator, [direction], [strength], known)
        self._positions = POSITIONS[positions] if isinstance(positions, str) else positions
        self._hooks: ExitStack | None = None
        with self:  # a place that isn't there is told now
            pass

    @property
    def model(self) -> Any:
        """The model of transformers, which is steered while this is attached."""
        return self.loaded.model

    @property
    def attached(self) -> bool:
        """Whether the model is steered now."""
        return self._hooks is not None

    def attach(self) -> Self:
        """Steer the model from now on. Raises ProbesteerError where it does so already."""
        if self.attached:
            raise ProbesteerError("steering: attached already; detach it first")
        self._enter()
        _STEERING.setdefault(self.model, []).append(self)
        return self

    def detach(self) -> None:
        """Leave the model as it was; nothing where this isn't attached."""
        if not self.attached:
            return
        stack = _STEERING[self.model]
        at = stack.index(self)
        later = stack[at + 1 :]
        # `intervene` has to be left in reverse order.
        for other in [*reversed(later), self]:
            other._leave()
        for other in later:
            other._enter()
        del stack[at]

    def __enter__(self) -> Self:
        return self.attach()

    def __exit__(self, *_: object) -> None:
        self.detach()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The model's own pass, steered."""
        return self._steered(self.model, args, kwargs)

    def generate(self, *args: Any, **kwargs: Any) -> Any:
        """The model's own `generate`, steered."""
        # Looked up inside: while steering, the model's `generate` is another one.
        return self._steered(lambda *a, **k: self.model.generate(*a, **k), args, kwargs)

    def __getattr__(self, name: str) -> Any:
        # Only for what is not found here; before `loaded` is set there is no model to ask.
        if name.startswith("__") or "loaded" not in self.__dict__:
            raise AttributeError(name)
        return getattr(self.loaded.model, name)

    def _steered(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if self.attached:
            return function(*args, **kwargs)
        with self:
            return function(*args, **kwargs)

    def _enter(self) -> None:
        with ExitStack() as hooks:
            place = self.direction.place
            hooks.enter_context(intervene(self.loaded, place, self._edit, self._positions))
            self._hooks = hooks.pop_all()

    def _leave(self) -> None:
        hooks, self._hooks = self._hooks, None
        assert hooks is not None
        hooks.close()


def _as_loaded(model: Any) -> LoadedModel:
    name = type(model).__name__
    return LoadedModel(name, model, None, find_blocks(model), model.device, kind_of(name))
