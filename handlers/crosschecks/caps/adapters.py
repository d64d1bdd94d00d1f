"""Every kind of gateway with its adapter, and how one is made: with its key, read anew each time."""

import os
from collections.abc import Mapping

import aiohttp

from bot.crosschecks.caps import GatewaySettings
from bot.org.gateways import GatewayKind
from handlers.crosschecks.caps.adapter import CapRefused, GatewayAdapter
from handlers.crosschecks.caps.apis.anthropic import Anthropic
from handlers.crosschecks.caps.apis.claude_enterprise import ClaudeEnterprise
from handlers.crosschecks.caps.apis.claude_gateway import ClaudeGateway
from handlers.crosschecks.caps.apis.github import GitHub
from handlers.crosschecks.caps.apis.openai import OpenAI
from handlers.crosschecks.caps.apis.webhook import Webhook
from handlers.crosschecks.caps.calls import read_key
from handlers.crosschecks.caps.litellm import LiteLLM

ADAPTERS: Mapping[GatewayKind, type[GatewayAdapter]] = {
    "litellm": LiteLLM,
    "claude_gateway": ClaudeGateway,
    "claude_enterprise": ClaudeEnterprise,
    "openai": OpenAI,
    "anthropic": Anthropic,
    "github": GitHub,
    "webhook": Webhook,
}


def adapter_of(
    settings: GatewaySettings, session: aiohttp.ClientSession, *, environment: Mapping[str, str] | None = None
) -> GatewayAdapter:
    """Returns the adapter of a gateway. Raises CapRefused without its key."""
    made = ADAPTERS.get(settings.kind)
    if made is None:
        raise CapRefused(
            f"This version can't set caps at {settings.kind} yet. Remove {settings.name}, or update Tokens."
        )
    return made(settings, read_key(settings, os.environ if environment is None else environment), session)
