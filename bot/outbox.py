"""Rules of the outbox: how long a message is worth posting, what a fault means, and when the next attempt is."""

from typing import Literal

from bot.periods import DAY_MICROS, MICROS

DeliveryFault = Literal["message", "place", "away", "unsure"]
"""What a failed delivery means: Slack refuses the `message`; the `place` needs people to act; Slack is `away` for reasons
that no message has; or `unsure`, as a 500 may be about this message or about Slack."""

FOR_EVER = 2**62
"""The end of a message that is worth posting for as long as it waits."""

_DEFAULT_DAYS = 7
_WORTH_DAYS: dict[str, int | None] = {
    "alert": 5,  # a long weekend with a revoked token; later, the digest has the figures
    "alerts-of": 5,
    "more-alerts": 5,
    "key-owner": 5,
    "escalation": 5,
    "block": 1,  # a gateway refused a call of this person; tomorrow they know
    "digest": 7,  # until the next one
    "request": None,  # somebody waits for the decision
    "receipt": 30,
    "verdict": 30,  # the only message with a decision, or with the reason of a denial
}

_MESSAGE_FAULTS = frozenset(
    {
        "attachment_payload_limit_exceeded",
        "cant_update_message",
        "edit_window_closed",
        "invalid_arg_name",
        "invalid_arguments",
        "invalid_array_arg",
        "invalid_attachments",
        "invalid_blocks",
        "invalid_blocks_format",
        "invalid_charset",
        "invalid_metadata_format",
        "invalid_metadata_schema",
        "markdown_text_conflict",
        "message_not_found",
        "metadata_too_large",
        "msg_blocks_too_long",
        "msg_too_long",
        "no_text",
        "too_many_attachments",
    }
)
"""Slack refuses the message itself, so a retry can't help. https://docs.slack.dev/reference/methods/chat.postMessage"""
PERSON_GONE = "person_gone"
_PLACE_FAULTS = frozenset(
    {
        "cannot_dm_bot",
        "channel_not_found",
        "is_archived",
        "is_inactive",
        "not_in_channel",
        "restricted_action",
        "restricted_action_non_threadable_channel",
        "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel",
        "team_channel_paused",
        "team_in_preview",
        "user_disabled",
        "user_not_found",
        "user_not_visible",
        "users_not_found",
        PERSON_GONE,
    }
)
"""The channel or person can't be reached until people act, so somebody else gets the message instead."""
_AWAY_FAULTS = frozenset(
    {
        "access_denied",
        "account_inactive",
        "accesslimited",
        "ekm_access_denied",
        "enterprise_is_restricted",
        "invalid_auth",
        "messages_tab_disabled",
        "missing_scope",
        "no_connection",
        "no_permission",
        "not_allowed_token_type",
        "not_authed",
        "org_login_required",
        "person_not_in_slack",
        "rate_limited",
        "ratelimited",
        "service_unavailable",
        "team_access_not_granted",
        "team_added_to_org",
        "timeout",
        "token_expired",
        "token_revoked",
        "two_factor_setup_required",
    }
)
"""Nothing could be posted there now: Slack, the network, the app's token or its rights. The next message waits too."""
_AWAY_STATUSES = frozenset({401, 403, 408, 429, 502, 503, 504})
_UNKNOWN_OUTCOMES = frozenset({"fatal_error", "internal_error", "request_timeout", "timeout"})
"""Slack may have posted the message before it failed. https://docs.slack.dev/reference/methods/chat.postMessage"""
_UNKNOWN_STATUSES = frozenset({408, 500, 502, 504})

LEAST_ATTEMPTS = 20
"""A message is tried this often at least, for two hours, however late it was released."""
MAX_DELAY_SECONDS = 600
MAX_RETRY_AFTER_SECONDS = 3600
PATIENT_ATTEMPTS = 8
"""A message with an unsure fault holds the later ones of its place for this many attempts, about four minutes."""


def message_kind(dedupe_key: str) -> str:
    """Returns the kind of a message: the first word of its dedupe key, such as `alert` or `digest`."""
    return dedupe_key.partition(":")[0]


def worth_until(dedupe_key: str, at: int, *, held_until: int = 0, is_over: bool = False) -> int:
    """Returns until when a message of `at` is worth posting, in microseconds. A held one counts from its release.

    A request is worth posting while it waits; `is_over` says that it no longer does.
    """
    days = _WORTH_DAYS.get(message_kind(dedupe_key), _DEFAULT_DAYS)
    if days is None and not is_over:
        return FOR_EVER
    since = max(at, held_until)
    return since if since >= FOR_EVER else since + (days or _DEFAULT_DAYS) * DAY_MICROS


def fault_of(fault: str, status: int = 0) -> DeliveryFault:
    """Returns what a fault means: Slack's error, or the status of an answer without one. Unknown errors are unsure."""
    if fault in _MESSAGE_FAULTS:
        return "message"
    if fault in _PLACE_FAULTS:
        return "place"
    if fault in _AWAY_FAULTS or status in _AWAY_STATUSES:
        return "away"
    return "unsure"


def may_be_posted(fault: str, status: int = 0) -> bool:
    """Whether Slack may have posted a message although its answer is this fault."""
    if fault in _UNKNOWN_OUTCOMES:
        return True
    return fault == str(status) and (status in _UNKNOWN_STATUSES or status // 100 == 2)  # 200 that can't be read


def is_over(now: int, *, worth_until: int, attempts: int) -> bool:
    """Whether a message that failed this often is given up: it is no longer worth posting."""
    return now >= worth_until and attempts >= LEAST_ATTEMPTS


def holds_line(kind: DeliveryFault, attempts: int) -> bool:
    """Whether later messages to the same place wait for this one, after this many failed attempts."""
    return kind == "away" or (kind == "unsure" and attempts < PATIENT_ATTEMPTS)


def next_attempt_at(now: int, *, attempts: int, retry_after_seconds: int = 0) -> int:
    """Returns when a message is tried again: the delay doubles up to ten minutes; Slack may ask for up to an hour."""
    delay = min(MAX_DELAY_SECONDS, 1 << min(attempts, 10))
    return now + max(delay, min(retry_after_seconds, MAX_RETRY_AFTER_SECONDS)) * MICROS
