"""A receiver of webhooks that checks each signature by the library's own rules, and acts once per id."""

from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

from tests.gateways.stand_in import Seen, StandIn

SECRET = "whsec_c3RhbmQtaW4tc2VjcmV0LW9mLXR3ZW50eS1mb3VyKw=="
FIELDS = {
    "gateway",
    "target",
    "cap_usd",
    "version",
    "team",
    "team_name",
    "period",
    "available_usd",
    "because",
    "changed_by",
}


@dataclass
class Receiver(StandIn):
    """What a ticket system or one's own gateway would be. `answer` is what it sends back."""

    key: str = SECRET
    answer: dict[str, Any] | None = None
    done: dict[str, Any] = field(default_factory=dict)
    """What was done, by the message's id."""

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/tokens", self.receive)]

    def denied(self, request: web.Request) -> web.Response | None:
        return None

    def watch(self, seen: Seen) -> None:
        super().watch(seen)
        data = seen.body.get("data", {}) if isinstance(seen.body, dict) else {}
        if seen.body.get("type") == "cap.changed" and set(data) != FIELDS:
            self.wrongs.append(f"members {sorted(set(data) ^ FIELDS)}")

    async def receive(self, request: web.Request) -> web.Response:
        try:
            body = Webhook(self.key).verify(await request.read(), dict(request.headers))
        except WebhookVerificationError as error:
            return web.json_response({"error": str(error)}, status=401)
        if body["type"] == "cap.changed":
            self.done.setdefault(request.headers["webhook-id"], body["data"])
        return web.json_response(self.answer) if self.answer is not None else web.Response(status=204)
