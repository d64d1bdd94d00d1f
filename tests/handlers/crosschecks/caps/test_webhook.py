"""The webhook: signed so that the library's own check takes it, with an id that stays through every try of one change."""

from dataclasses import replace

import pytest

from bot.clock import wall_seconds
from bot.crosschecks.caps import Cap, CapTarget
from bot.intake.webhooks import signature_fault
from bot.money import NANOS
from handlers.crosschecks.caps.adapter import CapRefused, CapUnreachable
from tests.gateways.changes import CHANGE
from tests.gateways.connections import connected
from tests.gateways.webhook_receiver import SECRET, Receiver

TEAM = CapTarget(kind="team", ref="search")
UNKNOWN = Cap(cap_nanos=None, spent_nanos=None, confirmed=False)
OTHER_SECRET = "whsec_YW5vdGhlci1zZWNyZXQtb2YtdGhpcnR5LXR3by1ieXRlcw=="


async def test_the_body_says_team_cap_available_period_and_why() -> None:
    receiver = Receiver()
    async with connected(receiver, "webhook", TEAM, path="/tokens") as hook:
        told = await hook.write_cap(TEAM, 750_120_000_000, seen=UNKNOWN, change=CHANGE)

    assert told == Cap(cap_nanos=750_120_000_000, spent_nanos=None, confirmed=False)
    assert list(receiver.done.values()) == [
        {
            "gateway": "eu",
            "target": {"kind": "team", "id": "search", "member_of": None},
            "cap_usd": "750.12",
            "version": 7,
            "team": "search",
            "team_name": "Search",
            "period": "2026-11",
            "available_usd": "500.00",
            "because": "Ben approved Anna's request for $250.00.",
            "changed_by": "U0BEN",
        }
    ]
    assert receiver.wrongs == []


async def test_each_try_of_one_change_has_the_same_id_and_the_next_change_another() -> None:
    receiver = Receiver()
    later = replace(CHANGE, id="apps:group:search:8", version=8)
    async with connected(receiver, "webhook", TEAM, path="/tokens") as hook:
        receiver.faults += ["lost", "500"]
        for _ in range(2):
            with pytest.raises(CapUnreachable):
                await hook.write_cap(TEAM, 750 * NANOS, seen=UNKNOWN, change=CHANGE)
        await hook.write_cap(TEAM, 750 * NANOS, seen=UNKNOWN, change=CHANGE)
        await hook.write_cap(TEAM, 750 * NANOS, seen=UNKNOWN, change=later)
        await hook.write_cap(CapTarget(kind="team", ref="other"), 750 * NANOS, seen=UNKNOWN, change=CHANGE)

    ids = [seen.headers["webhook-id"] for seen in receiver.seen]
    assert ids[0] == ids[1] == ids[2]
    assert len(set(ids)) == len(receiver.done) == 3


async def test_what_the_receiver_sets_counts_as_read_back() -> None:
    receiver = Receiver(answer={"cap_usd": "700.00", "spent_usd": "12.345"})
    async with connected(receiver, "webhook", TEAM, path="/tokens") as hook:
        told = await hook.write_cap(TEAM, 750 * NANOS, seen=UNKNOWN, change=CHANGE)

    assert told == Cap(cap_nanos=700 * NANOS, spent_nanos=12_345_000_000)


@pytest.mark.parametrize("said", [700, "-1", "lots", "", "1e999"])
async def test_an_answer_that_is_no_amount_is_not_taken_for_one(said: object) -> None:
    receiver = Receiver(answer={"cap_usd": said})
    async with connected(receiver, "webhook", TEAM, path="/tokens") as hook:
        with pytest.raises(CapUnreachable, match="no amount"):
            await hook.write_cap(TEAM, 750 * NANOS, seen=UNKNOWN, change=CHANGE)


async def test_the_signature_is_one_that_our_own_door_takes_too() -> None:
    receiver = Receiver()
    change = replace(CHANGE, because="Grüße an Zoë, 日本 🎉")
    async with connected(receiver, "webhook", TEAM, path="/tokens") as hook:
        await hook.write_cap(TEAM, NANOS, seen=UNKNOWN, change=change)

    seen = receiver.seen[0]
    headers = {name.lower(): value for name, value in seen.headers.items()}
    raw = receiver.raw[0]
    assert signature_fault(headers, raw, kind="standard", secret=SECRET, now_seconds=wall_seconds()) is None
    assert "日本 🎉".encode() in raw


async def test_another_secret_is_refused_with_what_to_do() -> None:
    async with connected(Receiver(), "webhook", TEAM, path="/tokens", key=OTHER_SECRET) as hook:
        with pytest.raises(CapRefused, match=r"eu refused \(HTTP 401\).*Both sides need the same whsec_"):
            await hook.test_connection()


@pytest.mark.parametrize("secret", ["plain-secret", "whsec_short", "whsec_§§§", "whsec_" + "!" * 40])
async def test_a_secret_that_is_none_is_refused_without_being_shown(secret: str) -> None:
    with pytest.raises(CapRefused) as refused:
        async with connected(Receiver(), "webhook", TEAM, path="/tokens", key=secret):
            pass

    assert "EU_KEY" in str(refused.value) or "eu" in str(refused.value)
    assert secret.removeprefix("whsec_") not in str(refused.value)
