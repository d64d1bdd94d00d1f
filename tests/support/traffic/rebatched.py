"""The same records in other bodies: in another order, in other batches, in the other encoding, and some twice."""

import base64
import json
import random
from collections.abc import Iterator, Sequence
from typing import Any

from google.protobuf.json_format import MessageToDict, ParseDict

from bot.sources.otlp.records import Signal
from tests.support.traffic.otlp import REQUESTS
from tests.support.traffic.real_bodies import Body

_LEVELS: dict[Signal, tuple[str, str, str]] = {
    "traces": ("resourceSpans", "scopeSpans", "spans"),
    "logs": ("resourceLogs", "scopeLogs", "logRecords"),
    "metrics": ("resourceMetrics", "scopeMetrics", "metrics"),
}
_IDS = ("traceId", "spanId", "parentSpanId")


def rebatched(bodies: Sequence[Body], *, seed: int) -> list[Body]:
    """Returns the bodies' records shuffled and dealt anew, a third of them twice, each body in a random encoding."""
    chance = random.Random(seed)
    records = [(body.signal, record) for body in bodies for record in _records(body)]
    records += [record for record in records if not chance.randrange(3)]
    chance.shuffle(records)
    found = []
    while records:
        signal = records[0][0]
        those = [at for at, (other, _) in enumerate(records) if other == signal][: chance.randint(1, 4)]
        batch = [records[at][1] for at in those]
        records = [record for at, record in enumerate(records) if at not in those]
        found.append(_body(signal, batch, chance.choice(("protobuf", "json"))))
    return found


def _records(body: Body) -> Iterator[Any]:
    """Yields a request for each record: one of OTLP's JSON with a single record, or LiteLLM's row."""
    if body.signal is None:
        found = json.loads(body.content)
        yield from found if isinstance(found, list) else [found]
        return
    request = json.loads(body.content) if body.form == "json" else _decoded(body)
    outer, middle, inner = _LEVELS[body.signal]
    for group in request[outer]:
        for scope in group[middle]:
            for record in scope[inner]:
                yield {outer: [{**group, middle: [{**scope, inner: [record]}]}]}


def _body(signal: Signal | None, batch: list[Any], form: Any) -> Body:
    if signal is None:
        return Body(None, "json", json.dumps(batch).encode())
    outer = _LEVELS[signal][0]
    request = {outer: [group for record in batch for group in record[outer]]}
    if form == "json":
        return Body(signal, form, json.dumps(request).encode())
    return Body(signal, form, in_protobuf(request, signal))


def in_protobuf(request: Any, signal: Signal) -> bytes:
    """Returns a request in OTLP's JSON as protobuf."""
    message = ParseDict(_with_ids(request, _to_base64), REQUESTS[signal](), ignore_unknown_fields=True)
    return bytes(message.SerializeToString())


def _decoded(body: Body) -> Any:
    assert body.signal is not None
    message = REQUESTS[body.signal].FromString(body.content)
    return _with_ids(MessageToDict(message, use_integers_for_enums=True), _to_hex)


def _with_ids(value: Any, changed: Any) -> Any:
    """Returns a request with its ids in the other form: OTLP's JSON has them in hex, protobuf's in base64."""
    if isinstance(value, list):
        return [_with_ids(member, changed) for member in value]
    if not isinstance(value, dict):
        return value
    return {
        key: changed(member) if key in _IDS and isinstance(member, str) else _with_ids(member, changed)
        for key, member in value.items()
    }


def _to_hex(text: str) -> str:
    return base64.b64decode(text).hex()


def _to_base64(text: str) -> str:
    return base64.b64encode(bytes.fromhex(text)).decode()
