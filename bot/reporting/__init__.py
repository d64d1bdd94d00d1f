"""The wing `reporting`: digests, Home, top, mix."""
