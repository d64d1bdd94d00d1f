"""Every captured or documented body of one call or a few, with the route and headers by which it comes. The runs of whole
programs are in `real_bodies.py`."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.support.paths import FIXTURES, ROOT
from tests.support.traffic.otlp import SAMPLES, sample_files

_SOURCES = ROOT / "tests" / "bot" / "sources"
JSON, PROTOBUF = "application/json", "application/x-protobuf"

TEAMS_YML = """
organisation: {name: Acme, timezone: UTC, period: month, funding: 20000, mode: govern, finance: [chloe@acme.test]}
teams:
  - {slug: checkout, name: Checkout, budget: {amount: 5000}}
  - {slug: search, name: Search, members: [dev@acme.test], budget: {amount: 5000}}
  - {slug: platform, name: Platform, budget: {amount: 5000}}
attribution:
  - {gateway_team: team-checkout, team: checkout}
  - {gateway_team: team-1, team: checkout}
  - {gateway_team: team-search, team: search}
"""


@dataclass(frozen=True, kw_only=True)
class Payload:
    """One body: which format's key it comes with, where to, and labelled how."""

    name: str
    source: str
    path: str
    body: bytes = field(repr=False)
    content_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def is_rows(self) -> bool:
        """Whether the body is JSON rows, which can be taken apart and put together at will."""
        return self.source in ("litellm", "cloudevents") and not any(name.startswith("ce-") for name in self.headers)


def payloads() -> Iterator[Payload]:
    """All of them, in the order of their files."""
    for file in sorted((FIXTURES / "litellm").rglob("[0-9d]*.body")):
        if not file.name.startswith("5"):  # calls made for the backfill's tests, which have their own
            name = str(file.relative_to(FIXTURES))
            yield Payload(name=name, source="litellm", path="/v1/usage/litellm", body=file.read_bytes())
    yield from _otlp()
    for name in ("structured", "batch"):
        kind = "application/cloudevents+json" if name == "structured" else "application/cloudevents-batch+json"
        body = (_SOURCES / "cloudevents" / f"{name}.body").read_bytes()
        yield Payload(name=f"cloudevents/{name}", source="cloudevents", path="/v1/usage", body=body, content_type=kind)
    binary = json.loads((_SOURCES / "cloudevents" / "binary.json").read_text())
    yield Payload(
        name="cloudevents/binary",
        source="cloudevents",
        path="/v1/usage",
        body=json.dumps(binary["body"]).encode(),
        headers={name: value for name, value in binary["headers"].items() if name != "content-type"},
    )
    for source, file_name in (("lago", "batch"), ("openmeter", "prompts"), ("helicone", "request")):
        body = (_SOURCES / source / f"{file_name}.body").read_bytes()
        yield Payload(name=f"{source}/{file_name}", source=source, path="/v1/usage", body=body)
    signed = json.loads((_SOURCES / "standardwebhooks" / "signed.json").read_text())
    yield Payload(
        name="standardwebhooks/signed",
        source="standardwebhooks",
        path="/v1/usage",
        body=signed["raw_body"].encode(),
        headers=signed["headers"],
    )


def _otlp() -> Iterator[Payload]:
    for name in sample_files():
        file = SAMPLES / name
        if name.endswith(".decoded.json"):
            continue
        signal = next(signal for signal in ("traces", "logs", "metrics") if signal in file.name)
        kind = JSON if ".json" in file.name else PROTOBUF
        body = file.read_bytes()
        headers = {"Content-Encoding": "gzip"} if body[:2] == b"\x1f\x8b" else {}
        yield Payload(
            name=str(file.relative_to(FIXTURES)),
            source="otlp",
            path=f"/v1/usage/otlp/v1/{signal}",
            body=body,
            content_type=kind,
            headers=headers,
        )


def rows_of(payload: Payload) -> list[dict[str, Any]]:
    """The rows of a JSON body: an array's, the one object, or an object a line."""
    text = payload.body.decode()
    try:
        found = json.loads(text)
    except ValueError:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    return found if isinstance(found, list) else [found]


def shuffled(listed: list[Payload], *, seed: int) -> list[Payload]:
    """The same usage in another order and other batches: JSON rows of all files of a format dealt anew into bodies of any
    size, protobuf messages of a signal joined by threes (which is how protobuf joins them), the rest as it is."""
    chance = random.Random(seed)
    found = [p for p in listed if not p.is_rows and (p.content_type != PROTOBUF or p.headers)]
    by_format: dict[str, list[Payload]] = {}
    for payload in listed:
        if payload.is_rows:
            by_format.setdefault(payload.source, []).append(payload)
    for source, those in by_format.items():
        rows = [row for payload in those for row in rows_of(payload)]
        chance.shuffle(rows)
        while rows:
            size = chance.randint(1, 7)
            batch, rows = rows[:size], rows[size:]
            kind = "application/cloudevents-batch+json" if source == "cloudevents" else JSON
            body = json.dumps(batch).encode()
            found.append(
                Payload(name=f"{source} again", source=source, path=those[0].path, body=body, content_type=kind)
            )
    found += _joined([p for p in listed if p.content_type == PROTOBUF and not p.headers], chance)
    chance.shuffle(found)
    return found


def _joined(listed: list[Payload], chance: random.Random) -> Iterator[Payload]:
    for path in sorted({payload.path for payload in listed}):
        those = [payload for payload in listed if payload.path == path]
        chance.shuffle(those)
        for start in range(0, len(those), 3):
            body = b"".join(payload.body for payload in those[start : start + 3])
            yield Payload(name=f"{path} again", source="otlp", path=path, body=body, content_type=PROTOBUF)
