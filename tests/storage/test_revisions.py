"""The revisions read from the migrations' lines are Alembic's own, and a command that migrates nothing imports no Alembic."""

import subprocess
import sys
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

from storage.revisions import known, newest

MIGRATIONS = Path(__file__).parents[2] / "storage" / "migrations"


def test_they_are_alembics() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    script = ScriptDirectory.from_config(config)

    assert newest() == script.get_current_head()
    assert known() == {revision.revision for revision in script.walk_revisions()}


def test_a_command_imports_neither_alembic_nor_parsers(tmp_path: Path) -> None:
    """They take longer to import than most commands need for their work."""
    listing = (
        "import sys; sys.argv = ['tokens', 'keys', 'list']\n"
        "from bot.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([name for name in ('alembic', 'bot.sources.otlp.parser', 'storage.books.ledger') if name in sys.modules])"
    )
    environment = {"DATABASE_URL": f"sqlite:///{tmp_path}/tokens.db"}
    for expected in (True, False):  # the first run migrates
        done = subprocess.run(
            [sys.executable, "-c", listing],
            check=False,
            capture_output=True,
            text=True,
            env=environment,
            cwd=MIGRATIONS.parents[1],
        )
        assert done.returncode == 0, done.stderr
        assert ("'alembic'" in done.stdout) is expected
    assert done.stdout.endswith("[]\n")
