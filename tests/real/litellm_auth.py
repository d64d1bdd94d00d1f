"""Keys for LiteLLM's proxy without a database: it is loaded by the proxy, in whose environment it runs, and by nobody else."""

from typing import Any

from litellm.proxy._types import UserAPIKeyAuth  # type: ignore[import-not-found,unused-ignore]  # the proxy's own

OWNERS = {"anna": ("team-search", "Search"), "emi": ("team-search", "Search"), "mia": ("team-mobile", "Mobile")}


async def user_api_key_auth(request: Any, api_key: str) -> UserAPIKeyAuth:
    """`sk-anna` is Anna's key."""
    name = api_key.removeprefix("sk-")
    team_id, team_alias = OWNERS[name]
    return UserAPIKeyAuth(
        api_key=api_key,
        key_alias=f"{name}-ide",
        user_id=f"u-{name}",
        user_email=f"{name}@acme.test",
        team_id=team_id,
        team_alias=team_alias,
        team_spend=100.0,
        team_max_budget=500.0,
    )
