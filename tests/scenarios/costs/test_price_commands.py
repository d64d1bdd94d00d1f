"""Prices on the command line: a model's rate and its origin, repricing, and differing reported costs."""

import re
from pathlib import Path

import pytest

from bot.clock import SystemClock
from tests.scenarios.commands import Run, refused, well
from tests.support.company import TEAMS_YML

EXTRA = """
  - {provider: anthropic, discount: 0.15}
  - {model: acme-late, from: 2026-12-01, input_per_mtok: 2, output_per_mtok: 8, cache_read_per_mtok: 0.5}
models:
  - {alias: "prod-*", model: openai/gpt-4o}
"""


@pytest.fixture
def priced(run: Run) -> Run:
    Path("teams.yml").write_text(TEAMS_YML.rstrip() + EXTRA)
    well(run("teams", "import", "teams.yml"))
    return run


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (
            ["gpt-4o", "--provider", "openai"],
            r"gpt-4o of openai on 20\d\d-\d\d-\d\d, standard tier\n"
            r"  per million tokens: input \$2\.50, cache reads \$1\.25, cache writes \$2\.50, output \$10\.00\n"
            r"  beside tokens: web searches \$10\.00 for 1,000\n"
            r"  because: the price book, genai-prices [\d.]+ \w+, as sold by openai\n",
        ),
        (
            ["claude-opus-4-6", "--provider", "google", "--region", "europe-west1", "--on", "2026-11-23"],
            r"standard tier, region europe-west1\n  per million tokens: input \$5\.50,",
        ),
        (["gpt-5.6-sol", "--geo", "eu", "--on", "2026-11-23"], r"tier, geo eu\n(.|\n)*cache writes 12h \$11\.00\n"),
        (["gpt-4o", "--tier", "provisioned"], r"no price per call: .* paid by the hour(.|\n)*input \$2\.50"),
        (["mistral-ocr-latest", "--on", "2026-11-23"], r"tier\n  beside tokens: pages \$4\.00 for 1,000\n"),
        (["gpt-4o", "--tier", "batch", "--on", "2026-11-23"], r"batch tier\n.*input \$1\.25,.*output \$5\.00"),
        (["o3", "--on", "2025-05-01"], r"input \$10\.00,.*output \$40\.00"),
        (["prod-chat", "--provider", "azure"], r"alias: prod-\* means openai/gpt-4o.*\n.*input \$2\.50"),
        (
            ["claude-sonnet-4-5", "--provider", "anthropic"],
            r"input \$2\.55,(.|\n)*above 200,000 input tokens: input \$5\.10(.|\n)*"
            r"a contract.*: provider anthropic, 15% discount\n"
            r"  completed by the price book",
        ),
        (["acme-late", "--on", "2026-11-30"], "unpriced: no contract and no price in the book"),
        (
            ["acme-late", "--on", "2026-12-01"],
            r"input \$2\.00, cache reads \$0\.50, cache writes \$2\.00, output \$8\.00\n"
            r"  because: a contract, .*: model acme-late, from 2026-12-01",
        ),
        (["sonar-pro", "--provider", "perplexity"], r"per thousand calls: \$"),
    ],
)
def test_a_models_rate_is_shown_with_its_reason(priced: Run, asked: list[str], said: str) -> None:
    found = well(priced("prices", "show", *asked))

    assert re.search(said, found), found


def test_repricing_lists_changes_by_team_and_then_none(priced: Run) -> None:
    today = SystemClock().now().date().isoformat()
    Path("use.csv").write_text(
        "time,id,model,team,uncached_input_tokens,cost_usd\n"
        f"{today}T00:00:00Z,1,acme-new,search,1000000,\n"
        f"{today}T00:00:00Z,2,acme-new,mobile,500000,\n"
        f"{today}T00:00:00Z,3,gpt-4o,mobile,1000000,2.00\n"
    )
    well(priced("replay", "use.csv"))
    file = Path("teams.yml")
    file.write_text(
        file.read_text().replace("models:", "  - {model: acme-new, input_per_mtok: 3, output_per_mtok: 9}\nmodels:")
    )
    well(priced("teams", "import", "teams.yml"))

    would = well(priced("reprice", "--since", today, "--dry-run"))
    assert re.search(r"search +1 +\$0\.00 +\$3\.00 +\+\$3\.00", would)
    assert re.search(r"mobile +1 +\$0\.00 +\$1\.50 +\+\$1\.50", would)
    assert would.endswith("2 of 3 calls would cost something else: +$4.50.\nDry run: nothing was stored.\n")

    assert well(priced("reprice", "--since", today)).endswith("2 of 3 calls cost something else: +$4.50.\n")
    assert well(priced("reprice", "--since", today)) == "Nothing changes: 3 calls cost what they should.\n"
    assert "Everything agrees" in well(priced("check"))

    apart = well(priced("prices", "disagreements"))
    assert re.search(r"gpt-4o +1 +\$2\.50 +\$2\.00 +\+\$0\.50 +\+25\.0", apart)
    assert "no model's price differs by more than 30%" in well(priced("prices", "disagreements", "--tolerance", "30"))
    assert "over 0 calls" in well(priced("prices", "disagreements", "--period", "2024-Q1"))


def test_an_invalid_tier_or_period_is_one_line(priced: Run) -> None:
    assert (
        refused(priced("prices", "show", "gpt-4o", "--tier", "gold"))
        == "--tier is one of batch, fast, flex, priority, provisioned."
    )
    assert refused(priced("prices", "disagreements", "--period", "November")).startswith("--period is written like")
    assert refused(priced("prices", "disagreements", "--period", "2026-13")).startswith("--period is written like")
