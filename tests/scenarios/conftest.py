"""A folder with Acme's teams.yml and an empty, migrated SQLite database, for commands of the command line."""

from pathlib import Path

import pytest

from tests.scenarios.commands import Run, invoke
from tests.support.company import TEAMS_YML


@pytest.fixture
def run(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs one command in a folder of its own, which holds Acme's teams.yml and the database."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    for name in ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_APP_TOKEN", "PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    Path("teams.yml").write_text(TEAMS_YML)
    return invoke
