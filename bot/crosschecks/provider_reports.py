"""Cost and usage reports of Anthropic and OpenAI, in the format of their admin APIs.

A file holds one page, an array of pages, or one page per line. Amounts are exact: decimals in cents from Anthropic,
numbers in dollars from OpenAI. An unreadable field raises ConfigError with its page and name, and nothing of the report
is used.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple, get_args

from bot.money import MAX_AMOUNT_NANOS, nanos_from_decimal
from bot.periods import DAY_MICROS, MICROS, micros
from bot.refusals import ConfigError, SourceError
from bot.sources.fields import name
from bot.sources.labels import Notes, label
from bot.sources.rows import describe_error
from bot.usage import MAX_TOKENS

Provider = Literal["anthropic", "openai"]
ReportKind = Literal["costs", "usage", "claude_code"]
PROVIDERS: tuple[Provider, ...] = get_args(Provider)
_MAX_DIGITS = 40
_FEES = ("tool call", "web search", "file search", "code interpreter", "session", "storage")
"""Words of OpenAI's line items that bill no tokens, such as `web search tool calls`."""
_MAX_REPORTED_TOKENS = MAX_TOKENS * 1_000_000
"""The limit for an organisation's day; `MAX_TOKENS` limits one call."""


class CostLine(NamedTuple):
    """A billed amount on a UTC day under one of the provider's line items; `model` is "" if it names none.

    `fee` is what it bills beside tokens, such as `web search`; "" for tokens.
    """

    day: int
    line: str
    model: str
    amount_nanos: int
    fee: str = ""


class TokenLine(NamedTuple):
    """Tokens of a model on a UTC day, in disjoint counters."""

    day: int
    model: str
    uncached_input: int
    cache_read: int
    cache_write: int
    output: int

    @property
    def tokens(self) -> int:
        return self.uncached_input + self.cache_read + self.cache_write + self.output


@dataclass(frozen=True, kw_only=True)
class Report:
    """A provider's report. `days` are all days that it covers, including those without cost."""

    provider: Provider
    kind: ReportKind
    days: tuple[int, ...]
    costs: tuple[CostLine, ...] = ()
    tokens: tuple[TokenLine, ...] = ()


class _Node:
    """A value in the file with its path, for error messages."""

    def __init__(self, value: Any, path: str) -> None:
        self._value, self.path = value, path

    def fault(self, words: str) -> ConfigError:
        return ConfigError(f"{self.path} {words}")

    @property
    def fields(self) -> Mapping[str, Any]:
        if not isinstance(self._value, dict):
            raise self.fault("must be an object")
        return self._value

    def __contains__(self, field: str) -> bool:
        return field in self.fields

    def get(self, field: str) -> "_Node":
        return _Node(self.fields.get(field), self._below(field))

    def rows(self, field: str) -> list["_Node"]:
        listed = self.fields.get(field)
        if not isinstance(listed, list):
            raise self.get(field).fault("must be a list")
        return [_Node(row, f"{self._below(field)}[{at}]") for at, row in enumerate(listed)]

    def _below(self, field: str) -> str:
        return f"{self.path}{'.' if self.path and not self.path.endswith(' ') else ''}{field}"

    def text(self) -> str:
        if self._value is not None and not isinstance(self._value, str):
            raise self.fault("must be text")
        try:
            return name(self.path, self._value)
        except SourceError as error:
            raise ConfigError(str(error)) from error

    def label(self) -> str:
        """Returns text that no sum needs: it is cut, or left out if it is not text."""
        return label(self.path, self._value, Notes())

    def count(self) -> int:
        if self._value is None:
            return 0
        text = str(self._value)
        if not text.isascii() or not text.isdigit() or len(text) > _MAX_DIGITS or int(text) > _MAX_REPORTED_TOKENS:
            raise self.fault("must be a count of tokens")
        return int(text)

    def nanos(self, *, per_dollar: int) -> int:
        """Converts a decimal to nano-dollars, given its units per dollar; credits are negative."""
        text = str(self._value).strip() if isinstance(self._value, str) else ""
        try:
            nanos = nanos_from_decimal(text, per_dollar=per_dollar)
        except ValueError as error:
            raise self.fault(str(error)) from error
        if abs(nanos) > MAX_AMOUNT_NANOS:
            raise self.fault("is over a billion dollars")
        return nanos

    def in_dollars(self) -> None:
        if not isinstance(self._value, str) or self._value.casefold() != "usd":
            raise self.fault("must be USD: other currencies are not compared")

    def moment(self) -> int:
        """Parses RFC 3339, or seconds since 1970, into microseconds."""
        text = str(self._value)
        try:
            if text.isdigit() and len(text) < 12:
                return int(text) * MICROS
            return micros(datetime.fromisoformat(text))
        except (ValueError, OverflowError) as error:
            raise self.fault("must be a moment, like 2026-11-22T00:00:00Z") from error


def read_report(provider: Provider, body: bytes) -> Report:
    """Reads a provider's cost or usage report. Raises ConfigError."""
    pages = list(_pages(body))
    paths: dict[str, str] = {}
    for page in pages:
        page.rows("data")
        first_path = paths.setdefault(json.dumps(page.fields["data"], sort_keys=True), page.path)
        if first_path != page.path:
            raise ConfigError(f"{page.path}it says the same as {first_path.rstrip(': ')}: is it there twice?")
    if str(pages[-1].fields.get("has_more")).casefold() == "true":
        path = pages[-1].get("has_more").path
        raise ConfigError(f"{path} is true: the report goes on. Fetch the pages after it, and put them into the file.")
    rows = [row for page in pages for row in page.rows("data")]
    if provider == "anthropic" and any("model_breakdown" in row for row in rows):
        return _claude_code(rows)
    results = [result for row in rows for result in row.rows("results")]
    is_cost = any("amount" in result for result in results)
    if not is_cost and not any("output_tokens" in result for result in results):
        raise ConfigError("There is neither an amount nor a token count in it: it must be a cost or usage report.")
    days = _days(rows, provider, whole=is_cost)
    if is_cost:
        return _costs(provider, rows, days)
    lines = [line for row, day in zip(rows, days, strict=True) for line in _usage(provider, row, day)]
    return Report(provider=provider, kind="usage", days=tuple(sorted(set(days))), tokens=tuple(lines))


