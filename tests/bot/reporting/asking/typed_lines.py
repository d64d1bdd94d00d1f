"""Acme's names for typed questions, and the lines that people type with what each is understood as."""

from dataclasses import replace

from bot.org.teams import Directory, Role
from bot.reporting.asking.asked_names import Names
from bot.reporting.asking.asked_teams import may_see_keys, names_to_ask_about
from tests.bot.acme import ACME, ANNA, BEN, CHLOE, DAN, PRODUCT, ROLES, SEARCH, directory

DATA = replace(SEARCH, id=40, slug="data-platform", name="Data Platform", channel_ref="#team-data", channel_id="C0DATA")
OCTOBER = replace(SEARCH, id=50, slug="october", name="October", channel_ref="#october", channel_id="C0OCT")
HIDDEN = replace(
    SEARCH, id=60, slug="hidden", name="Skunkworks", parent_id=10, channel_ref="#secret", channel_id="C0HID"
)
TWIN = replace(SEARCH, id=70, slug="evals-team", name="Evals", parent_id=20, channel_ref="", channel_id="")
OUTSIDER = 9
_ROLES: tuple[tuple[int, int, Role], ...] = (*ROLES, (DATA.id, ANNA, "member"), (OCTOBER.id, ANNA, "member"))
COMPANY: Directory = replace(
    directory(roles=_ROLES),
    teams=(ACME, PRODUCT, replace(SEARCH, channel_id="C0SEARCH", channel_state="linked"), DATA, OCTOBER, HIDDEN, TWIN),
)
PEOPLE = {"member": ANNA, "manager": BEN, "finance": CHLOE, "admin": DAN, "outsider": OUTSIDER}
COMMANDS = (
    "request",
    "requests",
    "expect",
    "hold",
    "release",
    "transfer",
    "allocate",
    "delegate",
    "settings",
    "help",
    "credit",
)
_PARTS = {
    "tool": ("Claude Code", "Codex", "Cursor"),
    "model": ("claude-opus-4-5", "claude-sonnet-4-5", "gpt-5", "gpt-5-mini"),
    "workflow": ("code-review", "evals", "nightly batch"),
}
_KEYS = ("key-search-ci", "ci-7")


def names_of(who: str, *, channel_id: str = "") -> Names:
    """The names that somebody may ask about, with Search's parts."""
    person_id = PEOPLE[who]
    names = names_to_ask_about(COMPANY, person_id, channel_id=channel_id)
    keys = {"credential": _KEYS} if may_see_keys(COMPANY, person_id, SEARCH) else {}
    if SEARCH.id not in {team.id for team in names.teams}:
        return names
    return replace(names, parts={**_PARTS, **keys})  # type: ignore[dict-item]  # the table's words


