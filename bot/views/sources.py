"""The health of sources, as finance and the managers of the whole see it: what could not be booked."""

from collections.abc import Sequence

from bot.quarantine import Share
from bot.reports import CompanyView
from bot.views.blocks import name
from bot.views.wording import counted

_SHOWN = 3
_KIND_WORDS = {"unreadable": "unreadable", "refused": "refused by the database", "conflict": "in conflict"}


def quarantine_lines(company: CompanyView) -> list[str]:
    """How much is in quarantine, of which kind and from whom, and how to look at it; nothing if nothing is."""
    lines = []
    if company.quarantined:
        rows = counted(sum(share.rows for share in company.quarantined), "row")
        parts = _parts(company.quarantined)
        lines.append(f"{rows} in quarantine, not booked: {parts}. `tokens quarantine list` says why.")
    if company.not_kept:
        rows = counted(company.not_kept, "row")
        lines.append(f"{rows} more could not be booked, and there was no room to keep them: a sender keeps failing.")
    return lines


def _parts(shares: Sequence[Share]) -> str:
    ranked = sorted(shares, key=lambda share: (-share.rows, share.source, share.kind))
    said = [f"{s.rows:,} {_KIND_WORDS.get(s.kind, s.kind)} from {name(s.source, limit=40)}" for s in ranked[:_SHOWN]]
    rest = sum(share.rows for share in ranked[_SHOWN:])
    return ", ".join([*said, f"{rest:,} others"] if rest else said)
