"""A short drill: the full one is `python -m tests.drill.caps`."""

from tests.drill.caps.run import run_drill


async def test_gateways_follow_the_books_under_kills(sqlite_url: str) -> None:
    verdict = await run_drill(sqlite_url, decisions=6, seed=7)

    assert verdict.is_good, "\n".join(verdict.lines())
    assert verdict.kills
