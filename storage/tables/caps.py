"""Tables of caps at gateways: what each target's cap is and shall be, and which teams' budgets changed."""

from sqlalchemy import Column, ForeignKey, Index, Text, UniqueConstraint

from storage.tables.base import Big, id_column, table

cap_marks = table(
    "cap_marks",
    Column("team_id", Big, primary_key=True, autoincrement=False),
    Column("version", Big, nullable=False),
    Column("decided_version", Big, nullable=False),
    Column("decided_by", Big),
    Column("document", Text, nullable=False),
    Column("marked_at", Big, nullable=False),
)
"""`version` grows with every change of a team's budget, `decided_version` is the one at which a person last decided."""
gateway_caps = table(
    "gateway_caps",
    id_column(),
    Column("gateway", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("ref", Text, nullable=False),
    Column("member_of", Text, nullable=False),
    Column("team_id", Big, ForeignKey("teams.id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("followed_version", Big, nullable=False),
    Column("wanted_nanos", Big),
    Column("wanted_version", Big, nullable=False),
    Column("set_nanos", Big),
    Column("set_version", Big, nullable=False),
    Column("set_at", Big),
    Column("attempts", Text, nullable=False),
    Column("accepted_nanos", Big),
    Column("base_nanos", Big),
    Column("seen_nanos", Big),
    Column("spent_nanos", Big),
    Column("resets_at", Big),
    Column("seen_at", Big),
    Column("conflict", Big, nullable=False),
    Column("kept_version", Big),
    Column("kept_by", Big),
    Column("tries", Big, nullable=False),
    Column("next_at", Big, nullable=False),
    Column("not_before", Big, nullable=False),
    Column("lease_owner", Text, nullable=False),
    Column("lease_until", Big, nullable=False),
    UniqueConstraint("gateway", "kind", "ref", "member_of"),
    Index("ix_gateway_caps_team_id", "team_id"),
)
