"""The common path of all usage routes: check the key, read the body within bounds, book the rows, answer."""

import asyncio
import math
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from urllib.parse import unquote

import structlog
from fastapi import Depends, Request, Response
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBearer
from prometheus_client import CollectorRegistry, Counter
from starlette.requests import ClientDisconnect

from bot.clock import wall_seconds
from bot.intake.webhooks import signature_fault
from bot.org.attribution import Source
from bot.settings import Settings
from bot.sources.pieces.bodies import Steps, TooManyRows
from bot.sources.rows import Unreadable
from bot.usage import Parsed
from handlers.context import Context
from handlers.intake.routes.reading import INLINE_BYTES, BodyFormat, ReadingThread, in_jobs
from handlers.intake.routes.request_bodies import Pace, UnreadAnswer, has_unread_body, read_body
from handlers.intake.routes.rooms import BodyError, Room
from handlers.intake.usage import Intake
from handlers.intake.usage_jobs import NO_ROWS, Answer, NotDurable, TooBusy
from handlers.rulebooks import KeyRevoked, TooManyUnknownKeys
from storage.faults import database_fault, is_away
from storage.intake.keys import key_hash
from storage.intake.read_keys import Reader

log = structlog.get_logger()
KEY = Depends(
    HTTPBearer(scheme_name="ingest key", auto_error=False)
)  # for the description; `authenticate_key` checks the key
RETRY_SECONDS = 2
LINGER_SECONDS = 3.0
"""How long a refused body is discarded, so that its sender gets to read the answer."""
PROVED = "tokens.proved"
"""The ASGI extension that a connection has to be told that its sender has shown a key or a signature."""


class Denied(Exception):
    """A request without a valid key or signature. The text gives the fault."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def problem(status: int, sentence: str) -> JSONResponse:
    return JSONResponse({"error": sentence}, status_code=status, headers=headers_of(status))


def headers_of(status: int) -> dict[str, str]:
    """Returns the headers of a refusal: when to retry, or how to authenticate."""
    if status == 503:
        return {"Retry-After": str(RETRY_SECONDS)}
    return {"WWW-Authenticate": "Bearer"} if status == 401 else {}


def bearer_token(header: str) -> str:
    """Returns the key in an Authorization header, empty if there is none.

    Several exporters send the value of OTEL_EXPORTER_OTLP_HEADERS without decoding it: `Bearer%20tok_…`.
    """
    scheme, _, token = unquote(header).strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


async def authenticate_key(request: Request, context: Context) -> tuple[Source, bytes]:
    """Returns the source of the request's key, and the key's hash. Raises Denied."""
    token = bearer_token(request.headers.get("authorization", ""))
    if not token:
        raise Denied(401, "Send the ingest key as `Authorization: Bearer <key>`; `tokens keys create` makes one.")
    try:
        async with asyncio.timeout(context.settings.answer_seconds):
            source = await context.rulebooks.source_of(token)
            reader = await context.rulebooks.reader_of(token, is_counted=True) if source is None else None
    except TooManyUnknownKeys as error:
        raise Denied(503, "Too many unknown keys are being tried. Send it again in a second.") from error
    if reader is not None:
        raise Denied(403, "This key reads exports, and sends nothing; `tokens keys create` makes an ingest key.")
    if source is None:
        raise Denied(401, "This ingest key is not known, or was revoked.")
    mark_proved(request)
    return source, key_hash(token)


async def authenticate_reader(request: Request, context: Context) -> Reader:
    """Returns the reader of the request's read key. Raises Denied."""
    token = bearer_token(request.headers.get("authorization", ""))
    if not token:
        raise Denied(
            401, "Send a read key as `Authorization: Bearer <key>`; `tokens keys create NAME --read` makes one."
        )
    try:
        async with asyncio.timeout(context.settings.answer_seconds):
            source = (await context.rulebooks.cached()).sources.get(key_hash(token))
            reader = await context.rulebooks.reader_of(token) if source is None else None
            if source is None and reader is None:
                source = await context.rulebooks.source_of(token)
    except TooManyUnknownKeys as error:
        raise Denied(503, "Too many unknown keys are being tried. Send it again in a second.") from error
    if source is not None:
        raise Denied(
            403, "This is an ingest key, and reads no export; `tokens keys create NAME --read` makes a read key."
        )
    if reader is None:
        raise Denied(401, "This read key is not known, or was revoked.")
    mark_proved(request)
    return reader


