"""The names of attributes that OTLP senders have in common. If a row has several names of one fact, the first wins.

A producer's data file replaces the names of a fact by its own. `docs/connect/otlp-names.md` is this table for people; a
test keeps both equal.
"""

from typing import NamedTuple

from bot.units import UNITS

NAMES: dict[str, tuple[str, ...]] = {
    # the kind of record
    "operation": ("gen_ai.operation.name",),
    "span_kind": ("openinference.span.kind", "langfuse.observation.type", "langsmith.span.kind"),
    "wrapper_kind": ("traceloop.span.kind",),
    "request_type": ("llm.request.type",),
    "vercel_operation": ("ai.operationId",),
    "litellm_call": ("litellm.call_id",),
    "event": ("event.name",),
    "event_kind": ("event.kind",),
    "error": ("error.type",),
    # the identity of the call
    "response_id": ("gen_ai.response.id", "anthropic.request.id", "request_id", "ai.response.id"),
    "session": ("session.id", "conversation.id", "gen_ai.conversation.id"),
    "prompt": ("prompt_id", "prompt.id"),
    "sequence": ("event.sequence",),
    "timestamp": ("event.timestamp",),
    # the called model
    "provider": (
        *("gen_ai.provider.name", "gen_ai.system", "gen_ai.model.provider", "llm.provider", "llm.system"),
        "ai.model.provider",
    ),
    "model": (
        *("gen_ai.response.model", "ai.response.model", "gen_ai.request.model", "ai.model.id", "llm.model_name"),
        *("embedding.model_name", "model"),
    ),
    "tier": (
        *("openai.response.service_tier", "gen_ai.openai.response.service_tier", "anthropic.response.service_tier"),
    ),
    "address": ("server.address",),
    # the usage
    "input": (
        *("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt", "ai.usage.inputTokens"),
        *("ai.usage.promptTokens", "ai.usage.tokens", "llm.usage.prompt_tokens", "input_tokens"),
    ),
    "output": (
        *("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.token_count.completion"),
        *("ai.usage.outputTokens", "ai.usage.completionTokens", "llm.usage.completion_tokens", "output_tokens"),
    ),
    "cache_read": (
        *("gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens"),
        *("gen_ai.usage.input_tokens.cached", "llm.token_count.prompt_details.cache_read"),
        *("gen_ai.usage.details.cache_read_tokens", "ai.usage.cachedInputTokens", "cache_read_tokens"),
    ),
    "cache_write": (
        *("gen_ai.usage.cache_write.input_tokens", "gen_ai.usage.cache_creation.input_tokens"),
        *("gen_ai.usage.cache_creation_input_tokens", "gen_ai.usage.input_tokens.cache_write"),
        *("llm.token_count.prompt_details.cache_write", "gen_ai.usage.details.cache_write_tokens"),
        "cache_creation_tokens",
    ),
    "cache_write_5m": ("anthropic.usage.cache_creation.ephemeral_5m_input_tokens",),
    "cache_write_1h": ("anthropic.usage.cache_creation.ephemeral_1h_input_tokens",),
    "reasoning": (
        *("gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.output_tokens.reasoning"),
        *("llm.token_count.completion_details.reasoning", "gen_ai.usage.details.reasoning_tokens"),
        "ai.usage.reasoningTokens",
    ),
    "audio_input": ("gen_ai.usage.audio.input_tokens", "llm.token_count.prompt_details.audio"),
    "audio_cache_read": ("gen_ai.usage.audio.cache_read.input_tokens",),
    "audio_output": ("gen_ai.usage.audio.output_tokens", "llm.token_count.completion_details.audio"),
    "image_input": ("gen_ai.usage.image.input_tokens",),
    "image_cache_read": ("gen_ai.usage.image.cache_read.input_tokens",),
    "image_output": ("gen_ai.usage.image.output_tokens",),
    "video_input": ("gen_ai.usage.video.input_tokens",),
    "video_cache_read": ("gen_ai.usage.video.cache_read.input_tokens",),
    "video_output": ("gen_ai.usage.video.output_tokens",),
    "compaction_input": ("anthropic.usage.compaction.input_tokens",),
    "compaction_output": ("anthropic.usage.compaction.output_tokens",),
    "token_type": ("type",),
    "cost": ("gen_ai.usage.total_cost", "gen_ai.usage.cost", "llm.cost.total", "cost_usd"),
    # the person
    "service": ("service.name",),
    "service_version": ("service.version",),
    "workflow": (
        *("workflow", "workflow.name", "gen_ai.workflow.name", "traceloop.workflow.name", "ai.telemetry.functionId"),
        "trace.metadata.workflow",
    ),
    "team": ("team.id", "team", "team.name", "trace.metadata.team", "ai.telemetry.metadata.team"),
    "email": ("user.email", "enduser.email"),
    "user": (
        *("enduser.id", "user.id", "user_id", "langfuse.user.id", "ai.telemetry.metadata.userId"),
        "trace.metadata.user_id",
    ),
    "account": ("user.account_id", "user.account_uuid"),
    "groups": ("user.groups",),
    "identity": ("identity.source",),
    "credential": (
        *("api_key.id", "api_key_id", "anthropic.api_key.id", "anthropic.workspace.id", "anthropic.organization.id"),
        "organization.id",
    ),
    "user_agent": ("user_agent.original",),
    "department": ("department", "trace.metadata.department"),
    "cost_center": ("cost_center", "cost.center", "trace.metadata.cost_center"),
    "project": ("project", "project.id", "trace.metadata.project"),
    "env": ("deployment.environment.name", "deployment.environment", "env", "trace.metadata.environment"),
    "repo": ("vcs.repository.name", "repo", "trace.metadata.repo"),
    "agent": ("gen_ai.agent.name", "agent.name"),
    "reservation": ("tokens.reservation",),
}
OWN_FACTS = frozenset({
    *("auth", "tool_tokens", "cost_micros", "geo", "region", "total", "streamed", "uncached", "visible_output"),
    *("cache_write_30m", "cache_write_12h", *UNITS),
})  # fmt: skip
"""Facts that no name tells of every producer: the files of single producers name them."""
TAGS = ("department", "cost_center", "project", "env", "repo", "agent")
"""Facts that become tags, such as `department:engineering`."""
NOT_NEEDED = frozenset({
    *("provider", "tier", "geo", "region", "address", "auth", "cost", "cost_micros", "service", "service_version"),
    *("workflow", "team", "email", "user", "account", "groups", "identity", "credential", "user_agent", *TAGS, "reservation"),
})  # fmt: skip
"""Facts that are left out where they do not fit; a fault of any other fact is a fault of its record."""


RESOURCE_FACTS = frozenset({
    *("service", "service_version", "session", "workflow", "team", "email", "user", "account", "groups", "identity"),
    *("credential", "user_agent", *TAGS, "reservation"),
})  # fmt: skip
"""Facts that a resource may give for all its records."""


class AttributeFact(NamedTuple):
    """The fact of an attribute, and the rank of its name."""

    fact: str
    rank: int
