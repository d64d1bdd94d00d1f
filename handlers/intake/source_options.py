"""The options of a source beside its format, as `tokens keys create` and `tokens keys set` take them."""

import secrets
import sys
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from bot.intake.webhooks import STANDARD_PREFIX, kind_fault, secret_fault
from bot.org.attribution import Source
from bot.org.teams import Directory
from bot.refusals import ConfigError
from bot.sources import MAPPED, NATIVE_ROUTE
from bot.sources.forges.merges import FORGES
from bot.sources.mapping import path_fault
from bot.sources.otlp.profiles import Meters

SignatureOption = Annotated[
    str | None,
    typer.Option(
        "--signature", help="It signs what it sends: standard, helicone or hmac-sha256:HEADER; none ends that."
    ),
]
SecretOption = Annotated[
    str | None,
    typer.Option(
        "--secret",
        help="The signatures' secret: @FILE, or - to be asked for it. Left out, a standard one is made and shown once.",
    ),
]
MapOption = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="NAME=PATH",
        help="Which member of its events is what, like model=properties.model; again for more. NAME= forgets one.",
    ),
]
DefaultTeamOption = Annotated[
    str | None,
    typer.Option("--default-team", help="The slug of the team that gets what no rule places; none for no team."),
]
ReportedOption = Annotated[
    bool | None,
    typer.Option(
        "--reported-first/--book-first", help="The cost it reports stands before the price book, or after it."
    ),
]

SignalOption = Annotated[
    str | None,
    typer.Option("--signal", help="What an otlp source meters by: auto, or traces, logs or metrics alone."),
]


@dataclass(frozen=True, kw_only=True)
class TypedOptions:
    """The options as typed; None for one that was not."""

    signature: str | None = None
    secret: str | None = None
    mapping: Sequence[str] = ()
    default_team: str | None = None
    reported_first: bool | None = None
    signal: str | None = None


def typed_options(
    signature: str | None,
    secret: str | None,
    mapping: Sequence[str] | None,
    default_team: str | None,
    reported_first: bool | None,
    *,
    signal: str | None,
) -> TypedOptions:
    """Collects typed options; prompts for a secret or reads its file first, before anything is opened."""
    return TypedOptions(
        signature=signature,
        secret=typed_secret(secret),
        mapping=tuple(mapping or ()),
        default_team=default_team,
        reported_first=reported_first,
        signal=signal,
    )