Sender = tuple[Source, bytes]
"""A source, and its key's hash."""


def check_signature(request: Request, body: bytes, sender: Sender) -> Sender:
    """Returns the sender. Raises Denied if its source signs and has not signed this body."""
    source, _ = sender
    if source.signature:
        fault = signature_fault(
            request.headers, body, kind=source.signature, secret=source.secret, now_seconds=wall_seconds()
        )
        if fault:
            raise Denied(401, fault)
    return sender


@dataclass(frozen=True, kw_only=True)
class Authenticator:
    """How a route authenticates, and its limits: `authenticate` returns the sender, or raises Denied. `room_of` returns the
    room of a source's bodies. `signed_by` returns the sender by the signature of its body, or raises Denied.
    """

    authenticate: Callable[[Request, Context], Awaitable[Sender]]
    cap: int
    room_of: Callable[[Source], Room]
    pace: Pace
    signed_by: Callable[[Request, bytes, Sender], Sender] = check_signature


class IngestEndpoint:
    """The common path of all usage routes; one per process. One room bounds the bodies of all senders with a key."""

    MAX_PENDING = 2
    """Pieces of one body that wait for their commit while the next is read."""

    def __init__(self, context: Context, intake: Intake, registry: CollectorRegistry) -> None:
        self.context = context
        settings = context.settings
        room = Room(settings.max_in_flight_bytes)
        self._by_key = Authenticator(
            authenticate=authenticate_key,
            cap=settings.max_body_bytes,
            room_of=lambda _: room,
            pace=pace_of(settings),
        )
        self._intake = intake
        self._thread = ReadingThread()
        self._rows = Counter("tokens_usage_rows", "Rows of usage by what became of them.", ["fate"], registry=registry)

    async def accept(
        self,
        request: Request,
        body_format: BodyFormat,
        *,
        read_as: str | Callable[[Source], str],
        authenticator: Authenticator | None = None,
    ) -> Answer:
        """Reads, parses and books a request's body.

        `read_as` is the format in which quarantined rows can be read again, or returns it for a source. A source that
        signs must have signed the body, with any `authenticator` (the default is that of keys).

        Raises Denied, BodyError, Unreadable, TooManyRows, KeyRevoked, NotDurable and TooBusy, which `fault_of` turns into
        answers.
        """
        chosen = authenticator or self._by_key
        sender = source, key = await chosen.authenticate(request, self.context)
        if source.signature and request.headers.get("content-encoding", "").strip().lower() not in ("", "identity"):
            raise Denied(415, "A signed body must come as it was signed: without a Content-Encoding.")
        with chosen.room_of(source).enter() as place:
            body = await read_body(request, cap=chosen.cap, place=place, pace=chosen.pace)
            if source.signature:
                source, key = await self._thread.call(lambda: chosen.signed_by(request, body, sender))
                mark_proved(request)
            named = read_as if isinstance(read_as, str) else read_as(source)
            book = partial(self._intake.book, source=source, key=key, read_as=named)
            calls = body_format.plain(body, source)
            if calls is not None:
                empty = Parsed(rows=len(calls), events=[], unusable=[], ignored=calls.ignored)
                empty.producers = set(calls.producers)
                self._count_ignored(empty)
                return self._counted(await book(empty, calls=calls))
            steps = body_format.steps(body, source)
            first = await self._thread.first(steps, size=len(body))
            if isinstance(first, Parsed):
                return await self._book_whole(first, book)
            return await self._book_pieces(first, steps, book)

    async def _book_whole(self, parsed: Parsed, book: Callable[..., Awaitable[Answer]]) -> Answer:
        """Books a body of one piece."""
        jobs = list(in_jobs(parsed))
        self._count_ignored(parsed)
        answer = NO_ROWS
        for job in jobs or [parsed]:
            answer = self._counted(await book(job)) if answer is NO_ROWS else answer + self._counted(await book(job))
        return answer

    async def _book_pieces(self, rows: int, steps: Steps, book: Callable[..., Awaitable[Answer]]) -> Answer:
        """Books a body piece by piece while the next are read, and returns the sum of their answers."""
        answer, pending = NO_ROWS, deque[asyncio.Task[Answer]]()
        try:
            with self._intake.admit(rows) as admission:
                async with asyncio.timeout(self.context.settings.body_seconds):
                    async for parsed in self._thread.rest(steps, size=INLINE_BYTES + 1):
                        self._count_ignored(parsed)
                        for job in in_jobs(parsed):
                            pending.append(asyncio.ensure_future(book(job, admission=admission)))
                            while len(pending) > self.MAX_PENDING:
                                answer += self._counted(await pending.popleft())
                    while pending:
                        answer += self._counted(await pending.popleft())
        except TimeoutError as error:
            raise NotDurable from error
        finally:
            for task in pending:
                task.cancel()
            await asyncio.gather(*pending, return_exceptions=True)
        return answer

    def _counted(self, answer: Answer) -> Answer:
        for fate in ("accepted", "duplicates", "conflicts", "quarantined"):
            self._rows.labels(fate).inc(getattr(answer, fate))
        return answer

    def _count_ignored(self, parsed: Parsed) -> None:
        self._rows.labels("ignored").inc(parsed.ignored)


