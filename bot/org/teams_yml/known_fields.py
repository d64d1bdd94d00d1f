"""The fields that a file may have at a place, for a near miss."""

from collections.abc import Iterator, Sequence
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel


def known_fields(model: type[BaseModel], location: Sequence[int | str]) -> list[str]:
    """Returns the names of the fields of the object at a location in a file, as people write them."""
    found = [model]
    for step in location:
        if isinstance(step, str):
            found = [below for one in found for below in _below(one, step)]
    return sorted({field.alias or name for one in found for name, field in one.model_fields.items()})


def _below(model: type[BaseModel], step: str) -> Iterator[type[BaseModel]]:
    """Yields the models of a field. A step that is no field is a key of a mapping, or the name of a variant."""
    named = [field for name, field in model.model_fields.items() if step in (name, field.alias)]
    if not named:
        yield model
    for field in named:
        yield from _models(field.annotation)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in (list, dict, Union, UnionType, Annotated, tuple):
        for inner in get_args(annotation):
            yield from _models(inner)
