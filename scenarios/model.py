"""The common ground of everything that a file may say: frozen, strict, documented."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import CoreSchema, core_schema


def _scalars(schema: Any) -> Iterator[Any]:
    """Whole numbers, numbers and truth values within a core schema."""
    rest = [schema]
    while rest:
        one = rest.pop()
        if isinstance(one, dict):
            if one.get("type") in ("int", "float", "bool"):
                yield one
            rest += [
                inner for name, inner in one.items() if name not in ("metadata", "serialization", "default")
            ]
        elif isinstance(one, list | tuple):
            rest += one


class Model(BaseModel):
    """Frozen data; unknown keys are errors, text is no number, and neither is `true`."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, populate_by_name=True, allow_inf_nan=False
    )

    @classmethod
    def model_json_schema(cls, *arguments: Any, **options: Any) -> dict[str, Any]:
        """JSON Schema of what may stand in a file."""
        return super().model_json_schema(*arguments, **{"schema_generator": FileSchema, **options})

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        # `strict=True` for the whole model would refuse lists where tuples are kept, too.
        schema = handler(source)
        for scalar in _scalars(handler.resolve_ref_schema(schema)):
            scalar.setdefault("strict", True)
        return schema


class Parsed:
    """A frozen value that reads itself from what stands in a file, and is written back as the text that it came from."""

    @classmethod
    def parse(cls, value: Any, folder: Path | None = None) -> Self:
        """Read text (or a number, or a mapping). Other files that it names lie relative to `folder`.

        Raises:
            ValueError: what is wrong with it, and how to write it.
        """
        raise NotImplementedError

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """What may stand in a file."""
        return {"type": "string"}

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def read(value: Any, info: ValidationInfo) -> Any:
            return value if isinstance(value, cls) else cls.parse(value, folder_of(info))

        return core_schema.with_info_plain_validator_function(
            read,
            ref=f"{cls.__module__}.{cls.__qualname__}:{id(cls)}",
            serialization=core_schema.to_string_ser_schema(),
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return cls.json_schema()


class FileSchema(GenerateJsonSchema):
    """JSON Schema whose defaults are written as they would be in a file: `5 s`, not 5.0."""

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        found = super().default_schema(schema)
        unit = found.get("unit")
        if unit is not None and isinstance(found.get("default"), float):
            found["default"] = f"{found['default']:g} {unit}"
        return found

    def encode_default(self, dft: Any) -> Any:
        if isinstance(dft, Parsed):
            return str(dft)
        if isinstance(dft, list | tuple):
            return [self.encode_default(entry) for entry in dft]
        if isinstance(dft, Model):
            names = (
                (dft.__class__.model_fields[name].alias or name, name)
                for name in sorted(dft.model_fields_set)
            )
            return {shown: self.encode_default(getattr(dft, name)) for shown, name in names}
        return super().encode_default(dft)


def folder_of(info: ValidationInfo) -> Path | None:
    """Where the file lies that is being read."""
    folder = (info.context or {}).get("folder")
    return None if folder is None else Path(folder)