@dataclass(frozen=True, kw_only=True)
class StoredOptions:
    """A source's options as stored, and a generated secret to show, if any."""

    stored: Mapping[str, Any]
    new_secret: str | None

    def audit(self, before: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the changed options for the audit log, without the secret."""
        names = sorted({*self.stored, *before})
        changed = {name: self.stored.get(name) for name in names if self.stored.get(name) != before.get(name)}
        return {**changed, "secret": "changed"} if "secret" in changed else changed


def options_of(
    typed: TypedOptions, *, source_format: str, before: Mapping[str, Any], directory: Directory
) -> StoredOptions:
    """Returns the options `before` with the typed ones applied. Raises ConfigError by the option's name."""
    options = dict(before)
    if typed.reported_first is not None:
        options["reported_first"] = typed.reported_first
    if typed.default_team is not None:
        options["default_team_id"] = _team_id(typed.default_team, directory)
    if typed.mapping:
        options["mapping"] = _mapping(typed.mapping, source_format, options.get("mapping") or {})
    if typed.signal is not None:
        options["signal"] = _signal(typed.signal, source_format)
    new_secret = _sign(typed, source_format, options)
    return StoredOptions(stored={name: value for name, value in options.items() if value}, new_secret=new_secret)


def _team_id(slug: str, directory: Directory) -> int | None:
    if slug == "none":
        return None
    found = directory.by_slug(slug)
    if found is None:
        raise ConfigError(f"--default-team: there is no team {slug!r}; `tokens teams list` shows them")
    return found.id


def _signal(signal: str, source_format: str) -> str:
    """Returns the option as stored; None for the default."""
    if signal not in get_args(Meters):
        raise ConfigError(f"--signal: {signal!r} is none of {', '.join(get_args(Meters))}")
    if source_format != "otlp":
        raise ConfigError(f"--signal: only sources of otlp have several; {source_format} has one")
    return "" if signal == "auto" else signal


def _mapping(lines: Sequence[str], source_format: str, before: Mapping[str, str]) -> dict[str, str]:
    if source_format not in MAPPED:
        raise ConfigError(f"--map: {source_format} has names of its own; a mapping is for {', '.join(sorted(MAPPED))}")
    mapping = dict(before)
    for line in lines:
        native, equals, path = line.partition("=")
        if not equals:
            raise ConfigError(f"--map: {line!r} must be like model=properties.model")
        if not path:
            mapping.pop(native, None)
        elif fault := path_fault(native, path):
            raise ConfigError(f"--map: {fault}")
        else:
            mapping[native] = path
    return mapping


def _sign(typed: TypedOptions, source_format: str, options: dict[str, Any]) -> str | None:
    """Sets the signature and its secret in `options`; returns a generated secret to show."""
    forge = FORGES.get(source_format)
    if forge is not None:
        return _sign_as_forge(typed, forge, source_format, options)
    if typed.signature == "none":
        if typed.secret is not None:
            raise ConfigError("--secret: without a signature there is nothing to keep secret")
        options["signature"] = options["secret"] = ""
        return None
    kind = typed.signature or options.get("signature") or ""
    if typed.signature is None and typed.secret is None:
        return None
    if not kind:
        raise ConfigError("--secret: needs --signature, which says how it is used")
    if fault := kind_fault(kind):
        raise ConfigError(f"--signature: {fault}")
    if source_format not in NATIVE_ROUTE:
        raise ConfigError(f"--signature: {source_format} does not sign what it sends; leave it out")
    known = options.get("secret") if kind == options.get("signature") else None
    options["signature"] = kind
    if typed.secret is None and known:
        return None
    generated = STANDARD_PREFIX + b64encode(secrets.token_bytes(32)).decode() if typed.secret is None else None
    if generated and kind != "standard":
        raise ConfigError("--secret: is missing; give it as @FILE, or - to be asked for it")
    secret = generated or str(typed.secret)
    if fault := secret_fault(kind, secret):
        raise ConfigError(f"--secret: {fault}")
    options["secret"] = secret
    return generated


def _sign_as_forge(typed: TypedOptions, kind: str, source_format: str, options: dict[str, Any]) -> str | None:
    """Sets a forge's signature, which every delivery has; returns a generated secret to show."""
    if typed.signature not in (None, kind):
        raise ConfigError(f"--signature: {source_format} signs by its own rules; leave it out")
    if typed.secret is None and options.get("secret"):
        return None
    generated = secrets.token_urlsafe(32) if typed.secret is None else None
    secret = generated or str(typed.secret)
    if fault := secret_fault(kind, secret):
        raise ConfigError(f"--secret: {fault}")
    options["signature"], options["secret"] = kind, secret
    return generated


def typed_secret(secret: str | None) -> str | None:
    """Returns the secret from a prompt or a file, so that it is not in a command line that others can see."""
    if secret is not None and secret.startswith("@"):
        return Path(secret[1:]).read_text(encoding="utf-8", errors="replace").strip()
    if secret is None or secret != "-":  # noqa: S105  # a dash is no password
        return secret
    if sys.stdin.isatty():
        return str(typer.prompt("Secret", hide_input=True)).strip()
    return sys.stdin.readline().strip()


def in_words(source: Source, slugs: Mapping[int, str]) -> str:
    """Returns a source's options for the list, without its secret."""
    words = []
    if source.signature:
        words.append(f"signed ({source.signature})")
    if source.default_team_id is not None:
        words.append(f"else {slugs.get(source.default_team_id, '?')}")
    if source.reported_first:
        words.append("reported cost first")
    if source.signal != "auto":
        words.append(f"{source.signal} alone")
    words += [f"{native}={path}" for native, path in sorted(source.mapping.items())]
    return ", ".join(words)
