"""What an import of teams.yml can change, as comparable lines, and the differences between two such pictures."""

from collections.abc import Mapping
from types import MappingProxyType

from bot.costs.prices import iso_day
from bot.costs.stored_documents import contracts_of
from bot.money import usd
from bot.org.attribution_rules import AttributionRule
from bot.org.budget_terms import terms_words
from bot.org.gateways import gateway_words, gateways_of
from bot.org.spread_rules import spread_of, spread_words
from bot.org.teams import Directory, Role, Team
from bot.periods import date_of, moment, zone
from storage.store import Transaction

ROLES: tuple[Role, ...] = ("manager", "member", "finance", "admin")


def first_day_words(rule: AttributionRule, root: Team) -> str:
    """Returns a dated rule's first day. An import counts days by the zone it declares, which may begin with the next period."""
    declared = zone(root.next_timezone or root.timezone)
    return f" from {moment(rule.from_at).astimezone(declared):%Y-%m-%d}" if rule.dated else ""


async def picture_of(tx: Transaction, *, at: int, renamed: Mapping[str, str] = MappingProxyType({})) -> dict[str, str]:
    """Returns everything that an import can change, as comparable lines. `renamed` has the new slugs of teams by their own."""
    directory = await tx.teams.directory()
    if directory is None:
        return {}
    slugs = {team.id: renamed.get(team.slug, team.slug) for team in directory.teams}
    picture = {"organisation": _organisation_line(await tx.config.document("organisation"))}
    names = {
        p.id: p.email or p.slack_id or p.name
        for p in (await tx.people.by_ids({p for _, p, _ in directory.roles})).values()
    }
    for team in directory.teams:
        if team.kind == "unattributed":
            continue
        for role in ROLES:
            for person in directory.people_with(role, team):
                picture[f"{slugs[team.id]}: {role} {names[person]}"] = "yes"
        if team.kind == "organisation":
            continue
        parent = slugs[team.parent_id] if team.parent_id else ""
        zone = team.timezone + (f", then {team.next_timezone}" if team.next_timezone else "")
        facts = {
            "slug": team.slug,
            "name": team.name,
            "parent": parent + _moved_words(directory, team),
            "ends": end_words(directory, team),
            "channel": team.channel_ref,
            "budget": budget_words(team),
            "timezone": zone,
            "thresholds": ", ".join(f"{t}%" for t in team.thresholds),
            "mode": team.mode,
            "cost center": team.cost_center,
            "budget terms": terms_words(team.terms),
            "shared cost": spread_words(team.shared),
        }
        picture |= {f"{slugs[team.id]}: {key}": value for key, value in facts.items() if value}
    for rule in await tx.attribution.rules():
        if rule.origin == "file" and (rule.until_at is None or rule.until_at > at):
            picture[f"attribution: {rule.kind} {rule.pattern}{first_day_words(rule, directory.root)}"] = slugs[
                rule.team_id
            ]
    for line in await tx.config.document("models") or []:
        begins = f", from {line['from']}" if line.get("from") else ""
        picture[f"model {line['alias']}{begins}"] = line["model"]
    declared = contracts_of(await tx.config.document("prices"))
    for price in await tx.prices.set_prices():
        of = f"{price.model} of {price.provider}" if price.provider else price.model
        until = price.replaced_from(declared)
        words = "holds" if until is None else f"until {iso_day(until)}, which teams.yml names"
        picture[f"price of {of}, set in Slack from {iso_day(price.from_day)}"] = words
    gateways = gateways_of(await tx.config.document("gateways"))
    picture |= {f"gateway {gateway.name}": gateway_words(gateway) for gateway in gateways}
    for name in ("tools", "workflows", "prices", "policy"):
        document = await tx.config.document(name)
        if document:
            picture[name] = str(document)
    return picture


def _moved_words(directory: Directory, team: Team) -> str:
    """Returns since when a team has its parent; an empty text if it never had another."""
    own = [change for change in directory.parent_changes if change.team_id == team.id]
    return f" since {date_of(own[-1].from_day)}" if len(own) > 1 else ""


def end_words(directory: Directory, team: Team) -> str:
    """Returns from when a team is closed or merged; an empty text if it goes on."""
    if team.closed_day is None:
        return ""
    day = date_of(team.closed_day)
    if team.merged_into_id is None:
        return f"closed from {day}"
    return f"merged into {directory.by_id(team.merged_into_id).slug} from {day}"


def budget_words(team: Team) -> str:
    """Returns a declared budget with its first day, or nothing: $0 is a budget."""
    if team.budget_nanos is None:
        return ""
    begins = f" from {date_of(team.starts_day)}" if team.starts_day is not None else ""
    return f"{usd(team.budget_nanos)}{begins}"


def _organisation_line(document: dict[str, object]) -> str:
    funding = document.get("funding")
    amount = usd(funding) if isinstance(funding, int) else "its teams' budgets"
    starts, days = document.get("fiscal_year_starts", "01-01"), document.get("close_after_days", 0)
    chargeback = document.get("chargeback") or {}
    spread = spread_words(spread_of(chargeback.get("unattributed") if isinstance(chargeback, dict) else None))
    return (
        f"{document['name']}, {document['timezone']}, {document['period']}, funding {amount}, mode {document['mode']}"
        + (f", fiscal year from {starts}" if starts != "01-01" else "")
        + (f", closes after {days} days" if days else "")
        + (f", unattributed cost spread: {spread}" if spread else "")
    )


def differences(before: dict[str, str], after: dict[str, str]) -> list[str]:
    lines = []
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        if old == new:
            continue
        if key in ("tools", "workflows", "prices", "policy"):
            lines.append(f"~ {key}: changed")
        elif old is None:
            lines.append(f"+ {key}" if new == "yes" else f"+ {key}: {new}")
        elif new is None:
            lines.append(f"- {key}" if old == "yes" else f"- {key}: {old}")
        else:
            lines.append(f"~ {key}: {old} → {new}")
    return lines