ANNAS: tuple[tuple[str, str], ...] = (
    # nothing, and filler around nothing
    ("", ""),
    ("   ", ""),
    ("status", ""),
    ("my team", ""),
    ("how is my team doing?", ""),
    ("how much do we spend", ""),
    ("show us this channel", ""),
    ("our spend so far", ""),
    ("now", ""),
    # teams by slug, name, channel, quotes, two words
    ("search", "team:search"),
    ("Search", "team:search"),
    ("SEARCH?", "team:search"),
    ("team search", "team:search"),
    ("#team-data", "team:data-platform"),
    ("team-data", "team:data-platform"),
    ("<#C0DATA|team-data>", "team:data-platform"),
    ("<#C0DATA>", "team:data-platform"),
    ("data platform", "team:data-platform"),
    ("Data-Platform", "team:data-platform"),
    ("data_platform", "team:data-platform"),
    ('"Data Platform"', "team:data-platform"),
    ("“data platform”", "team:data-platform"),
    ("`search`", "team:search"),
    ("team:search", "team:search"),
    ('team:"data platform"', "team:data-platform"),
    ("how is search standing", "team:search"),
    # teams that Anna may not see are unknown words
    ("product", "?product"),
    ("hidden", "?hidden"),
    ("skunkworks", "?skunkworks"),
    ("#secret", "?#secret"),
    ("<#C0HID|secret>", "?<#C0HID|secret>"),
    ("team:hidden", "?team:hidden"),
    ('"Skunkworks"', "?Skunkworks"),
    ("skunkwork", "?skunkwork"),
    ("hiden last week", "?hiden"),
    ("acme", "?acme"),
    ("company", "?company"),
    # spans
    ("today", 'days:"today"'),
    ("yesterday", 'days:"yesterday"'),
    ("this week", 'days:"this week"'),
    ("last week", 'days:"last week"'),
    ("this month", 'days:"this month"'),
    ("last month", 'days:"last month"'),
    ("previous month", 'days:"previous month"'),
    ("this quarter", 'days:"this quarter"'),
    ("last quarter", 'days:"last quarter"'),
    ("this year", 'days:"this year"'),
    ("this period", 'days:"this period"'),
    ("mtd", 'days:"mtd"'),
    ("ytd", 'days:"ytd"'),
    ("7d", 'days:"7d"'),
    ("30d", 'days:"30d"'),
    ("90 days", 'days:"90 days"'),
    ("2 weeks", 'days:"2 weeks"'),
    ("last 14 days", 'days:"last 14 days"'),
    ("the last two weeks", 'days:"the last two weeks"'),
    ("last 3 months", 'days:"last 3 months"'),
    ("november", 'days:"november"'),
    ("Nov", 'days:"nov"'),
    ("oct 2026", 'days:"oct 2026"'),
    ("2026-10", 'days:"2026-10"'),
    ("october 2025", 'days:"october 2025"'),
    ("last march", 'days:"last march"'),
    ("q3", 'days:"q3"'),
    ("q3 2026", 'days:"q3 2026"'),
    ("2026-Q3", 'days:"2026-q3"'),
    ("2026", 'days:"2026"'),
    ("2026-W47", 'days:"2026-w47"'),
    ("week 47", 'days:"week 47"'),
    ("2026-11-20", 'days:"2026-11-20"'),
    ("20 nov", 'days:"20 nov"'),
    ("november 20th", 'days:"november 20th"'),
    ("friday", 'days:"friday"'),
    ("since 1 nov", 'days:"since 1 nov"'),
    ("since monday", 'days:"since monday"'),
    ("from 1 nov to 15 nov", 'days:"from 1 nov to 15 nov"'),
    ("1 nov - 15 nov", 'days:"1 nov - 15 nov"'),
    ("1 nov until yesterday", 'days:"1 nov until yesterday"'),
    # both, in any order
    ("search last week", 'team:search days:"last week"'),
    ("last week search", 'team:search days:"last week"'),
    ("last month data platform", 'team:data-platform days:"last month"'),
    ("data platform in q3", 'team:data-platform days:"q3"'),
    ("how much did search spend last week?", 'team:search days:"last week"'),
    ("what did we spend in november", 'days:"november"'),
    ("<#C0DATA|team-data> yesterday", 'team:data-platform days:"yesterday"'),
    ("search since friday please", 'team:search days:"since friday"'),
    # parts
    ("claude", '"claude"'),
    ("opus", 'model:"opus"'),
    ("opus 30d", 'model:"opus" days:"30d"'),
    ("claude 30d", '"claude" days:"30d"'),
    ("claude code", 'tool:"claude code"'),
    ("Codex", 'tool:"codex"'),
    ("gpt-5", 'model:"gpt-5"'),
    ("gpt 5 mini", 'model:"gpt 5 mini"'),
    ("code-review last month", 'workflow:"code-review" days:"last month"'),
    ("code review", 'workflow:"code review"'),
    ("nightly batch", 'workflow:"nightly batch"'),
    ("batch", 'workflow:"batch"'),
    ("search opus last week", 'team:search model:"opus" days:"last week"'),
    ("what did search spend on codex in november", 'team:search tool:"codex" days:"november"'),
    ("tool:codex", 'tool:"codex"'),
    ('model:"gpt-5-mini" today', 'model:"gpt-5-mini" days:"today"'),
    ("workflow:evals", 'workflow:"evals"'),
    ("tool:opus", "?tool:opus -> opus"),
    ("key:ci-7", "?key:ci-7"),
    ("ci-7", "?ci-7"),
    # lists
    ("top", "show:top"),
    ("top tools", "show:top tools"),
    ("top models 30d", 'show:top models days:"30d"'),
    ("30d top models", 'show:top models days:"30d"'),
    ("models", "show:top models"),
    ("workflows last month", 'show:top workflows days:"last month"'),
    ("search top models", "show:top team:search models"),
    ("keys", "show:keys"),
    ("keys search", "show:keys team:search"),
    ("credentials", "show:keys"),
    # the books
    ("budget", "show:budget"),
    ("budgets", "show:budget"),
    ("budget search", "show:budget team:search"),
    ("search budget", "show:budget team:search"),
    ("search's budget", "show:budget team:search"),
    ("budget last month", 'show:budget days:"last month"'),
    ("statement", "show:statement"),
    ("statement 2026-10", 'show:statement days:"2026-10"'),
    ("statement search 2026-10", 'show:statement team:search days:"2026-10"'),
    ("statement last month data platform", 'show:statement team:data-platform days:"last month"'),
    ("forecast", "show:forecast"),
    ("forecast search", "show:forecast team:search"),
    ("search forecast", "show:forecast team:search"),
    ("alerts", "show:alerts"),
    ("alerts last week", 'show:alerts days:"last week"'),
    ("export", "show:export"),
    ("csv november", 'show:export days:"november"'),
    ("history", "show:history"),
    ("history search", "show:history team:search"),
    ("history me", "show:own_history"),
    ("my history", "show:own_history"),
    ("my requests", "show:own_history"),
    ("me", "show:me"),
    ("my usage", "show:me"),
    ("me last week", 'show:me days:"last week"'),
    # ambiguous: asked with buttons
    ("october", 'reading: days:"october" | team:october'),
    ("october last week", 'team:october days:"last week"'),
    ("search october", 'team:search days:"october"'),
    ("team:october", "team:october"),
    ('"october"', "team:october"),
    ("october october", 'team:october days:"october"'),
    ("statement october", 'reading: show:statement days:"october" | show:statement team:october'),
    ("search data platform", "team: team:search | team:data-platform"),
    ("last week this month", 'days: days:"last week" | days:"this month"'),
    ("budget forecast", "subject: show:budget | show:forecast"),
    ("codex cursor", 'part: tool:"codex" | tool:"cursor"'),
    ("forecast opus", 'subject: show:forecast | model:"opus"'),
    # near misses: one line
    ("budgte", "?budgte -> budget"),
    ("forcast", "?forcast -> forecast"),
    ("reqest 50 evals", "?reqest -> request 50 evals"),
    ("stting", "?stting -> settings"),
    ("helpp", "?helpp -> help"),
    ("serach", "?serach -> search"),
    ("serach last week", "?serach -> search last week"),
    ("search lst week", "?lst week -> search last week"),
    ("yesteday", "?yesteday -> yesterday"),
    ("novmber", "?novmber -> november"),
    ("platfrom", "?platfrom -> data-platform"),
    ("statment 2026-10", "?statment -> statement 2026-10"),
    ("top modles", "?modles -> top models"),
    ("codx", "?codx -> codex"),
    ("foo", "?foo"),
    ("foo bar search", "?foo bar"),
    ("😀", "?😀"),
    ("<!channel>", "?<!channel>"),
    ("search without opus", "?without"),
    ("search and data platform", "?and"),
    ("delete search", "?delete -> delegate search"),
    # people
    ("top people", "people"),
    ("top peope", "people"),
    ("who spent most", "people"),
    ("<@U0BEN0001>", "people"),
    ("users last week", "people"),
)
"""(what Anna types, what it means): a question in words that read one way, `about: options`, `?unknown -> suggestion`."""