def pace_of(settings: Settings, *, most_seconds: float = math.inf) -> Pace:
    """Returns how fast bodies have to come."""
    return Pace(stall_seconds=settings.body_stall_seconds, body_seconds=min(settings.body_seconds, most_seconds))


def mark_proved(request: Request) -> None:
    """Tells the connection that its sender has shown a key or a signature."""
    proved = request.scope.get("extensions", {}).get(PROVED)
    if proved is not None:
        proved()


async def guarded(
    request: Request,
    answer: Callable[[Request], Awaitable[Response]],
    refuse: Callable[[int, str], Response] = problem,
) -> Response:
    """Answers a request; turns known faults into one sentence with the right status instead of a 500."""
    try:
        return await answer(request)
    except ClientDisconnect:
        log.info("the sender hung up", path=request.url.path)
        return Response(status_code=400)  # nobody reads it
    except Exception as error:  # noqa: BLE001  # senders drop data on a 500 and come again on a 503
        refusal = refuse(*fault_of(error, request.url.path))
        return UnreadAnswer(refusal, linger_seconds=LINGER_SECONDS) if has_unread_body(request) else refusal


def fault_of(error: Exception, path: str) -> tuple[int, str]:
    """Returns the status and the sentence that answer a fault."""
    if isinstance(error, BodyError | Denied | Unreadable | TooManyRows):
        return getattr(error, "status", 400), str(error)
    if isinstance(error, KeyRevoked):
        return 401, "This ingest key was revoked."
    if isinstance(error, TooBusy):
        return 503, "More usage waits to be stored than may. Send it again in a second."
    if isinstance(error, NotDurable):
        return 503, "It could not be stored now. Send it again; what was stored is not stored twice."
    if is_away(error):
        log.warning("the database is away", path=path, error=database_fault(error) or repr(error))
        return 503, "The database does not answer now. Send it again; nothing is stored twice."
    log.error("request failed", path=path, error=repr(error), exc_info=error)
    return 503, "Something went wrong here. Send it again; nothing is stored twice."
