"""Settings from the environment and `.env`. Importing this module needs neither; `Settings()` reads them."""

from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, PlainValidator, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.refusals import ConfigError

DEFAULT_DATABASE_URL = "sqlite:///tokens.db"
FEWEST_DAYS_OF_EVENTS = 62
"""Raw events are kept for at least so long, so that a month can be closed, checked and priced again."""


def _database_url(value: Any) -> str:
    """Converts a PostgreSQL or SQLite address to the driver that Tokens uses."""
    text = str(value).strip()
    for given, driver in (
        ("postgres://", "postgresql+asyncpg://"),
        ("postgresql://", "postgresql+asyncpg://"),
        ("sqlite://", "sqlite+aiosqlite://"),
    ):
        if text.startswith(given):
            return driver + text.removeprefix(given)
    if text.startswith(("postgresql+asyncpg://", "sqlite+aiosqlite://")):
        return text
    raise ValueError("must start with sqlite:///, postgres:// or postgresql://")


def _days_of_events(value: Any) -> int | None:
    """Returns the number of days, or None for ever."""
    text = str(value).strip() if value is not None else ""
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or int(text) < FEWEST_DAYS_OF_EVENTS:
        raise ValueError(
            f"{text!r} is no number of days from {FEWEST_DAYS_OF_EVENTS} on; leave it unset to keep events for ever"
        )
    return int(text)


def _public_url(value: Any) -> str:
    """Returns the address at which people reach the web process, without a slash at its end."""
    text = str(value or "").strip().rstrip("/")
    parts = urlsplit(text)
    if text and (parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment):
        raise ValueError("must be an address like https://tokens.example.com")
    return text


class Settings(BaseSettings):
    """Settings of an operator. Names in the public contract have no prefix; all others start with `TOKENS_`."""

    model_config = SettingsConfigDict(
        env_prefix="TOKENS_", env_file=".env", extra="ignore", populate_by_name=True, str_strip_whitespace=True
    )

    database_url: Annotated[str, PlainValidator(_database_url)] = Field(
        default=_database_url(DEFAULT_DATABASE_URL), validation_alias=AliasChoices("DATABASE_URL", "database_url")
    )
    slack_bot_token: str = Field(default="", validation_alias=AliasChoices("SLACK_BOT_TOKEN", "slack_bot_token"))
    slack_signing_secret: str = Field(
        default="", validation_alias=AliasChoices("SLACK_SIGNING_SECRET", "slack_signing_secret")
    )
    slack_app_token: str = Field(default="", validation_alias=AliasChoices("SLACK_APP_TOKEN", "slack_app_token"))
    slack_api_url: str = Field(
        default="https://slack.com/api/", validation_alias=AliasChoices("SLACK_API_URL", "slack_api_url")
    )
    host: str = Field(default="127.0.0.1", validation_alias=AliasChoices("HOST", "host"))
    port: int = Field(default=3000, ge=0, le=65535, validation_alias=AliasChoices("PORT", "port"))

    command: str = Field(default="/tokens", pattern=r"^/[a-z0-9_-]{1,31}$")
    public_url: Annotated[str, PlainValidator(_public_url)] = ""
    watch_seconds: float = Field(default=15.0, gt=0)
    outbox_poll_seconds: float = Field(default=1.0, gt=0)
    schedule_seconds: float = Field(default=30.0, gt=0)
    max_body_bytes: int = Field(default=32 * 1024 * 1024, gt=0)
    max_in_flight_bytes: int = Field(default=64 * 1024 * 1024, gt=0)
    body_seconds: float = Field(default=30.0, gt=0)
    body_stall_seconds: float = Field(default=5.0, gt=0)
    header_seconds: float = Field(default=10.0, gt=0)
    most_connections: int = Field(default=500, gt=0)
    group_rows: int = Field(default=4000, gt=0)
    most_waiting_rows: int = Field(default=100_000, gt=0)
    answer_seconds: float = Field(default=8.0, gt=0)  # OTLP exporters give up after ten
    slack_answer_seconds: float = Field(default=2.2, gt=0)  # Slack accepts an answer for three
    keep_events_days: Annotated[int | None, PlainValidator(_days_of_events)] = None
    archive_to: str = ""
    quarantine_days: int = Field(default=30, gt=0)
    quarantine_rows: int = Field(default=10_000, gt=0)
    quarantine_bytes: int = Field(default=64 * 1024 * 1024, gt=0)

    @property
    def has_slack(self) -> bool:
        """Returns whether Slack can be called, and its requests can be trusted: signed ones, or those of a WebSocket."""
        return bool(self.slack_bot_token and (self.slack_signing_secret or self.slack_app_token))

    @property
    def uses_socket(self) -> bool:
        """Returns whether Slack's requests come over a WebSocket that Tokens opens."""
        return bool(self.slack_bot_token and self.slack_app_token)

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def api_url(self) -> str:
        """Returns Slack's address with a trailing slash, as the SDK expects."""
        return self.slack_api_url.rstrip("/") + "/"


def load_settings(**given: Any) -> Settings:
    """Returns the settings. Raises ConfigError with one line per fault, each with the variable to set."""
    try:
        return Settings(**given)
    except ValidationError as error:
        lines = [
            f"{'.'.join(map(str, e['loc'])) or 'settings'}: {str(e['msg']).removeprefix('Value error, ')}"
            for e in error.errors()
        ]
        raise ConfigError("\n".join(lines)) from error
