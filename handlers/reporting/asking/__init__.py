"""Answers to what people ask: a standing, a span of days, a part, keys, a forecast, alerts, an export."""
