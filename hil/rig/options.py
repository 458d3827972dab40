"""What belongs to one driver or twin alone: read by a model of its own, with the rig file's way of telling mistakes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import ConfigDict, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from ...scenarios.model import Model
from ...scenarios.spelling import closest, quoted


class Options(Model):
    """Keys of a driver or twin. In files they are written with dashes where Python has underscores."""

    model_config = ConfigDict(alias_generator=lambda name: name.replace("_", "-"))


O = TypeVar("O", bound=Options)


def read_options(
    model: type[O],
    told: Mapping[str, Any],
    context: Any,
    *,
    beside: Iterable[str] = (),
    below: tuple[str, ...] = (),
) -> O:
    """The options that `told` gives. `beside`: keys beside them, which messages name as well.

    Raises: ValidationError, with locations within `told` (after `below`); in a validator it becomes part of what that
    reports.
    """
    try:
        return model.model_validate(dict(told), context=context)
    except ValidationError as error:
        names = [*beside, *(field.alias or name for name, field in model.model_fields.items())]
        details = [{**one, "loc": (*below, *one["loc"])} for one in _plainly(error, names)]
        raise ValidationError.from_exception_data(model.__name__, details) from None  # type: ignore[arg-type]


def wrong(message: str, *loc: str | int, value: Any = None, on_key: bool = False) -> ValidationError:
    """One mistake, at a place below the one that is being validated."""
    return ValidationError.from_exception_data("rig", [_detail(message, loc, value, on_key)])


def _detail(message: str, loc: tuple[str | int, ...], value: Any, on_key: bool) -> InitErrorDetails:
    kind = PydanticCustomError("value_error", "{error}", {"error": ValueError(message)})
    return InitErrorDetails(type=kind, loc=(*loc, "[key]") if on_key else loc, input=value)


def _plainly(error: ValidationError, names: list[str]) -> list[InitErrorDetails]:
    """Unknown keys with what may have been meant; then nothing is said to be missing."""
    found = error.errors(include_url=False)
    meant = {
        closest(str(one["loc"][0]), names)
        for one in found
        if one["type"] == "extra_forbidden" and len(one["loc"]) == 1
    }
    details = []
    for one in found:
        loc = one["loc"]
        if one["type"] == "extra_forbidden" and len(loc) == 1:
            near = closest(str(loc[0]), names)
            hint = f"did you mean {near!r}?" if near else f"there are: {', '.join(names) or 'none'}"
            details.append(_detail(f"unknown key {quoted(loc[0])}; {hint}", loc, one["input"], True))
        elif one["type"] == "missing" and loc[-1] in meant:
            pass
        else:
            context = one.get("ctx") or {}
            kind: Any = one["type"]
            if kind == "value_error":
                kind = PydanticCustomError("value_error", "{error}", context)
            details.append(InitErrorDetails(type=kind, loc=loc, input=one["input"], ctx=context))
    return details
