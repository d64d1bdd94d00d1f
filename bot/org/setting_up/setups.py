"""What is set up in Slack of teams and the organisation. It goes before teams.yml until an import resets it."""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from bot.org.teams import RESERVED_SLUGS, Directory, Team
from bot.org.teams_yml.models import OrganisationFile, TeamFile, TeamsFile

TEAM_FIELDS = ("name", "channel", "timezone", "managers", "members")
ORGANISATION_FIELDS = ("name", "timezone", "mode", "finance", "admins")
PEOPLE_FIELDS = frozenset({"managers", "members", "finance", "admins"})
MAX_SLUG = 63
FALLBACK_SLUG = "team"


@dataclass(frozen=True, kw_only=True)
class Setup:
    """What was set in Slack of one team, or of the organisation. A field that is None is as teams.yml says.

    People are e-mails or Slack ids, as in teams.yml. A channel is an id; "" unlinks it. `is_new`: no file made the team.
    """

    name: str | None = None
    channel: str | None = None
    timezone: str | None = None
    managers: tuple[str, ...] | None = None
    members: tuple[str, ...] | None = None
    finance: tuple[str, ...] | None = None
    admins: tuple[str, ...] | None = None
    mode: str | None = None
    is_new: bool = False

    def fields(self) -> dict[str, Any]:
        """Returns the fields that were set, as they are stored and as a file's model takes them."""
        found = asdict(self)
        found.pop("is_new")
        return {
            key: list(value) if isinstance(value, tuple) else value for key, value in found.items() if value is not None
        }

    def with_fields(self, changes: Mapping[str, Any]) -> "Setup":
        """Returns the setup with further fields set."""
        made: dict[str, Any] = {key: tuple(v) if key in PEOPLE_FIELDS else v for key, v in changes.items()}
        return replace(self, **made)


def with_setups(found: TeamsFile, setups: Mapping[str, Setup], *, root_slug: str) -> TeamsFile:
    """Returns a teams.yml with what was set in Slack in place of what it says, by slug."""
    teams = [_team(team, setups.get(team.slug)) for team in found.teams]
    organisation = found.organisation
    own = setups.get(root_slug)
    if own is not None:
        organisation = organisation.model_copy(update=own.fields())
    return found.model_copy(update={"teams": teams, "organisation": organisation})


def _team(team: TeamFile, setup: Setup | None) -> TeamFile:
    if setup is None or _ends(team):
        return team
    return team.model_copy(update=setup.fields())


def _ends(team: TeamFile) -> bool:
    return team.closed is not None or team.merged_into is not None


def kept_lines(found: TeamsFile, setups: Mapping[str, Setup], *, root_slug: str) -> list[str]:
    """Returns one line per field set in Slack that a file says otherwise, and per team that it does not name."""
    lines = []
    declared: list[tuple[str, TeamFile | OrganisationFile]] = [(root_slug, found.organisation)]
    declared += [(team.slug, team) for team in found.teams if not _ends(team)]
    for name, file in declared:
        if (setup := setups.get(name)) is not None:
            lines += [
                f"set in Slack, kept: {name}: {line}; --reset-settings takes the file's" for line in _kept(setup, file)
            ]
    named = {team.slug for team in found.teams}
    for slug, setup in sorted(setups.items()):
        if setup.is_new and slug not in named:
            lines.append(f"created in Slack, kept: {slug}; `tokens teams export` writes it for the file")
    return lines


def _kept(setup: Setup, file: TeamFile | OrganisationFile) -> Iterator[str]:
    for field, value in setup.fields().items():
        declared = getattr(file, field)
        if (sorted(declared) if field in PEOPLE_FIELDS else declared) != (
            sorted(value) if field in PEOPLE_FIELDS else value
        ):
            yield f"{field} {_words(value)} (the file says {_words(declared)})"


def _words(value: Any) -> str:
    return (", ".join(value) if isinstance(value, list) else str(value or "")) or "none"


def proposed_slug(name: str, taken: Collection[str]) -> str:
    """Returns a short name for a team: of its letters and digits, with a number if it is taken."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", ascii_name).strip("-")[: MAX_SLUG - 3].strip("-") or FALLBACK_SLUG
    unfit = {*taken, *RESERVED_SLUGS}
    numbered = (f"{base}-{number}" for number in range(2, len(unfit) + 3))
    return next(slug for slug in (base, *numbered) if slug not in unfit)


def is_untouched(directory: Directory) -> bool:
    """Returns whether nobody has set anything up yet: there are no teams, and nobody has a role."""
    return not directory.real_teams and not directory.roles


def may_link(directory: Directory, person_id: int) -> bool:
    """Returns whether a person may link channels, create teams, and name managers, finance and admins."""
    return person_id in directory.admins


def may_change_members(directory: Directory, person_id: int, team: Team) -> bool:
    """Returns whether a person may change a team's members and time zone: admins, its managers and those above it."""
    if team.has_ended:
        return False
    return may_link(directory, person_id) or (team.mode != "preview" and directory.manages(person_id, team))
