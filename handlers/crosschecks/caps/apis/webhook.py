"""Any other gateway, ticket system or script: a signed POST for each change of a cap, by the Standard Webhooks.

The receiver may answer with the cap that it set; else the cap counts as told, not as read back. docs/gateways.md has the body.
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar

import aiohttp
from standardwebhooks import Webhook as Signer

from bot.clock import wall_seconds
from bot.crosschecks.caps import Cap, CapChange, CapTarget, Connection, GatewaySettings
from bot.intake.webhooks import secret_fault
from bot.money import NANOS, nanos_from_decimal
from bot.org.gateways import GatewayKind
from handlers.crosschecks.caps.adapter import CapRefused, CapUnreachable
from handlers.crosschecks.caps.apis.api_calls import ApiCalls, Reply, compact

_ADVICE: Mapping[int, str] = {
    401: "Does the receiver know the secret that `{place}` has? Both sides need the same whsec_….",
    403: "Does the receiver know the secret that `{place}` has? Both sides need the same whsec_….",
    404: "Check `url` in teams.yml: it is the whole address of the receiver.",
    410: "The receiver wants no more changes. Remove the gateway from teams.yml.",
}


class Webhook:
    """Tells a receiver of each cap that the books want, signed so that it can trust it."""

    kind: ClassVar[GatewayKind] = "webhook"

    def __init__(self, settings: GatewaySettings, key: str, session: aiohttp.ClientSession) -> None:
        self._settings = settings
        self._calls = ApiCalls(settings, key, session, {}, advice=_ADVICE)
        if secret_fault("standard", key):
            raise self._no_secret()
        self._signer = Signer(key)

    async def test_connection(self) -> Connection:
        """Sends a signed `ping`, which sets nothing."""
        await self._post("ping", f"ping_{int(wall_seconds())}", {"gateway": self._settings.name})
        note = "A webhook is told of caps and isn't asked for them, so a cap that is changed by hand there goes unseen."
        return Connection(can_read=False, can_write=True, notes=(note,))

    async def read_cap(self, target: CapTarget) -> Cap:
        """Returns that nothing is known: a webhook isn't asked."""
        return Cap(cap_nanos=None, spent_nanos=None, confirmed=False)

    async def write_cap(self, target: CapTarget, cap_nanos: int, *, seen: Cap, change: CapChange) -> Cap:
        """Tells the receiver. Every try of one change has the same `webhook-id`, so that the receiver acts once."""
        if cap_nanos < 0:
            raise ValueError("a cap is never negative")
        who = "|".join((self._settings.name, target.kind, target.ref, target.member_of))
        digest = hashlib.sha256(f"{who}|{change.id}".encode()).hexdigest()[:32]
        data = {
            "gateway": self._settings.name,
            "target": {"kind": target.kind, "id": target.ref, "member_of": target.member_of or None},
            "cap_usd": _dollars(cap_nanos),
            "version": change.version,
            "team": change.team,
            "team_name": change.team_name,
            "period": change.period,
            "available_usd": _dollars(change.available_nanos),
            "because": change.because,
            "changed_by": change.changed_by,
        }
        answer = await self._post("cap.changed", f"cap_{digest}", data)
        return self._stated(answer, cap_nanos)

    async def _post(self, kind: str, message_id: str, data: Mapping[str, Any]) -> Reply:
        body = compact({"type": kind, "data": data})
        sent_at = datetime.fromtimestamp(int(wall_seconds()), UTC)
        headers = {
            "webhook-id": message_id,
            "webhook-timestamp": str(int(sent_at.timestamp())),
            "webhook-signature": self._signer.sign(message_id, sent_at, body),
        }
        return await self._calls.ask("POST", "", body=body, headers=headers, needs_json=False)

    def _stated(self, answer: Reply, cap_nanos: int) -> Cap:
        """Returns what the receiver says it set, or else what it was told."""
        said = answer.fields.get("cap_usd")
        if said is None:
            return Cap(cap_nanos=cap_nanos, spent_nanos=None, confirmed=False)
        spent = answer.fields.get("spent_usd")
        return Cap(cap_nanos=self._nanos(said), spent_nanos=None if spent is None else self._nanos(spent))

    def _nanos(self, said: Any) -> int:
        try:
            found = nanos_from_decimal(said if isinstance(said, str) else "")
        except ValueError:
            found = -1
        if found < 0:
            words = f"{self._settings.name} answered with a cap that is no amount."
            raise CapUnreachable(f'{words} `cap_usd` is dollars as text, like "750.00".')
        return found

    def _no_secret(self) -> CapRefused:
        place = self._settings.key_env or self._settings.key_file
        return CapRefused(
            f"The secret of {self._settings.name} must be whsec_ and Base64. Mend `{place}`, and restart Tokens."
        )


def _dollars(nanos: int) -> str:
    """Returns dollars as text, exactly: two decimals, more only if there are more."""
    amount = Decimal(nanos) / NANOS
    return f"{amount:.2f}" if amount == amount.quantize(Decimal("0.01")) else f"{amount.normalize():f}"
