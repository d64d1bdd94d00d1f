"""The members of LiteLLM's StandardLoggingPayload that are read, by LiteLLM's own names. All others are skipped
undecoded.

Members that a client writes are `Any`: a wrong type must not keep the call out of the books.
"""

from typing import Any

import msgspec

Number = float | int | str | None
"""JSON's number. A float's shortest spelling equals the sender's, so no digit is lost."""


class CacheWrites(msgspec.Struct, gc=False):
    """How long cache writes last, in Anthropic's counts, and in OpenAI's by Anthropic's names."""

    ephemeral_5m_input_tokens: int | None = None
    ephemeral_1h_input_tokens: int | None = None
    ephemeral_30m_input_tokens: int | None = None
    ephemeral_12h_input_tokens: int | None = None


class CachedDetails(msgspec.Struct, gc=False):
    """Kinds of the cached tokens."""

    audio_tokens: int | None = None
    image_tokens: int | None = None
    video_tokens: int | None = None


class PromptDetails(msgspec.Struct, gc=False):
    """Parts of the prompt: `cached_tokens` is OpenAI's name, `cache_creation_…` Anthropic's. Kinds include cached ones."""

    cached_tokens: int | None = None
    audio_tokens: int | None = None
    image_tokens: int | None = None
    video_tokens: int | None = None
    cached: CachedDetails | None = msgspec.field(name="cached_tokens_details", default=None)
    cache_creation_tokens: int | None = None
    cache_write_tokens: int | None = None
    written: CacheWrites | None = msgspec.field(name="cache_creation_token_details", default=None)
    web_search_requests: Any = None
    google_maps_grounding_requests: Any = None
    character_count: Any = None
    image_count: Any = None
    audio_length_seconds: Any = None
    video_length_seconds: Any = None

    @property
    def cache_creation_token_details(self) -> CacheWrites:
        return self.written or _NOT_WRITTEN


class CompletionDetails(msgspec.Struct, gc=False):
    """Parts of the output."""

    reasoning_tokens: int | None = None
    audio_tokens: int | None = None
    image_tokens: int | None = None
    video_tokens: int | None = None


class Usage(msgspec.Struct, gc=False):
    """`metadata.usage_object`; its parts may be null. What is counted beside tokens is `Any`, so that its fault is named."""

    prompt: PromptDetails | None = msgspec.field(name="prompt_tokens_details", default=None)
    completion: CompletionDetails | None = msgspec.field(name="completion_tokens_details", default=None)
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    service_tier: Any = None
    speed: Any = None
    inference_geo: Any = None
    server_tool_use: Any = None
    server_side_tool_usage_details: Any = None
    web_search_requests: Any = None
    output_image_count: Any = None
    pages_processed: Any = None
    pages_processed_annotation: Any = None
    seconds: Any = None
    duration_seconds: Any = None
    input_seconds: Any = None
    output_seconds: Any = None

    @property
    def prompt_tokens_details(self) -> PromptDetails:
        return self.prompt or _NO_DETAILS

    @property
    def completion_tokens_details(self) -> CompletionDetails:
        return self.completion or _NO_COMPLETION


class Metadata(msgspec.Struct, gc=False):
    """`metadata`: the call's key, and the gateway's view of its team."""

    user_api_key_hash: str | None = None
    user_api_key_alias: str | None = None
    user_api_key_team_id: str | None = None
    user_api_key_team_alias: str | None = None
    user_api_key_user_id: str | None = None
    user_api_key_user_email: str | None = None
    user_api_key_team_spend: Number = None
    user_api_key_team_max_budget: Number = None
    user_api_key_budget_reset_at: Any = None
    used_client_oauth_token: bool | None = None
    user_api_key_request_route: Any = None
    user_agent: Any = None
    spend_logs_metadata: Any = None
    requester_custom_headers: Any = None
    usage: Usage | None = msgspec.field(name="usage_object", default=None)

    @property
    def usage_object(self) -> Usage:
        return self.usage or _NO_USAGE


class Breakdown(msgspec.Struct, gc=False):
    """`cost_breakdown`: `total_cost` includes all parts. The conditions are those that LiteLLM priced the call by."""

    total_cost: Number = None
    tool_usage_cost: Any = None
    service_tier: Any = None
    data_residency: Any = None
    vertex_location: Any = None


class ToolsAskedFor(msgspec.Struct, gc=False):
    """`standard_built_in_tools_params`: tools of the provider that the request named."""

    web_search_options: Any = None


class ErrorInformation(msgspec.Struct, gc=False):
    """`error_information`, as far as it identifies the spent budget."""

    error_budget_entity_type: str | None = None
    error_budget_entity_id: str | None = None
    error_budget_limit: Number = None
    error_budget_spend: Number = None


class LoggedCall(msgspec.Struct, gc=False):
    """One logged call. `response` stays undecoded: it has the model's answer."""

    id: str | None = None
    litellm_call_id: str | None = None
    call_type: Any = None
    status: str | None = None
    startTime: Number = None  # noqa: N815  # LiteLLM's spelling
    endTime: Number = None  # noqa: N815
    model: str | None = None
    model_id: str | None = None
    custom_llm_provider: str | None = None
    api_base: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    response_cost: Number = None
    cache_hit: bool | str | None = None
    end_user: Any = None
    user_agent: Any = None
    tags: Any = msgspec.field(name="request_tags", default=None)
    raw_metadata: Metadata | None = msgspec.field(name="metadata", default=None)
    costs: Breakdown | None = msgspec.field(name="cost_breakdown", default=None)
    fault: ErrorInformation | None = msgspec.field(name="error_information", default=None)
    tools: ToolsAskedFor | None = msgspec.field(name="standard_built_in_tools_params", default=None)
    event: str | None = None
    event_group: str | None = None
    text: Any = None
    response: msgspec.Raw = msgspec.Raw()

    @property
    def metadata(self) -> Metadata:
        return self.raw_metadata or _NO_METADATA

    @property
    def cost_breakdown(self) -> Breakdown:
        return self.costs or _NO_COSTS

    @property
    def error_information(self) -> ErrorInformation:
        return self.fault or _NO_FAULT

    @property
    def request_tags(self) -> list[Any]:
        return self.tags if isinstance(self.tags, list) else []


_NOT_WRITTEN, _NO_DETAILS, _NO_COMPLETION = CacheWrites(), PromptDetails(), CompletionDetails()
_NO_USAGE, _NO_METADATA, _NO_COSTS, _NO_FAULT = Usage(), Metadata(), Breakdown(), ErrorInformation()
