"""The terminal pane and the control buttons: HTTP requests from the page, with a plain transcript."""

import asyncio
import json
import time
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from bot.sandbox.events.dispatch import Dispatch
from bot.sandbox.settings import Control, HttpCall, Terminal
from bot.sandbox.workspace import Workspace

Json = dict[str, Any]
PATIENCE_SECONDS = 30.0
KEPT_LINES = 400


async def make_call(workspace: Workspace, dispatch: Dispatch, call: HttpCall, title: str) -> tuple[int | None, Any]:
    """Makes a request. Returns its status (None without an answer) and its body, as JSON if possible."""
    began = time.perf_counter()
    status: int | None = None
    answer: Any = None
    error = None
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            async with dispatch.session().request(
                call.method, call.url, headers=dict(call.headers), json=call.body
            ) as response:
                status, text = response.status, await response.text(errors="replace")
    except (TimeoutError, aiohttp.ClientError) as wrong:
        error = "timed out" if isinstance(wrong, TimeoutError) else "no connection"
    else:
        error = None if status < 400 else f"status {status}"
        try:
            answer = json.loads(text)
        except ValueError:
            answer = text
    parts = urlsplit(call.url)
    workspace.traffic.note(
        at=workspace.now(),
        direction="from_page",
        method=call.method,
        path=parts.path + (f"?{parts.query}" if parts.query else ""),
        title=title,
        status=status,
        seconds=time.perf_counter() - began,
        error=error,
        request={"headers": dict(call.headers), "body": call.body},
        response=answer,
    )
    return status, answer


async def press(workspace: Workspace, dispatch: Dispatch, control: Control) -> Json:
    """Presses a control. Returns a text and the channel to look at, and moves the clock ahead if the answer has a time."""
    status, answer = await make_call(workspace, dispatch, control, control.label)
    body: Json = answer if isinstance(answer, dict) else {}
    if status is None or status >= 400:
        reason = body.get("text") or body.get("error") or (f"status {status}" if status else "nobody answered")
        return {"ok": False, "status": status, "error": f"{control.label}: {reason}", "text": str(reason)}
    if isinstance(body.get("now"), int | float):
        workspace.jump_to(float(body["now"]))
    workspace.steps.happened(f"control:{control.id}")
    text = str(body.get("text") or f"{control.label}: done.")
    return {"ok": True, "status": status, "text": text, "channel": str(body.get("channel") or "")}


async def run(workspace: Workspace, dispatch: Dispatch, terminal: Terminal, index: int) -> Json:
    """Runs a terminal command and writes its transcript. The outcome is allow, warn, deny or error."""
    command = terminal.commands[index]
    _write(workspace, [("prompt", command.argv_text)])
    status, answer = await make_call(workspace, dispatch, command, command.label)
    path = urlsplit(command.url).path
    body: Json = answer if isinstance(answer, dict) else {}
    outcome = (
        str(body.get("decision")) if status == 200 and body.get("decision") in ("allow", "warn", "deny") else "error"
    )
    call = (
        "dim",
        f"gateway: asked {command.method} {path}: {outcome if outcome != 'error' else status or 'no answer'}",
    )
    written = _write(workspace, [call, *_transcript(terminal, command.answer, outcome, status, body)])
    workspace.steps.happened(f"terminal:{outcome}")
    return {"ok": True, "outcome": outcome, "lines": written}


def _transcript(
    terminal: Terminal, model_answer: str, outcome: str, status: int | None, body: Json
) -> list[tuple[str, str]]:
    reason = str(body.get("reason") or "")
    left = _left(body, reason)
    if outcome == "deny":
        words = " ".join(part for part in (reason, left) if part) or "The budget is used up."
        return [("deny", f"402 Payment Required. The gateway refused the call. {words}"), ("hint", terminal.more_hint)]
    if outcome in ("allow", "warn"):
        note = " ".join(part for part in ("200 OK.", reason if outcome == "warn" else "", left) if part)
        return [(outcome, note), ("text", model_answer)]
    text = body.get("error") or body.get("detail") or ""
    where = f"status {status}" if status else "nobody answered"
    return [("error", f"The gateway could not ask for the allowance: {where}. {text}".strip())]


def _left(body: Json, reason: str) -> str:
    """Formats the available amount and its end, "$488.00 available until 1 Dec 2026.".

    Where the reason names the amount already: "The next period begins on 1 Dec 2026.".
    """
    try:
        amount = Decimal(str(body["available_usd"]))
    except (KeyError, InvalidOperation):
        return ""
    money = f"${abs(amount):,.2f}"
    available = f"{'-' if amount < 0 else ''}{money} available"
    try:
        ends = datetime.fromisoformat(str(body["period_ends_at"]))
    except (KeyError, ValueError):
        return "" if money in reason else f"{available}."
    day = f"{ends.day} {ends:%b %Y}"
    return f"The next period begins on {day}." if money in reason else f"{available} until {day}."


def _write(workspace: Workspace, lines: list[tuple[str, str]]) -> list[Json]:
    written = [{"kind": kind, "text": text, "at": workspace.now()} for kind, text in lines]
    workspace.terminal_lines.extend(written)
    del workspace.terminal_lines[:-KEPT_LINES]
    workspace.feed.tell("terminal", {"lines": written})
    return written
