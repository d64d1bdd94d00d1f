"""Examples and helpers of attribution's tests."""

from collections.abc import Sequence
from typing import Any

from bot.org.attribution import Attribution, Membership, Source
from bot.org.attribution_rules import AttributionRule, RuleKind
from bot.usage import Labels, UsageEvent

UNATTRIBUTED, SEARCH, MOBILE, DATA, OPS = 1, 2, 3, 4, 5

ANY_TEAM = Source(id=1, name="gateway", format="cloudevents", role="meter", team_id=None)


def rule(kind: RuleKind, pattern: str, team_id: int, **dates: Any) -> AttributionRule:
    return AttributionRule(kind=kind, pattern=pattern, team_id=team_id, **dates)


def attribution(*rules: AttributionRule, **teams: Sequence[Membership]) -> Attribution:
    return Attribution(
        memberships={f"{name}@acme.test": own for name, own in teams.items()},
        rules=rules,
        team_ids={"search": SEARCH, "mobile": MOBILE, "data": DATA, "ops": OPS},
        team_of_user={"anna@acme.test": SEARCH},
        unattributed_id=UNATTRIBUTED,
    )


def event(**said: Any) -> UsageEvent:
    return UsageEvent(
        key=b"k",
        fingerprint=b"f",
        event_id="",
        occurred_at=said.pop("occurred_at", 0),
        labels=Labels(**{"model": "", **said}),
        uncached_input=0,
        cache_read=0,
        cache_write_5m=0,
        cache_write_1h=0,
        output=0,
        reasoning=0,
        reported_nanos=None,
        failed=False,
        gateway_cache=False,
        notional=False,
    )
