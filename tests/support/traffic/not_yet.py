"""The real bodies that are booked wrong. A test fails when one of them comes right: take it out then."""

NOT_YET: dict[str, str] = {
    "agno_anthropic": "agno's input excludes the cache for Anthropic",
    "claude_code/unknown_model": "a guessed cost is booked as known",
    "claude_code/web_search_fee": "web searches are in its cost alone",
    "claude_code/web_search_tool": "web searches are in its cost alone",
    "langsmith_otel_anthropic": "the cache is told as JSON text alone",
    "litellm/claude_web_only": "web searches have no unit",
    "litellm/opus46_geo_us": "geography is not read",
    "litellm_otel_callback": "its span of a call is INTERNAL",
    "logfire_anthropic_stream": "a stream's usage is on a later INTERNAL span",
    "openinference_anthropic_beside_sdk": "two spans of one call",
    "openinference_langchain_beside_sdk": "two spans of one call",
    "openllmetry_anthropic_beside_sdk": "two spans of one call",
    "openllmetry_langchain_anthropic": "two spans of one call",
    "pydantic_ai_anthropic": "its details are not read",
    "vercel_ai7_legacy_anthropic": "its cache writes are not read",
}
"""By case, with the reason."""
