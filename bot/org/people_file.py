"""Reads people.csv and reports each fault with its line and column."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from io import StringIO

from bot.org.people import is_email, normalize_spelling
from bot.periods import day_number
from bot.refusals import ConfigError
from bot.text import plain_spaces
from bot.usage import MAX_NAME_CHARACTERS

COLUMNS = ("email", "aliases", "team", "manager", "from")
_MAX_CHARACTERS = 50_000_000
_FAULTS_SHOWN = 50


@dataclass(frozen=True, kw_only=True)
class PersonLine:
    """One line of people.csv. Spellings are case-folded; `team` is a slug; `from_day` is the day it starts, if given."""

    number: int
    email: str
    aliases: tuple[str, ...]
    team: str
    manager: str
    from_day: int | None


def read_people_file(text: str) -> list[PersonLine]:
    """Reads and checks a people.csv. Raises ConfigError with one line per fault."""
    if len(text) > _MAX_CHARACTERS:
        raise ConfigError("The file is over 50 MB.")
    rows = csv.reader(StringIO(plain_spaces(text), newline=""), strict=True)
    try:
        heading = [name.strip().casefold() for name in next(rows, [])]
        raise_faults(_heading_faults(heading))
        lines, faults = [], []
        for row in rows:
            if any(value.strip() for value in row):
                line, wrong = _line(rows.line_num, heading, row)
                lines.append(line)
                faults += wrong
    except csv.Error as error:
        raise ConfigError(f"line {rows.line_num}: {error}") from error
    raise_faults([*faults, *_faults_between(lines)])
    return lines


def read_text(file: bytes) -> str:
    """Decodes the file as UTF-8. Raises ConfigError with the line that is in another encoding."""
    try:
        return file.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = file[: error.start].count(b"\n") + 1
        raise ConfigError(f"line {line}: is not UTF-8; save the file as CSV in UTF-8") from error


def raise_faults(faults: Sequence[str]) -> None:
    """Raises ConfigError with the first faults, if there are any."""
    if faults:
        rest = len(faults) - _FAULTS_SHOWN
        more = [f"and {rest:,} faults more"] if rest > 0 else []
        raise ConfigError("\n".join([*faults[:_FAULTS_SHOWN], *more]))


def _heading_faults(heading: Sequence[str]) -> list[str]:
    known = ", ".join(COLUMNS)
    faults = [f"line 1: {name!r} is no column; there are: {known}" for name in heading if name not in COLUMNS]
    faults += [f"line 1: the column {name} is there twice" for name in COLUMNS if heading.count(name) > 1]
    if "email" not in heading and not faults:
        faults.append(f"line 1: the column email is missing; there are: {known}")
    return faults


def _line(number: int, heading: Sequence[str], row: Sequence[str]) -> tuple[PersonLine, list[str]]:
    """Returns the line and its faults."""
    faults = []
    if len(row) > len(heading):
        faults.append(f"line {number}: has {len(row)} values under {len(heading)} columns; is a comma in one of them?")
    given = {name: value.strip() for name, value in zip(heading, row, strict=False)}
    email, manager = (normalize_spelling(given.get(name, "")) for name in ("email", "manager"))
    team, began = normalize_spelling(given.get("team", "")), given.get("from", "")
    aliases = tuple(dict.fromkeys(a for part in given.get("aliases", "").split(";") if (a := normalize_spelling(part))))
    if not is_email(email) or not email.isprintable():
        faults.append(f"line {number}, email: {_fault_of(given.get('email', ''), 'e-mail address')}")
    for alias in aliases:
        if len(alias) > MAX_NAME_CHARACTERS or not alias.isprintable():
            faults.append(f"line {number}, aliases: an alias has at most {MAX_NAME_CHARACTERS} printable characters")
    if manager and not (is_email(manager) and manager.isprintable()):
        faults.append(f"line {number}, manager: {_fault_of(given['manager'], 'e-mail address')}")
    if manager and manager == email:
        faults.append(f"line {number}, manager: nobody is their own manager")
    from_day = _day(began)
    if began and from_day is None:
        faults.append(f"line {number}, from: {_fault_of(began, 'date like 2026-11-01')}")
    if began and not (team or manager):
        faults.append(
            f"line {number}, from: is the day on which a team begins, and the line names neither team nor manager"
        )
    line = PersonLine(
        number=number,
        email=email,
        aliases=tuple(alias for alias in aliases if alias != email),
        team=team,
        manager=manager,
        from_day=from_day,
    )
    return line, faults


def _fault_of(value: str, what: str) -> str:
    return f"{value!r} is no {what}" if value else "is empty"


def _day(text: str) -> int | None:
    try:
        return day_number(date.fromisoformat(text)) if text else None
    except ValueError:
        return None


def _faults_between(lines: Sequence[PersonLine]) -> list[str]:
    """Returns faults between lines: a person may have one line per date, and an alias belongs to one person."""
    faults = []
    first: dict[tuple[str, int | None], int] = {}
    emails = {line.email: line.number for line in reversed(lines)}
    aliases: dict[str, PersonLine] = {}
    for line in lines:
        before = first.setdefault((line.email, line.from_day), line.number)
        if before != line.number:
            faults.append(f"line {line.number}, email: is on line {before} already, with the same date")
        for alias in line.aliases:
            owner = aliases.setdefault(alias, line)
            if owner.email != line.email:
                faults.append(
                    f"line {line.number}, aliases: {alias!r} is an alias of {owner.email} on line {owner.number}"
                )
            if alias in emails:
                faults.append(f"line {line.number}, aliases: {alias!r} is the e-mail of line {emails[alias]}")
    return faults


def team_faults(lines: Sequence[PersonLine], slugs: Sequence[str]) -> list[str]:
    """Returns the lines that name an unknown team."""
    faults = []
    known = set(slugs)
    for line in lines:
        if line.team and line.team not in known:
            near = get_close_matches(line.team, slugs, n=1)
            hint = f"did you mean {near[0]}?" if near else "`tokens teams list` shows them"
            faults.append(f"line {line.number}, team: there is no team {line.team!r}; {hint}")
    return faults


def team_by_manager(line: PersonLine, lines: Mapping[str, PersonLine], known: Mapping[str, str]) -> str:
    """Returns a line's team: its own, else its manager's, else the next manager's; "" if none has a team.

    `lines` maps e-mails to each person's last line; `known` maps e-mails to stored teams.
    """
    visited: set[str] = set()
    while not line.team and line.manager and line.email not in visited:
        visited.add(line.email)
        above = lines.get(line.manager)
        if above is None or not (above.team or above.manager):
            return known.get(line.manager, "")
        line = above
    return line.team
