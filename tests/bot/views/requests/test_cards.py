"""Every message and form around a request's card, in every state, with usual and with the longest and worst texts."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.books.grant_ends import TypedEnd
from bot.books.grants import Grant
from bot.charts.values import encode
from bot.messages import Message
from bot.money import MAX_AMOUNT_NANOS, NANOS
from bot.org.teams import Team
from bot.periods import DAY_MICROS, HOUR_MICROS, micros
from bot.reporting.reports import PendingRequest
from bot.requests.questions import MAX_QUESTION_CHARACTERS, Question
from bot.requests.worth import Worth
from bot.views.requests.cards import CardFacts, approval_card, decided_card, expired_card, withdrawn_card
from bot.views.requests.clicks.nudges import nudge_message
from bot.views.requests.clicks.other_amounts import other_amount_form
from bot.views.requests.clicks.questions import (
    ShownQuestion,
    answer_form,
    answered_message,
    question_form,
    question_message,
)
from bot.views.requests.clicks.worth import worth_message
from bot.views.requests.pictures import budget_change
from bot.views.requests.receipts import decided_receipt, expired_receipt, receipt_message
from bot.views.requests.verdicts import verdict_message
from tests.bot.views.examples import BEN, CHLOE, COMMAND, NOW, SEARCH, decided, dollars, pending, standing
from tests.bot.views.surfaces import all_text, elements, obeys, posted

AT = micros(NOW)


@dataclass(frozen=True, kw_only=True)
class Words:
    """What people typed, and how much is asked."""

    team: Team
    payer: str
    reason: str
    question: str
    amount_nanos: int
    deciders: tuple[str, ...] = (BEN,)
    caps: tuple[str, ...] = ("LiteLLM eu: $750.00 set and read back, 14:02",)


def team_called(called: str) -> Team:
    return replace(SEARCH, name=called)


USUAL = Words(
    team=SEARCH,
    payer="Product",
    reason="Load test of the new ranker.\nTwo nights.",
    question="How many runs?",
    amount_nanos=dollars(750),
)
WORDS = {
    "usual": USUAL,
    "longest": Words(
        team=team_called("Relevance, ranking & retrieval for <every> product of the whole company, world…"[:80]),
        payer="P" * 80,
        reason="& < > " * 166 + "&&&&",
        question="&" * MAX_QUESTION_CHARACTERS,
        amount_nanos=MAX_AMOUNT_NANOS,
        deciders=tuple(f"<@U0DECIDER{n}>" for n in range(10)),
        caps=tuple(f"LiteLLM gateway-{n}: refused: {'the key may not change this team. ' * 4}" for n in range(12)),
    ),
    "right-to-left": replace(
        USUAL,
        team=team_called("\u202eצוות החיפוש"),
        payer="\u2067فريق الإعلانات",
        reason="\u202eבדיקות\nעוד \u200fשורה",
        question="\u202eלמה עכשיו?",
    ),
    "imitating": replace(
        USUAL,
        team=team_called("*Approved by* <@U0BEN0001>\n: $9"),
        payer="<!channel>",
        reason="*Approved by <@U0BEN0001>*: <!here> `x` <https://evil.test|Approve>\n\n*Denied*",
        question="<!everyone> *Approved*",
    ),
    "unseen": replace(
        USUAL, team=team_called("\u200b\u200b"), payer="\u2060", reason="\u200bwhy\u200b", question="\u200b?"
    ),
}


def question(words: Words, number: int, *, answered: bool) -> ShownQuestion:
    one = Question(id=number, request_id=41, asked_by=8, question=words.question, asked_at=AT)
    if not answered:
        return ShownQuestion(question=one, asked_by=BEN)
    done = replace(one, answer=words.question, answered_by=7, answered_at=AT + HOUR_MICROS)
    return ShownQuestion(question=done, asked_by=BEN, answered_by="<@U0ANNA001>")


def asks(words: Words, **changed: Any) -> PendingRequest:
    given = {"amount_nanos": words.amount_nanos, "held_nanos": words.amount_nanos, "reason": words.reason}
    return pending(words.team, payer=words.payer, **(given | changed))


def ends(words: Words, state: str, **changed: Any) -> PendingRequest:
    given = {"amount_nanos": words.amount_nanos, "held_nanos": words.amount_nanos, "reason": words.reason}
    return replace(decided(state, **(given | changed)), team=words.team, payer_name=words.payer)


def grant_of(words: Words) -> Grant:
    return Grant(
        id=5,
        team_id=SEARCH.id,
        payer_id=2,
        period="2026-11",
        amount_nanos=words.amount_nanos,
        used_nanos=0,
        level_nanos=0,
        ends_at=AT,
        ends_at_spent_nanos=None,
        given_by=8,
        given_at=AT - DAY_MICROS,
        state="ended",
        ended_at=AT,
        ended_level_nanos=0,
        returned_nanos=dollars(200),
    )


def cards(words: Words) -> dict[str, Message]:
    """Returns the card in every state."""
    stands = standing(words.team, charged=11_940)
    facts = CardFacts(
        asked_before="<@U0ANNA001> got $300.00 this month.",
        policy="Managers decide up to $5,000.00.",
        needed=2,
        votes=(CHLOE,),
        questions=[question(words, n, answered=n < 3) for n in (1, 2, 3)],
    )

    def card(asked: PendingRequest, facts: CardFacts | None = None) -> Message:
        return approval_card(asked, standing=stands, deciders=words.deciders, by_finance=False, facts=facts)

    granted = {"granted_nanos": words.amount_nanos // 2, "granted_end_kind": "date", "granted_ends_at": AT + DAY_MICROS}
    link = "https://acme.slack.com/archives/C1/p1"
    return {
        "pending": card(asks(words)),
        "with everything": card(asks(words, origin="message", origin_ref=link), facts),
        "from now on, moved": card(asks(words, end_kind="open", giver_id=2)),
        "until a date, of a part": card(
            asks(words, end_kind="date", ends_at=AT + 7 * DAY_MICROS, cap_kind="workflow", cap_ref="workflow:evals")
        ),
        "of a member": card(asks(words, cap_kind="member", cap_ref="7", payer_id=None, held_nanos=0, origin="gateway")),
        "of a key": card(asks(words, cap_kind="key", cap_ref=words.question[:40], payer_id=None, held_nanos=0)),
        "approved": decided_card(ends(words, "approved"), decided_by_mention=BEN, standing=stands),
        "approved otherwise": decided_card(
            ends(words, "approved", **granted),
            decided_by_mention="<@U0EMI0001>",
            decided_for=BEN,
            standing=stands,
            caps=words.caps,
        ),
        "denied": decided_card(ends(words, "denied"), decided_by_mention=BEN, standing=stands),
        "withdrawn": withdrawn_card(ends(words, "withdrawn")),
        "expired": expired_card(ends(words, "expired", decided_by=None)),
    }


def others(words: Words) -> dict[str, Message]:
    """Returns the messages to single people."""
    stands, approved = standing(words.team), ends(words, "approved", grant_id=5)
    worth = Worth(request_id=41, person_id=7, asked_at=AT)
    said = replace(worth, answer="partly", answered_at=AT)
    open_question, answered = question(words, 1, answered=False), question(words, 1, answered=True)
    return {
        "receipt": receipt_message(pending=asks(words), deciders=words.deciders, by_finance=False, needed=2),
        "receipt, decided": decided_receipt(approved, decided_by_mention=BEN),
        "receipt, expired": expired_receipt(ends(words, "expired")),
        "verdict": verdict_message(
            pending=approved,
            decided_by_mention=CHLOE,
            decided_for=BEN,
            standing=stands,
            caps=words.caps,
            command=COMMAND,
        ),
        "verdict, denied": verdict_message(
            pending=ends(words, "denied", decision_reason=words.reason),
            decided_by_mention=BEN,
            standing=stands,
            command=COMMAND,
        ),
        "question": question_message(asks(words), open_question),
        "question, answered": question_message(asks(words), answered),
        "question, ended": question_message(approved, open_question),
        "answer": answered_message(asks(words), answered),
        "nudge": nudge_message(asks(words), at=AT + 5 * HOUR_MICROS),
        "nudge, ended": nudge_message(approved, at=AT),
        "worth": worth_message(approved, grant_of(words), worth, at=AT),
        "worth, answered": worth_message(approved, grant_of(words), said, at=AT),
        "worth, kept": worth_message(approved, grant_of(words), said, at=AT + 8 * DAY_MICROS),
    }


def forms(words: Words) -> dict[str, dict[str, Any]]:
    asked, stands = asks(words), standing(words.team, charged=11_940)
    end = TypedEnd(kind="date", day="2026-12-24")
    return {
        "another amount": other_amount_form(
            asked, standing=stands, period="month", end=TypedEnd(kind="period"), metadata="{}"
        ),
        "another amount, anew": other_amount_form(
            asks(words, giver_id=2),
            standing=stands,
            period="quarter",
            end=end,
            metadata="{}",
            amount="300",
            note="<@U0ANNA001> changed this request.",
        ),
        "question": question_form(asked, metadata="{}", question=words.question, note="Look again."),
        "answer": answer_form(asked, question(words, 1, answered=False), metadata="1"),
    }


@pytest.mark.parametrize("of", WORDS)
@pytest.mark.parametrize("made", [cards, others])
def test_messages_in_every_state(
    made: Callable[[Words], dict[str, Message]], of: str, snapshot: SnapshotAssertion
) -> None:
    shown = {state: posted(message) for state, message in made(WORDS[of]).items()}
    for message in shown.values():
        assert "<!" not in all_text(message).replace("<!date^", "")
        assert sum(e.get("style") == "primary" for e in elements(message)) <= 1
        for block in message["blocks"]:
            assert len(block.get("elements", [])) <= 5 or block["type"] != "actions"

    assert shown == snapshot


@pytest.mark.parametrize("of", WORDS)
def test_forms_in_every_state(of: str, snapshot: SnapshotAssertion) -> None:
    shown = forms(WORDS[of])
    for form in shown.values():
        obeys(form)

    assert shown == snapshot


@pytest.mark.parametrize("of", WORDS)
def test_a_card_that_waits_never_reads_as_decided(of: str) -> None:
    """A verdict begins with its word, in bold; nothing that somebody typed can stand there."""
    shown = cards(WORDS[of])
    for state in ("pending", "with everything", "of a key"):
        first = shown[state].blocks[0]["text"]["text"]
        assert first.startswith("*<@U0ANNA001> asks for $")
        assert "\n" not in first
    assert shown["approved"].blocks[0]["text"]["text"].startswith(f"*Approved by {BEN}*: ")


def test_ended_cards_have_no_buttons_and_the_text_has_the_numbers() -> None:
    shown = cards(USUAL)
    for state in ("approved", "approved otherwise", "denied", "withdrawn", "expired"):
        assert elements(posted(shown[state])) == []
    for number in ("$750.00", "$60.00", "$12,000.00", "$810.00", "$461 a day", "Product"):
        assert number in shown["pending"].text
    for words in ("$375.00 (asked: $750.00)", "until", "for <@U0BEN0001>", "1 hour"):
        assert words in shown["approved otherwise"].text.replace("60 minutes", "1 hour")


def test_the_picture_shows_the_budget_before_and_after() -> None:
    chart = budget_change(standing(charged=11_940), dollars(750))

    assert chart.title == "$60 available now, $810 available if approved"
    over = budget_change(standing(charged=12_040), dollars(750))
    assert over.title == "$40 over budget now, $710 available if approved"
    assert [
        nanos // NANOS
        for nanos in (chart.spent_nanos, chart.forecast_nanos or 0, chart.budget_nanos or 0, chart.grown_nanos)
    ] == [11_940, 15_482, 12_000, 12_750]
    assert "Now $60 available of $12,000; if approved $810 available of $12,750." in encode(chart)["alt"]
    said = approval_card(pending(), standing=standing(charged=11_940), deciders=[BEN], by_finance=False).text
    assert chart.subtitle.removeprefix("Search: ") in said, "those who don't see the picture learn the same"
