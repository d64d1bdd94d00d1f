"""Faults between lines of teams.yml: duplicates, unknown teams, circular parents, teams that ended, rules without
a pattern."""

from collections import Counter

from bot.org.teams import RESERVED_SLUGS
from bot.org.teams_yml.models import TeamFile, TeamsFile


def budget_faults(file: TeamsFile) -> list[str]:
    """Returns faults of budgets' terms and of fixed shares: terms that contradict each other, unknown teams."""
    slugs = {team.slug for team in file.teams}
    faults = [
        f"teams[{team.slug}].budget.{field}: {fault}"
        for team in file.teams
        if team.budget
        for field, fault in team.budget.faults()
    ]
    spread = [("organisation.chargeback.unattributed", file.organisation.chargeback.unattributed)]
    spread += [(f"teams[{team.slug}].shared", team.shared) for team in file.teams]
    faults += [
        f"{field}: there is no team {slug}" for field, rule in spread for slug, _ in rule.shares if slug not in slugs
    ]
    for team in file.teams:
        if team.slug in dict(team.shared.shares):
            faults.append(f"teams[{team.slug}].shared: names the team itself; leave its own share out")
    return faults


def gateway_faults(file: TeamsFile) -> list[str]:
    """Returns faults of gateways: names there twice, keys without a place, unknown teams, targets of two teams."""
    slugs = {team.slug for team in file.teams}
    names = Counter(gateway.name for gateway in file.gateways)
    faults = [
        f"gateways[{name}].name: is there {count} times; it must be unique"
        for name, count in names.items()
        if count > 1
    ]
    for gateway in file.gateways:
        faults += [f"gateways[{gateway.name}].{field}: {fault}" for field, fault in gateway.faults(slugs)]
    return faults


def lifecycle_faults(file: TeamsFile) -> list[str]:
    """Returns faults of teams that were renamed, merged or closed: themselves, each other, or teams that are no more."""
    faults = []
    teams = {team.slug: team for team in file.teams}
    renamed = Counter(team.renamed_from for team in file.teams if team.renamed_from)
    for team in file.teams:
        if team.renamed_from in teams:
            faults.append(f"teams[{team.slug}].renamed_from: {team.renamed_from} is a team of this file too")
        elif team.renamed_from and renamed[team.renamed_from] > 1:
            faults.append(
                f"teams[{team.slug}].renamed_from: {renamed[team.renamed_from]} teams were {team.renamed_from}; "
                "only one can be"
            )
        if team.renamed_from in RESERVED_SLUGS:
            faults.append(f"teams[{team.slug}].renamed_from: {team.renamed_from} is reserved")
        if team.merged_into is not None and team.merged_into not in teams:
            faults.append(f"teams[{team.slug}].merged_into: there is no team {team.merged_into}")
        elif team.merged_into is not None:
            faults += _merge_faults(team, teams)
        parent = teams.get(team.parent or "")
        if parent is not None and _is_ended(parent) and not _is_ended(team):
            words = f"merged into {parent.merged_into}" if parent.merged_into else f"closed on {parent.closed}"
            faults.append(f"teams[{team.slug}].parent: {parent.slug} is {words}; name another parent")
    return faults


def _is_ended(team: TeamFile) -> bool:
    return team.merged_into is not None or team.closed is not None


def _merge_faults(team: TeamFile, teams: dict[str, TeamFile]) -> list[str]:
    visited, taker = {team.slug}, teams[str(team.merged_into)]
    while True:
        if taker.slug in visited:
            return [f"teams[{team.slug}].merged_into: leads back to {taker.slug}"]
        visited.add(taker.slug)
        if taker.merged_into is None or taker.merged_into not in teams:
            break
        taker = teams[taker.merged_into]
    if taker.closed is not None:
        return [f"teams[{team.slug}].merged_into: {taker.slug} is closed on {taker.closed}; name an open team"]
    return []


def team_faults(file: TeamsFile) -> list[str]:
    """Returns faults of teams: duplicate slugs or channels, reserved slugs, unknown or circular parents, other
    periods.
    """
    faults = []
    slugs = Counter(t.slug for t in file.teams)
    parents = {t.slug: t.parent for t in file.teams}
    faults += [
        f"teams[{slug}].slug: {count} teams have it; it must be unique" for slug, count in slugs.items() if count > 1
    ]
    channels = Counter(t.channel for t in file.teams if t.channel)
    faults += [
        f"teams: {count} teams have the channel {c}; each needs its own" for c, count in channels.items() if count > 1
    ]
    for team in file.teams:
        if team.slug in RESERVED_SLUGS:
            faults.append(f"teams[{team.slug}].slug: is reserved")
        if team.parent is not None and team.parent not in parents:
            faults.append(f"teams[{team.slug}].parent: there is no team {team.parent}")
        if team.budget and team.budget.period not in (None, file.organisation.period):
            faults.append(
                f"teams[{team.slug}].budget.period: must be its parent's, {file.organisation.period}, "
                "because its budget comes out of its parent's"
            )
        visited, slug_above = set(), team.slug
        while (above := parents.get(slug_above)) is not None:
            if above in visited or above == team.slug:
                faults.append(f"teams[{team.slug}].parent: is below itself")
                break
            visited.add(above)
            slug_above = above
    return faults


def rule_faults(file: TeamsFile) -> list[str]:
    """Returns faults of attribution rules, model aliases and prices."""
    faults = []
    slugs = {t.slug for t in file.teams}
    for index, rule in enumerate(file.attribution):
        if len(rule.matches) != 1:
            faults.append(
                f"attribution[{index}]: needs one of credential, gateway_team, workflow, service, tag or user"
            )
        if rule.team not in slugs:
            faults.append(f"attribution[{index}].team: there is no team {rule.team}")
    lines = Counter((line.alias.casefold(), line.from_) for line in file.models)
    faults += [
        f"models[{alias}]: is there {count} times; a name means one model"
        for (alias, _), count in lines.items()
        if count > 1
    ]
    for line in file.models:
        if any(c in line.model for c in "*?["):
            faults.append(f"models[{line.alias}].model: name one model; only `alias` may be a pattern")
        if not line.alias.strip("*? "):
            faults.append(f"models[{line.alias}].alias: would stand for every model")
    for index, price in enumerate(file.prices):
        if price.model is None and price.provider is None:
            faults.append(f"prices[{index}]: needs a model or a provider")
        if price.discount is None and price.input_per_mtok is None and price.output_per_mtok is None:
            faults.append(f"prices[{index}]: needs input_per_mtok and output_per_mtok, or a discount")
    return faults