OTHERS: tuple[tuple[str, str, str], ...] = (
    ("manager", "product", "team:product"),
    ("manager", "search", "team:search"),
    ("manager", "evals", 'reading: team:evals-team | workflow:"evals"'),
    ("manager", "evals last week", 'reading: team:evals-team days:"last week" | workflow:"evals" days:"last week"'),
    ("manager", "product evals", 'team:product workflow:"evals"'),
    ("manager", "hidden", "?hidden"),
    ("manager", "company", "?company"),
    ("manager", "data platform", "team:data-platform"),
    ("manager", "ci-7", 'key:"ci-7"'),
    ("manager", "key:ci-7 last week", 'key:"ci-7" days:"last week"'),
    ("finance", "october", 'reading: days:"october" | team:october'),
    ("finance", "hidden", "team:hidden"),
    ("finance", "skunkworks last quarter", 'team:hidden days:"last quarter"'),
    ("finance", "company", "team:organisation"),
    ("finance", "acme last month", 'team:organisation days:"last month"'),
    ("finance", "org budget", "show:budget team:organisation"),
    ("finance", "organisation", "team:organisation"),
    ("finance", "statement organisation 2026-10", 'show:statement team:organisation days:"2026-10"'),
    ("finance", "skunkwoks", "?skunkwoks -> skunkworks"),
    ("admin", "company", "?company"),
    ("admin", "search", "?search"),
    ("admin", "ci-7", "?ci-7"),
    ("outsider", "search", "?search"),
    ("outsider", "last week", 'days:"last week"'),
    ("outsider", "serach", "?serach"),
    ("outsider", "budget", "show:budget"),
)
"""(who types, what, what it means)."""
