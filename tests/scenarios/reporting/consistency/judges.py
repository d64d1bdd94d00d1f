"""Holds each surface's words against the truth: every amount that it names, to the cent, and against the other surfaces."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from handlers.context import Context
from tests.scenarios.reporting.consistency import surfaces
from tests.scenarios.reporting.consistency.truths import Sum, Truth, days_of, today
from tests.scenarios.reporting.consistency.worlds import BUDGETS, EAST, ROLES, STARTS, WEST, ZONES

ALL = (*ZONES, "east", "west")
EVERYBODY = (*ALL, "organisation", "unattributed")
BELOW = {"east": EAST, "west": WEST}
MONEY = r"-?\$[\d,]+(?:\.\d\d)?"
NO_PRICE = "no price yet"
_FORECASTS = (
    rf"it comes to ({MONEY}) ",
    rf"[Ff]orecast (?:for|by) \d+ \w+\**\n({MONEY})",
)


@dataclass
class Judge:
    """Compares the surfaces of a world at its moment, and collects what differs."""

    context: Context
    faults: list[str] = field(default_factory=list)
    amounts: int = 0
    """How many amounts were compared."""

    @property
    def truth(self) -> Truth:
        return Truth(self.context, self.context.now())

    @property
    def at(self) -> datetime:
        return self.context.now()

    async def judge_team(self, slug: str, *, by: str = "finance") -> None:
        """Compares a team's surfaces as one person sees them."""
        truth, channel = self.truth, surfaces.channel_of(slug)
        since = await self._since(slug)
        month, week, before = (
            await truth.spent(slug, "month", since=since),
            await truth.spent(slug, "7d"),
            await truth.spent(slug, "7d before"),
        )
        standing = (await surfaces.types(self.context, by, "", channel=channel)).text_everywhere()
        self._expects(
            f"{slug}: /tokens", standing, rf"\*(?:Spent|Own spend)(?: since [^*]+)?\*\n({MONEY}|{NO_PRICE})", month
        )
        self._expects(f"{slug}: /tokens", standing, rf"\*Last 7 full days\*\n({MONEY}|{NO_PRICE})", week)
        if BUDGETS.get(slug) and since is None and STARTS.get(slug, self.at.date()) <= self.at.date():
            left = Sum(BUDGETS[slug] * 10**9 - month.nanos)
            self._expects(f"{slug}: /tokens", standing, rf"\*Available\*\n({MONEY})", left)
        listed = standing.partition("Top tools, last 7 full days")[2]
        await self._parts(f"{slug}: /tokens", listed, slug, "7d", "tool", start="• ")
        for typed, kind in (("7d", "7d"), ("mtd", "month")):
            whole = await truth.spent(slug, kind)
            for part in ("tool", "model", "workflow"):
                words = (
                    await surfaces.types(self.context, by, f"top {part}s {typed}", channel=channel)
                ).text_everywhere()
                if not whole.calls:
                    continue
                await self._parts(f"{slug}: top {part}s {typed}", words, slug, kind, part, start=r"\d+\. ")
                if part == "tool":
                    self._kinds_add_up(f"{slug}: top {typed}", words, whole)
        budget = (await surfaces.types(self.context, by, "budget", channel=channel)).text_everywhere()
        self._expects(f"{slug}: budget", budget, rf"\*Spent by itself\*\n({MONEY}|{NO_PRICE})", month)
        statement = (await surfaces.types(self.context, by, "statement", channel=channel)).text_everywhere()
        whole_month = await truth.spent(slug, "month")
        if since is None and whole_month.nanos:
            self._expects(f"{slug}: statement", statement, rf"Charged for its days: ({MONEY})", whole_month)
        form = (await surfaces.types(self.context, by, "request 100 more", channel=channel)).text_everywhere()
        home = (await surfaces.opens_home(self.context, by)).text_everywhere()
        digest = await self.judge_digest(slug)
        for role in ROLES:  # the channel shows its team to everybody there
            theirs = (await surfaces.types(self.context, role, "", channel=channel)).text_everywhere()
            if slug not in BELOW:  # who may not see the teams below has no figure with them
                self._is(f"{slug}: /tokens of {role}", re.findall(MONEY, theirs), re.findall(MONEY, standing))
        self._same_forecast(slug, [standing, budget, form, digest])
        self._expects_if_there(f"{slug}: Home", home, rf"\*{slug.title()}[ *][^\n]*?({MONEY}) of ", month)
        assert before is not None

    async def judge_digest(self, slug: str) -> str:
        """Compares a team's digest of its last closed week; returns its words."""
        found = await surfaces.digest(self.context, slug)
        if slug in BELOW:
            assert found is not None
            week = await self.truth.week_of((slug, *BELOW[slug]), slug)
            self._says(f"{slug}: digest", found.text_everywhere(), _round(week))
            return ""
        week, before = await self.truth.spent(slug, "week"), await self.truth.spent(slug, "week before")
        if found is None:
            self._is(f"{slug}: no digest", week.calls + before.nanos, 0)
            return ""
        words = found.text_everywhere()
        spent = NO_PRICE if not week.nanos and week.unpriced else _round(week)
        self._says(f"{slug}: digest", words, "nothing" if not week.calls else spent)
        return words

    async def judge_company(self) -> None:
        """Compares what finance sees of the company: Home, top and the week, each the sum of all teams' own days."""
        truth = self.truth
        month, week, before = [await truth.all_spent(kind) for kind in ("month", "7d", "7d before")]
        home = (await surfaces.opens_home(self.context, "finance")).text_everywhere()
        company = home.partition("*Company*")[2]
        self._expects("Home", company, rf"Spent ({MONEY}) in ", month)
        self._expects("Home", company, rf"({MONEY}) in the last 7 full days", week)
        change = Sum(week.nanos - before.nanos)
        self._expects("Home", company, rf"last 7 full days \(\+?({MONEY})\)", change)
        self._expects("Home", home, rf"\*Unattributed\*\n({MONEY})", await truth.spent("unattributed", "month"))
        self._kinds_add_up("Home", company, month)
        for slug in ALL:
            used = await truth.months_of((slug, *BELOW.get(slug, ())))
            shown = NO_PRICE if not used.nanos and used.unpriced else _round(used)
            line = re.search(rf"^ *{slug.title()} .*$", company, re.MULTILINE)
            self._is(f"Home: {slug} is listed with {shown}", line is not None and f" {shown}" in line.group(), True)
        top = (await surfaces.types(self.context, "finance", "top", channel="CGENERAL")).text_everywhere()
        self._says("top of the company", top, f"spent {_round(week)} in the last 7 full days")
        digest = await surfaces.digest(self.context, "organisation")
        assert digest is not None
        found = set(
            re.findall(rf"Forecast for [^*]+\*\n({MONEY})|on course for ({MONEY})", home + digest.text_everywhere())
        )
        self._is(f"forecasts of the company {found}", len({"".join(pair) for pair in found}), 1)
        self._says(
            "the company's digest", digest.text_everywhere(), _round(await truth.week_of(EVERYBODY, "organisation"))
        )

    async def judge_exports(self, folder: Path) -> None:
        """Compares the export of usage of each team's month."""
        every = await surfaces.exports_usage(self.context, f"{self.at:%Y-%m}", folder)
        for slug in ALL:
            rows = [row for row in every if row["team"] == slug]
            nanos = sum(int(Decimal(row["cost_usd"] or 0) * 10**9) for row in rows)
            unpriced = sum(row["cost_usd"] == "" for row in rows)
            used = await self.truth.spent(slug, "month")
            self._is(f"{slug}: export", (nanos, len(rows), unpriced), (used.nanos, used.calls, used.unpriced))

    async def judge_person(self, who: str) -> None:
        """Compares a person's own use, by the organisation's day."""
        words = (await surfaces.types(self.context, who, "me")).text_everywhere()
        home = (await surfaces.opens_home(self.context, who)).text_everywhere()
        now = today("organisation", self.at)
        for kind, label in (("7d", "Last 7 full days"), ("month", "This month")):
            first, end = days_of(kind, now)
            used = await self.truth.of_person(f"{who}@acme.test", first, end)
            if used.nanos:
                self._expects(f"{who}: me", words, rf"\*{label}\*\n({MONEY})", used)
                if kind == "7d":
                    self._expects(f"{who}: Home", home, rf"Last 7 full days: ({MONEY})", used)

    async def judge_strangers(self) -> None:
        """Who is in one team alone gets amounts of that one."""
        home = (await surfaces.opens_home(self.context, "stranger")).text_everywhere()
        for slug in ALL:
            if slug != "valley":
                self._is(f"stranger: Home names {slug}", slug.title() in home, False)
                words = (await surfaces.types(self.context, "stranger", f"budget {slug}")).text_everywhere()
                self._is(f"stranger: budget {slug}", re.findall(MONEY, words), [])

    async def _since(self, slug: str) -> date | None:
        first, end = days_of("month", today(slug, self.at))
        starts = STARTS.get(slug)
        return starts if starts is not None and first < starts < end and starts <= today(slug, self.at) else None

    async def _parts(self, name: str, words: str, slug: str, kind: str, part: str, *, start: str) -> None:
        """Compares the listed parts, each and together."""
        for value in await self.truth.names(slug, kind, part):
            shown = re.escape(value) if value else f"unnamed {part}"
            used = await self.truth.spent(slug, kind, {part: value})
            self._expects(f"{name}, {shown}", words, rf"{start}{shown}: ({MONEY}|{NO_PRICE})", used)

    def _kinds_add_up(self, name: str, words: str, whole: Sum) -> None:
        kinds = re.findall(rf"(?:In-house|Third-party): ({MONEY})", words)
        self._is(f"{name}: kinds of tools", sum(map(_cents, kinds)), _cents(whole.usd), within=1)

    def _same_forecast(self, slug: str, words: Iterable[str]) -> None:
        found = {amount for text in words for pattern in _FORECASTS for amount in re.findall(pattern, text)}
        self._is(f"{slug}: forecasts {sorted(found)}", len(found) <= 1, True)

    def _expects(self, name: str, words: str, pattern: str, used: Sum) -> None:
        """Every match of the pattern names the amount; one at least."""
        found = set(re.findall(pattern, words))
        wanted = NO_PRICE if used.nanos == 0 and used.unpriced else used.usd
        self._is(f"{name}: {pattern}", found, {wanted})

    def _expects_if_there(self, name: str, words: str, pattern: str, used: Sum) -> None:
        if re.search(pattern, words):
            self._expects(name, words, pattern, used)

    def _says(self, name: str, words: str, wanted: str) -> None:
        self._is(f"{name} says {wanted}", wanted in words, True)

    def _is(self, name: str, found: object, wanted: object, *, within: int = 0) -> None:
        self.amounts += 1
        same = abs(found - wanted) <= within if isinstance(found, int) and isinstance(wanted, int) else found == wanted
        if not same:
            self.faults.append(f"{self.at:%d %b %H:%M} {name}: {found!r}, not {wanted!r}")


def _cents(amount: str) -> int:
    return int(amount.replace("$", "").replace(",", "").replace(".", ""))


def _round(used: Sum) -> str:
    """A headline's amount: whole dollars from a hundred on."""
    if abs(used.nanos) < 100 * 10**9:
        return used.usd
    return f"${(used.nanos * 2 + 10**9) // (2 * 10**9):,}"
