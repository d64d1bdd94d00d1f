"""The differences between two views, for snapshots that need not repeat a whole form."""

from typing import Any

Json = dict[str, Any]


def difference(before: Any, after: Any, *, at: str = "") -> Json:
    """Returns the places where `after` differs, by path, with what it has there; None is what it lacks.

    Blocks, elements and options go by their names: `blocks/quiet_from/element/initial_option/value`. Where their names
    or the order of them differ, the place has all names in order too.
    """
    if before == after:
        return {}
    found: Json = {}
    if (named := _by_name(before)) is not None and (others := _by_name(after)) is not None:
        if list(named) != list(others):
            found[f"{at}/names"] = list(others)
        before, after = named, others
    if not isinstance(before, dict) or not isinstance(after, dict):
        return {at: after}
    for name in [*after, *(name for name in before if name not in after)]:
        found |= difference(before.get(name), after.get(name), at=f"{at}/{name}".lstrip("/"))
    return found


def _by_name(value: Any) -> Json | None:
    """Returns a list's parts by the names that Slack knows them by, or None if it is no list of such parts."""
    if not isinstance(value, list) or not all(isinstance(part, dict) for part in value):
        return None
    names: list[Any] = [
        next((part[key] for key in ("block_id", "action_id", "value") if key in part), None) for part in value
    ]
    return dict(zip(names, value, strict=True)) if None not in names and len({*names}) == len(names) else None
