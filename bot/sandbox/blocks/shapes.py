"""Shapes of JSON values: each is a function from a value and its pointer to a list of faults."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Shape = Callable[[Any, str], Iterator[str]]


def at(words: str, pointer: str) -> str:
    """Formats a fault in Slack's words."""
    return f"{words} [json-pointer:{pointer}]"


def string(most: int, *, least: int = 0) -> Shape:
    """Describes a string of `least` to `most` characters."""

    def check(value: Any, pointer: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield at("must be a string", pointer)
        elif len(value) > most:
            yield at(f"must be less than {most + 1} characters", pointer)
        elif len(value) < least:
            yield at(f"must be more than {least - 1} characters", pointer)

    return check


def one_of(*choices: Any) -> Shape:
    """Describes one of some constants."""

    def check(value: Any, pointer: str) -> Iterator[str]:
        if value not in choices:
            yield at(f"must be one of: {', '.join(map(str, choices))}", pointer)

    return check


def boolean(value: Any, pointer: str) -> Iterator[str]:
    """Checks for true or false."""
    if not isinstance(value, bool):
        yield at("must be a boolean", pointer)


def number(value: Any, pointer: str) -> Iterator[str]:
    """Checks for a number other than a boolean."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        yield at("must be a number", pointer)


def between(least: float, most: float) -> Shape:
    """Describes a number in a closed range."""

    def check(value: Any, pointer: str) -> Iterator[str]:
        yield from number(value, pointer)
        if isinstance(value, int | float) and not least <= value <= most:
            yield at(f"must be between {least} and {most}", pointer)

    return check


def anything(value: Any, pointer: str) -> Iterator[str]:
    """Accepts any value."""
    yield from ()


def items(shape: Shape, *, least: int = 1, most: int) -> Shape:
    """Describes an array of `least` to `most` items of one shape."""

    def check(value: Any, pointer: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield at("must be an array", pointer)
            return
        if len(value) > most:
            yield at(f"no more than {most} items allowed", pointer)
        if len(value) < least:
            yield at(f"no fewer than {least} items allowed", pointer)
        for i, item in enumerate(value):
            yield from shape(item, f"{pointer}/{i}")

    return check


def record(required: Mapping[str, Shape], optional: Mapping[str, Shape] | None = None) -> Shape:
    """Describes an object with exactly these fields."""
    known = {**required, **(optional or {})}

    def check(value: Any, pointer: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield at("must be an object", pointer)
            return
        for name in required:
            if name not in value:
                yield at(f"missing required field: {name}", pointer)
        for name, item in value.items():
            if name == "type":
                continue
            if name in known:
                yield from known[name](item, f"{pointer}/{name}")
            else:
                yield at(f"invalid additional property: {name}", pointer)

    return check


def by_type(shapes: Mapping[str, Shape]) -> Shape:
    """Describes an object whose `type` selects its shape."""

    def check(value: Any, pointer: str) -> Iterator[str]:
        kind = value.get("type") if isinstance(value, dict) else None
        if not isinstance(kind, str):
            yield at("missing required field: type", pointer)
        elif kind not in shapes:
            yield at(f"unsupported type: {kind}", f"{pointer}/type")
        else:
            yield from shapes[kind](value, pointer)

    return check


def all_of(*shapes: Shape) -> Shape:
    """Combines several shapes."""

    def check(value: Any, pointer: str) -> Iterator[str]:
        for shape in shapes:
            yield from shape(value, pointer)

    return check