def _pages(body: bytes) -> Iterator[_Node]:
    """Yields the pages of a file. Numbers stay text, to keep every digit and to bound the work."""
    try:
        document = _json(body)
    except ValueError as whole:
        lines = [line for line in body.splitlines() if line.strip()]
        if len(lines) < 2:
            raise ConfigError(f"The file is not JSON: {describe_error(whole)}") from whole
        for number, line in enumerate(lines, 1):
            try:
                yield _Node(_json(line), f"line {number}: ")
            except ValueError as error:
                raise ConfigError(f"line {number} is not JSON: {describe_error(error)}") from error
        return
    if isinstance(document, list):
        if not document:
            raise ConfigError("The file holds no page.")
        for number, page in enumerate(document, 1):
            yield _Node(page, f"page {number}: ")
    else:
        yield _Node(document, "")


def _json(body: bytes) -> Any:
    def constant(text: str) -> None:
        raise ValueError(f"{text} is no number")

    try:
        return json.loads(body, parse_float=str, parse_int=str, parse_constant=constant)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _days(rows: list[_Node], provider: Provider, *, whole: bool) -> list[int]:
    """Returns the UTC day of each bucket. A cost report has each day once, as a whole day."""
    first, last = ("starting_at", "ending_at") if provider == "anthropic" else ("start_time", "end_time")
    buckets: dict[tuple[int, int], str] = {}
    days = []
    for row in rows:
        start, end = row.get(first).moment(), row.get(last).moment()
        day = start // DAY_MICROS
        if end <= start or end > (day + 1) * DAY_MICROS or (whole and end - start != DAY_MICROS):
            raise row.fault("is not one UTC day: ask for buckets of a day")
        if (first_path := buckets.setdefault((start, end), row.path)) != row.path:
            raise row.fault(f"is of the same time as {first_path}: it would be counted twice")
        days.append(day)
    return days


def _costs(provider: Provider, rows: list[_Node], days: list[int]) -> Report:
    lines: list[CostLine] = []
    for row, day in zip(rows, days, strict=True):
        known: dict[str, str] = {}
        for result in row.rows("results"):
            what = {k: v for k, v in result.fields.items() if k not in ("amount", "quantity")}
            first_path = known.setdefault(json.dumps(what, sort_keys=True), result.path)
            if first_path != result.path:
                raise result.fault(f"is the same line as {first_path}: it would be counted twice")
            lines.append(_anthropic_cost(result, day) if provider == "anthropic" else _openai_cost(result, day))
    return Report(provider=provider, kind="costs", days=tuple(sorted(days)), costs=tuple(lines))


def _anthropic_cost(result: _Node, day: int) -> CostLine:
    """Reads a line whose `amount` is a decimal in cents as text: `"123.45"` is $1.2345."""
    result.get("currency").in_dollars()
    model = result.get("model").label()
    line = result.get("description").label() or model or result.get("cost_type").label() or "all"
    kind = result.get("cost_type").label()
    fee = "" if kind == "tokens" else kind.replace("_", " ")
    return CostLine(day, line, model, result.get("amount").nanos(per_dollar=100), fee)


def _openai_cost(result: _Node, day: int) -> CostLine:
    """Reads a line whose `amount.value` is a number of dollars; `line_item` is like `gpt-5.5, input`."""
    amount = result.get("amount")
    amount.get("currency").in_dollars()
    line = result.get("line_item").label()
    model, comma, _ = line.partition(",")
    is_fee = not comma and any(word in line.casefold() for word in _FEES)
    nanos = amount.get("value").nanos(per_dollar=1)
    return CostLine(day, line or "all", model.strip() if comma else "", nanos, line if is_fee else "")


def _usage(provider: Provider, row: _Node, day: int) -> Iterator[TokenLine]:
    for result in row.rows("results"):
        model = result.get("model").text() or "all models"
        if provider == "anthropic":
            written = result.get("cache_creation")
            writes = ("ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens")
            cache_write = sum(written.get(part).count() for part in writes) if "cache_creation" in result else 0
            names = ("uncached_input_tokens", "cache_read_input_tokens")
        else:
            cache_write = result.get("input_cache_write_tokens").count()
            names = ("input_uncached_tokens", "input_cached_tokens")
        uncached, read = (result.get(field).count() for field in names)
        if provider == "openai" and "input_uncached_tokens" not in result:
            uncached = result.get("input_tokens").count() - read - cache_write
            if uncached < 0:
                raise result.get("input_tokens").fault("is less than its cached parts")
        yield TokenLine(day, model, uncached, read, cache_write, result.get("output_tokens").count())


def _claude_code(rows: list[_Node]) -> Report:
    """Reads Claude Code's report, which has a row per person and day; the person is not read."""
    lines = []
    for row in rows:
        day = row.get("date").moment() // DAY_MICROS
        for part in row.rows("model_breakdown"):
            tokens = part.get("tokens")
            counts = [tokens.get(field).count() for field in ("input", "cache_read", "cache_creation", "output")]
            lines.append(TokenLine(day, part.get("model").text(), *counts))
    days = tuple(sorted({line.day for line in lines}))
    return Report(provider="anthropic", kind="claude_code", days=days, tokens=tuple(lines))
