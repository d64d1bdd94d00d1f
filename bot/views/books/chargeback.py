"""Chargeback in words: the sums by cost centre, for the terminal, for a CSV, and for finance in Slack."""

from collections.abc import Sequence

from bot.books.chargeback import ChargebackRow, CostCentre, cost_centres
from bot.books.exports.columns import csv_text, safe_text
from bot.messages import Block
from bot.money import usd, usd_exact
from bot.org.teams import Team
from bot.views.blocks import section, table

COLUMNS = (
    "period",
    "cost_center",
    "team",
    "name",
    "charged_usd",
    "variance_usd",
    "given_usd",
    "shared_usd",
    "total_usd",
)
NO_CENTRE = "no cost centre"
_MOST = 15


def chargeback_csv(rows: Sequence[ChargebackRow], *, period: str) -> str:
    """Returns a row per team. `total_usd` sums to what the period cost: charged + variance − given + shared."""
    lines: list[Sequence[str]] = [COLUMNS]
    for centre in cost_centres(rows):
        for row in centre.rows:
            amounts = (row.charged_nanos, row.variance_nanos, row.given_nanos, row.shared_nanos, row.total_nanos)
            names = (period, centre.name, row.team.slug, row.team.name)
            lines.append([*map(safe_text, names), *map(usd_exact, amounts)])
    return csv_text(lines)


def chargeback_lines(rows: Sequence[ChargebackRow]) -> list[str]:
    """Returns the sums by cost centre as lines of plain text, each with its teams below."""
    lines = [f"{'':<40}{'charged':>16}{'spread away':>16}{'shared':>16}{'total':>16}"]
    for centre in cost_centres(rows):
        lines.append(_line(centre.name or NO_CENTRE, centre))
        lines += [_line(f"  {_team(row.team)}", row) for row in centre.rows]
    lines.append(_line("All", CostCentre(name="", rows=tuple(rows))))
    return lines


def _line(words: str, sums: ChargebackRow | CostCentre) -> str:
    charged = sums.charged_nanos + (sums.variance_nanos if isinstance(sums, ChargebackRow) else 0)
    amounts = (charged, -sums.given_nanos, sums.shared_nanos, sums.total_nanos)
    return f"{words[:39]:<40}" + "".join(f"{usd(nanos):>16}" for nanos in amounts)


def _team(team: Team) -> str:
    return {"organisation": "organisation", "unattributed": "unattributed"}.get(team.kind, team.name)


def chargeback_blocks(rows: Sequence[ChargebackRow], *, note: str) -> list[Block]:
    """Returns the sums by cost centre for a message to finance; `note` says how cost was spread."""
    centres = cost_centres(rows)
    if not centres:
        return []
    shown = [
        (centre.name or NO_CENTRE, usd(centre.charged_nanos), usd(centre.total_nanos)) for centre in centres[:_MOST]
    ]
    if rest := centres[_MOST:]:
        charged, total = sum(c.charged_nanos for c in rest), sum(c.total_nanos for c in rest)
        shown.append((f"{len(rest)} others", usd(charged), usd(total)))
    shown.append(("All", usd(sum(c.charged_nanos for c in centres)), usd(sum(c.total_nanos for c in centres))))
    return [
        section(f"*Chargeback by cost centre*\n{note}", block_id="chargeback-lead"),
        table([("", "Charged", "With shared cost"), *shown], block_id="chargeback-centres"),
    ]
