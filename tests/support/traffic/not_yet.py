"""The real bodies that are booked wrong. A test fails when one of them comes right: take it out then."""

NOT_YET: dict[str, str] = {
    "claude_code/unknown_model": "a guessed cost is booked as known",
    "claude_code/web_search_fee": "web searches are in its cost alone",
    "claude_code/web_search_tool": "web searches are in its cost alone",
    "litellm/claude_web_only": "web searches have no unit",
    "litellm/opus46_geo_us": "geography is not read",
    "litellm_otel_callback": "its span of a call is INTERNAL",
    "logfire_anthropic_stream": "a stream's usage is on a later INTERNAL span",
    "openinference_anthropic_beside_sdk": "web searches are in its metadata alone",
    "pydantic_ai_anthropic": "its details are not read",
    "vercel_ai7_legacy_anthropic": "its cache writes are not read",
}
"""By case, with the reason."""
