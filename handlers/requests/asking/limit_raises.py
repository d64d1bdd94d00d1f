"""Raises of limits: an approved request for a part, a person or a key lets that limit grow too."""

from bot.books.gatekeeping.limit_raises import LimitRaise
from bot.requests.budget_requests import BudgetRequest
from handlers.scope import TeamScope


async def raise_limit(scope: TeamScope, request: BudgetRequest) -> None:
    """Raises the limit that an approved request is for, by what was approved and as long. The team's own needs no raise:
    its budget grew."""
    if request.cap_kind == "team":
        return
    await scope.tx.cap_marks.mark(  # the cap of a person or key at a gateway follows, though no budget moves
        [request.team_id], at=scope.at, decided_by=request.decided_by, document=request.document
    )
    end = request.given_end
    await scope.tx.limit_raises.add(
        LimitRaise(
            request_id=request.id,
            team_id=request.team_id,
            kind=request.cap_kind,
            ref=request.cap_ref,
            amount_nanos=request.given_nanos,
            declared_nanos=_declared(scope, request),
            period=scope.directory.period_at(scope.team, scope.at).name if end.kind == "period" else "",
            ends_at=end.at,
            made_at=scope.at,
        )
    )


def _declared(scope: TeamScope, request: BudgetRequest) -> int:
    """Returns the declared limit of the part; 0 for a person and a key, whose limits are declared elsewhere."""
    declared = (
        part.amount_nanos for part in scope.team.terms.parts if f"{part.kind}:{part.pattern}" == request.cap_ref
    )
    return next(declared, 0)
