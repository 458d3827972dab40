"""The common ground of everything that a file may say: frozen, strict, documented."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """Frozen data; unknown keys are errors, a number is not a text and a text is not a number."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=False,
        use_attribute_docstrings=True,
        populate_by_name=True,
        allow_inf_nan=False,
    )
