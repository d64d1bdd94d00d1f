"""All producers by their data files, read once, and the profile of a group of records.

A group whose service and scope no file names is read by the common names; each of its records may still tell its
producer, by its event or by one of its attributes.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

import msgspec

from bot.sources.otlp.names import NAMES, RESOURCE_FACTS, AttributeFact
from bot.sources.otlp.producers.profile import Profile, ProfileError, profile_from
from bot.sources.otlp.producers.schema import ProducerFile

FOLDER = Path(__file__).parent
COMMON_ID = "conventions"
"""The file of what no other file names."""
_LONGEST = 80
Files = Mapping[str, ProducerFile]
Reads = Mapping[str, AttributeFact]


class Registry:
    """The profiles of a set of files. Raises ProfileError if two of them can't stand beside each other."""

    def __init__(self, files: Files) -> None:
        self.profiles = {file_id: profile_from(file_id, found) for file_id, found in files.items()}
        self.common = self.profiles[COMMON_ID]
        self._services: dict[str, list[tuple[ProducerFile, Profile]]] = {}
        self._scopes: list[tuple[str, ProducerFile, Profile]] = []
        self.by_event: dict[str, Profile] = {}
        self.by_sum: dict[str, Profile] = {}
        self.by_mark: dict[str, dict[str, Profile]] = {}
        for file_id, found in sorted(files.items()):
            self._add(found, self.profiles[file_id])
        self._scopes.sort(key=lambda entry: -len(entry[0]))
        self._log_reads = self._with_own_names(self.by_event.values())
        marked = [profile for by_attribute in self.by_mark.values() for profile in by_attribute.values()]
        self._span_reads = self._with_own_names([*marked, *self.by_sum.values()])
        self.all_reads = {a: fact for profile in self.profiles.values() for a, fact in profile.reads.items()}
        """Every attribute that any producer is read for."""
        self.raw_texts = frozenset(text for profile in self.profiles.values() for text in profile.texts)
        self.find = lru_cache(maxsize=4_000)(self._find)

    def _add(self, found: ProducerFile, profile: Profile) -> None:
        for service in found.sender.services:
            self._services.setdefault(service, []).append((found, profile))
        self._scopes += [(scope, found, profile) for scope in found.sender.scopes]
        for table, by_name, rule in (("logs", self.by_event, profile.logs), ("sums", self.by_sum, profile.sums)):
            for name in (name for name in (rule.records if rule else ()) if "." in name or table == "sums"):
                if by_name.setdefault(name, profile) is not profile:
                    raise ProfileError(f"{profile.id}.toml: {table}.records: {name} is one of {by_name[name].id}")
        for mark in found.sender.marks:
            by_attribute = self.by_mark.setdefault(self.common.reads[mark].fact, {})
            if by_attribute.setdefault(mark, profile) is not profile:
                raise ProfileError(f"{profile.id}.toml: sender.marks: {mark} marks {by_attribute[mark].id} already")

    def profile_of(self, service: str, scope: str, version: str) -> Profile:
        """Returns the profile of a group: by its service's name, or by its scope's as people rename services."""
        return self.find(service[:_LONGEST], scope[:_LONGEST], version[:_LONGEST])

    def _find(self, service: str, scope: str, version: str) -> Profile:
        named = [profile for found, profile in self._services.get(service, ()) if _holds(found, version)]
        instrumentation = self._of_scope(scope, version)
        if not named:
            return instrumentation or self.common
        program = named[0]
        if instrumentation is None or program.logs is not None or program.spans is None or not program.spans.auto:
            return program
        return within(program, instrumentation)

    def _of_scope(self, scope: str, version: str) -> Profile | None:
        for pattern, found, profile in self._scopes:
            begins = pattern.removesuffix("*")
            if (scope.startswith(begins) if begins != pattern else scope == pattern) and _holds(found, version):
                return profile
        return None

    def reads(self, profile: Profile, signal: str) -> Reads:
        """Returns the attributes that are read of a group's records. If their producer is unknown, so are its own names:
        each of these stays a fact of its own until the record has told its producer.
        """
        if profile is not self.common:
            return profile.reads
        return self._log_reads if signal == "logs" else self._span_reads

    def _with_own_names(self, profiles: Iterable[Profile]) -> Reads:
        own = {attribute for profile in profiles for attribute in profile.reads}
        return {attribute: AttributeFact(attribute, 0) for attribute in own} | dict(self.common.reads)


def within(program: Profile, instrumentation: Profile) -> Profile:
    """Returns how spans of a known instrumentation within a program are read, if the program is metered by its spans."""
    if program is instrumentation:
        return program
    return msgspec.structs.replace(instrumentation, name=program.name, tool=program.tool, person=program.person)


def _holds(found: ProducerFile, version: str) -> bool:
    """Returns whether a scope's version is within a file's bounds. An unknown version is a new one."""
    sender = found.sender
    if not (sender.since or sender.before):
        return True
    numbers = _numbers(version)
    if not numbers:
        return not sender.before
    return _numbers(sender.since) <= numbers and (not sender.before or numbers < _numbers(sender.before))


def _numbers(version: str) -> tuple[int, ...]:
    """Returns the leading numbers of a version: (2, 14) of `v2.14.0b1` is (2, 14, 0)."""
    numbers = []
    for part in version.lstrip("v").split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits:
            break
        numbers.append(int(digits))
        if digits != part:
            break
    return tuple(numbers)


def read_files(folder: Path = FOLDER) -> dict[str, ProducerFile]:
    """Reads all data files below a folder. Raises ProfileError that names the file and its fault."""
    files: dict[str, ProducerFile] = {}
    for path in sorted(folder.rglob("*.toml")):
        try:
            found = msgspec.toml.decode(path.read_bytes(), type=ProducerFile)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ProfileError(f"{path.name}: {error}") from error
        if path.stem in files:
            raise ProfileError(f"{path.name}: two files have this name")
        files[path.stem] = found
    return files


_FILES = read_files()
PRODUCERS = Registry(_FILES)
RESOURCE_READS: Reads = {
    attribute: AttributeFact(fact, rank)
    for fact in sorted(RESOURCE_FACTS)
    for rank, attribute in enumerate(NAMES[fact])
}
"""The attributes of a resource that are read. All others (command lines, paths, hosts) are skipped undecoded."""
PROGRAMS = frozenset(service for found in _FILES.values() for service in found.sender.services)
"""Services that are programs, not workflows."""
KEPT_ATTRIBUTES = PRODUCERS.all_reads.keys() - PRODUCERS.raw_texts - frozenset(NAMES["address"])
"""The attributes that quarantine keeps: texts in JSON by their members alone, no addresses."""
