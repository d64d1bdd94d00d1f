"""Faults of a file once it is stored beside the teams that it does not name and the periods that have entries."""

from collections.abc import Iterable

from bot.org.teams import Directory, Team
from bot.periods import Calendar, Period, date_of


def calendar_faults(before: Calendar, after: Calendar, names: Iterable[str]) -> list[str]:
    """Returns a fault if a period that has entries would mean other days in the new calendar."""
    for name in sorted(names):
        then, now = _named(before, name), _named(after, name)
        if then is not None and then != now:
            days = f"{date_of(then.first_day)} to {date_of(then.end_day - 1)}"
            starts = "{:02d}-{:02d}".format(*before.starts)
            return [
                f"organisation.fiscal_year_starts: {name} has entries of {days}, and would mean other days; keep {starts}"
            ]
    return []


def _named(calendar: Calendar, name: str) -> Period | None:
    try:
        return calendar.named(name)
    except ValueError:
        return None


def tree_faults(directory: Directory) -> list[str]:
    """Returns faults of parents, ends and channels: one line each, which names the field."""
    faults = []
    if (change := directory.lineage.below_itself()) is not None:
        slug, since = directory.by_id(change.team_id).slug, date_of(change.from_day)
        faults.append(f"teams[{slug}].moved: on {since} it would be below itself; date the moves of the teams above it")
    for team in directory.real_teams:
        parent = directory.by_id(team.parent_id) if team.parent_id is not None else directory.root
        if parent.closed_day is not None and (team.closed_day is None or team.closed_day > parent.closed_day):
            field = "merged_into" if parent.merged_into_id is not None else "closed"
            faults.append(f"teams[{parent.slug}].{field}: {team.slug} is below it and goes on; move or close that too")
    return faults + _channel_faults(directory)


def _channel_faults(directory: Directory) -> list[str]:
    faults, owners = [], dict[str, Team]()
    for team in directory.real_teams:
        if team.closed_day is not None:
            continue
        names = {team.channel_ref.lstrip("#").casefold(), team.channel_id.casefold()} - {""}
        owner = next((owners[name] for name in sorted(names) if name in owners), None)
        if owner is not None:
            faults.append(
                f"teams[{team.slug}].channel: {team.channel_ref} is the channel of {owner.slug}; each team needs its own"
            )
        owners |= {name: team for name in names if name not in owners}
    return faults
